"""Endpoints and the model registry in SageMaker."""

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

from botocore.exceptions import (
    ClientError,
    ConnectTimeoutError,
    IncompleteReadError,
    ReadTimeoutError,
    ResponseStreamingError,
)
from pydantic import ValidationError

from contract.container import Invocation, InvocationResponse
from contract.endpoint_records import EndpointRecord
from functions.shared.adapters.aws import (
    INVOKE_TIMEOUT_SECONDS,
    THROTTLING,
    UNREACHABLE,
    code_of,
    refusals,
    unavailable,
)
from functions.shared.errors import EndpointMissing, ModelFailed, ModelTimedOut, ModelWarming
from functions.shared.observability import logger
from functions.shared.ports import Clock, RegisteredModel

if TYPE_CHECKING:
    from types_boto3_sagemaker import SageMakerClient
    from types_boto3_sagemaker.literals import ModelApprovalStatusType
    from types_boto3_sagemaker_runtime import SageMakerRuntimeClient

_PAUSES_SECONDS = (0.2, 0.6)
"""Before the second and the third attempt."""
_CHUNK_BYTES = 64 * 1024
_NOT_READY = THROTTLING | {"ModelNotReadyException", "ServiceUnavailable", "ServiceUnavailableException"}
_BROKEN = {"InternalFailure", "InternalServerException", "InternalDependencyException"}


class Endpoints:
    """Models behind SageMaker endpoints. Errors: botocore's model of sagemaker-runtime, InvokeEndpoint."""

    def __init__(self, client: "SageMakerRuntimeClient", clock: Clock) -> None:
        self._client = client
        self._clock = clock

    def invoke(self, record: EndpointRecord, invocation: Invocation, deadline: float) -> InvocationResponse:
        """Ask a model. What may pass is tried again while a whole attempt still fits before the deadline."""
        for pause in (*_PAUSES_SECONDS, None):
            if self._clock.steady() >= deadline:
                raise ModelTimedOut("no time left for this model")
            try:
                return self._attempt(record, invocation, deadline)
            except (ModelWarming, _LostConnection) as error:
                out_of_time = self._clock.steady() + INVOKE_TIMEOUT_SECONDS > deadline
                if pause is None or out_of_time:
                    if isinstance(error, _LostConnection):
                        raise ModelFailed(str(error)) from error
                    raise
                self._clock.pause(pause)
        raise AssertionError("the last attempt returns or raises")

    def _attempt(self, record: EndpointRecord, invocation: Invocation, deadline: float) -> InvocationResponse:
        target = {"TargetModel": record.target_model} if record.target_model else {}
        try:
            answer = self._client.invoke_endpoint(
                EndpointName=record.endpoint_name,
                Body=invocation.model_dump_json(exclude_none=True).encode(),
                ContentType="application/json",
                Accept="application/json",
                **target,
            )
            content = self._read(answer["Body"], deadline)
        except (ReadTimeoutError, ConnectTimeoutError) as error:
            raise ModelTimedOut(type(error).__name__) from error
        except (*UNREACHABLE, IncompleteReadError, ResponseStreamingError) as error:
            raise _LostConnection(type(error).__name__) from error
        except ClientError as error:
            raise _meaning(error) from error
        try:
            response = InvocationResponse.model_validate_json(content)
        except ValidationError as error:
            raise ModelFailed("the answer is not an InvocationResponse") from error
        if len(response.predictions) != len(invocation.rows):
            raise ModelFailed("the answer has another number of rows than the question")
        return response

    def _read(self, body: Any, deadline: float) -> bytes:  # noqa: ANN401 - botocore publishes no type for it
        chunks = []
        for chunk in body.iter_chunks(_CHUNK_BYTES):
            if self._clock.steady() >= deadline:
                raise ModelTimedOut("the answer came too slowly")
            chunks.append(chunk)
        return b"".join(chunks)


class _LostConnection(Exception):
    """The connection was refused or reset, or the endpoint had an error of its own."""


def _meaning(error: ClientError) -> Exception:
    code, message = code_of(error), str(error.response.get("Error", {}).get("Message", ""))
    if code in _NOT_READY:
        return ModelWarming(code)
    if code in _BROKEN:
        return _LostConnection(code)
    if code in {"ValidationError", "ValidationException"} and _says_missing(message):
        return EndpointMissing(message)
    return ModelFailed(f"{code}: {message}"[:500])


def _says_missing(message: str) -> bool:
    return any(words in message.lower() for words in ("not found", "could not find", "does not exist"))


class Registry:
    """The model registry. What does not change any more is asked for once per process."""

    def __init__(self, client: "SageMakerClient") -> None:
        self._client = client
        self._decided: dict[str, RegisteredModel] = {}

    def ensure_group(self, name: str) -> None:
        """Make the group of that name unless it is there."""
        with refusals("model registry"):
            try:
                self._client.describe_model_package_group(ModelPackageGroupName=name)
            except ClientError as error:
                if not is_missing(error):
                    raise
                self._client.create_model_package_group(
                    ModelPackageGroupName=name,
                    ModelPackageGroupDescription=f"Cost models of one workflow: {name}",
                    Tags=[{"Key": "runquote:workflow", "Value": name}],
                )

    def approve(self, model_package_arn: str, reason: str) -> None:
        """Say that a version serves, and why."""
        self._judge(model_package_arn, "Approved", reason)

    def reject(self, model_package_arn: str, reason: str) -> None:
        """Say that a version does not serve, and why."""
        self._judge(model_package_arn, "Rejected", reason)

    def _judge(self, model_package_arn: str, status: "ModelApprovalStatusType", reason: str) -> None:
        with refusals("model registry"):
            self._client.update_model_package(
                ModelPackageArn=model_package_arn, ModelApprovalStatus=status, ApprovalDescription=reason[:1024]
            )

    def versions(self, group_name: str, limit: int) -> list[RegisteredModel]:
        """Return the newest versions of a group, newest first; none when there is no such group."""
        try:
            with unavailable("model registry"):
                page = self._client.list_model_packages(
                    ModelPackageGroupName=group_name,
                    ModelPackageType="Versioned",
                    SortBy="CreationTime",
                    SortOrder="Descending",
                    MaxResults=limit,
                )
                summaries = page["ModelPackageSummaryList"]
                with ThreadPoolExecutor(max_workers=8) as pool:
                    return list(pool.map(self._version, summaries))
        except ClientError as error:
            if is_missing(error):
                return []
            raise

    def _version(self, summary: Mapping[str, Any]) -> RegisteredModel:
        arn, approval = summary["ModelPackageArn"], summary["ModelApprovalStatus"]
        known = self._decided.get(arn)
        if known is not None and known.approval == approval:
            return known
        package = self._client.describe_model_package(ModelPackageName=arn)
        version = RegisteredModel(
            version=package["ModelPackageVersion"],
            created_at=package["CreationTime"],
            approval=package["ModelApprovalStatus"],
            reason=package.get("ApprovalDescription"),
            metadata=package.get("CustomerMetadataProperties", {}),
        )
        if version.approval != "PendingManualApproval":
            self._decided[arn] = version
        return version

    def artifact_uri(self, model_package_arn: str) -> str | None:
        """Return where the artefact of a version is, or None when the version is gone."""
        containers: list[Any] = list(
            self._package(model_package_arn).get("InferenceSpecification", {}).get("Containers", [])
        )
        return containers[0].get("ModelDataUrl") if containers else None

    def evaluation_uri(self, model_package_arn: str) -> str | None:
        """Return where the evaluation of a version is, or None when the version is gone."""
        quality = self._package(model_package_arn).get("ModelMetrics", {}).get("ModelQuality", {})
        uri: str | None = quality.get("Statistics", {}).get("S3Uri")
        return uri

    def _package(self, model_package_arn: str) -> dict[str, Any]:
        """Return a version as the registry describes it; nothing when it is gone."""
        try:
            with unavailable("model registry"):
                return dict(self._client.describe_model_package(ModelPackageName=model_package_arn))
        except ClientError as error:
            if is_missing(error):
                logger.warning("a version is not in the registry", extra={"problem": code_of(error)})
                return {}
            raise


def is_missing(error: ClientError) -> bool:
    """Say whether SageMaker answered that there is no such thing."""
    code, message = code_of(error), str(error.response.get("Error", {}).get("Message", ""))
    return code in {"ResourceNotFound", "ResourceNotFoundException"} or (
        code == "ValidationException" and _says_missing(message)
    )
