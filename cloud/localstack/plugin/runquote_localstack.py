"""A plug-in of LocalStack that brings in what LocalStack lacks: our SageMaker, over HTTP.

LocalStack answers SageMaker with 501, and its Step Functions knows the optimized SageMaker integration by name only.
Here SageMaker becomes one of its services, which RUNQUOTE_SAGEMAKER_URL answers, and its Step Functions waits for
training jobs. ECR, another that its community edition lacks, is there as far as Terraform needs it.

LocalStack finds the plug-in by the entry points beside this file, when this folder is on its PYTHONPATH.
"""

import json
import os
import re
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from botocore.exceptions import ClientError
from localstack.aws import handlers
from localstack.aws.api.stepfunctions import HistoryEventType, TaskFailedEventDetails
from localstack.aws.chain import HandlerChain
from localstack.aws.spec import load_service
from localstack.http import Response
from localstack.http.proxy import Proxy
from localstack.http.request import get_raw_path
from localstack.runtime import hooks
from localstack.services.moto import dispatch_to_moto
from localstack.services.plugins import Service, aws_provider
from localstack.services.stepfunctions.asl.component.common.error_name.custom_error_name import CustomErrorName
from localstack.services.stepfunctions.asl.component.common.error_name.failure_event import (
    FailureEvent,
    FailureEventException,
)
from localstack.services.stepfunctions.asl.component.state.state_execution.state_task import state_task_factory
from localstack.services.stepfunctions.asl.component.state.state_execution.state_task.service import resource
from localstack.services.stepfunctions.asl.component.state.state_execution.state_task.service import (
    state_task_service_callback as callback,
)
from localstack.services.stepfunctions.asl.eval.event.event_detail import EventDetails
from localstack.services.stepfunctions.asl.utils.boto_client import boto_client_for
from localstack.services.stepfunctions.asl.utils.encoding import to_json_str

ENDED = {"Completed", "Failed", "Stopped"}
_SIGNED_TOO = ("x-amz-", "content-type")
_API = re.compile(r"/restapis/[^/]+/[^/]+/_user_request_(/.*)?", re.DOTALL)
_OWN_NAMES = re.compile(
    r"(127\.0\.0\.1|localhost|\[::1\]|localstack|[0-9]+(\.[0-9]+){3}|([a-z0-9.-]+\.)?localhost\.localstack\.cloud)(:[0-9]+)?"
)
"""Names that no page can have: addresses, the container's, and those of LocalStack's own domain."""
_OF_ONE_CONNECTION = {"connection", "content-length", "date", "keep-alive", "server", "transfer-encoding"}


class _Named:
    """A service, as LocalStack asks for its name."""

    def __init__(self, service: str) -> None:
        self.service = service


class Forwarded(_Named):
    """A service that another server answers."""

    def __init__(self, service: str, url: str) -> None:
        super().__init__(service)
        self._url = url
        self._proxy = Proxy(url, preserve_host=False)

    def __call__(self, context: Any, _request: object) -> Response:  # noqa: ANN401 - LocalStack's own type
        """Answer as the other server does."""
        answer = self._proxy.forward(context.request, headers=self._signed(context.request, context.service))
        headers = [(name, value) for name, value in answer.headers if name.lower() not in _OF_ONE_CONNECTION]
        return Response(answer.get_data(), answer.status_code, headers)

    def _signed(self, request: Any, service: Any) -> dict[str, str]:  # noqa: ANN401 - LocalStack's own types
        """Our servers take only what is signed with the credentials that `make up` drew, under a name of their own."""
        kept = {name: value for name, value in request.headers.items() if name.lower().startswith(_SIGNED_TOO)}
        own_name = {"Host": f"127.0.0.1:{urlsplit(self._url).port}"}
        made = AWSRequest(request.method, self._url + get_raw_path(request), kept | own_name, request.get_data())
        key = Credentials("000000000000", os.environ["RUNQUOTE_CLOUD_SECRET"])
        SigV4Auth(key, service.signing_name, "us-east-1").add_auth(made)
        return dict(made.headers.items())


def forwarded(service: str, url: str) -> Service:
    """A service of LocalStack that the server at this URL answers."""
    forward = Forwarded(service, url)
    table = dict.fromkeys(load_service(service).operation_names, forward)
    return Service.for_provider(forward, dispatch_table_factory=lambda _: table)


@aws_provider(api="sagemaker")
def sagemaker() -> Service:
    """SageMaker's control plane."""
    return forwarded("sagemaker", os.environ["RUNQUOTE_SAGEMAKER_URL"])


@aws_provider(api="sagemaker-runtime")
def sagemaker_runtime() -> Service:
    """InvokeEndpoint."""
    return forwarded("sagemaker-runtime", os.environ["RUNQUOTE_SAGEMAKER_URL"])


@aws_provider(api="ecr")
def ecr() -> Service:
    """ECR, which LocalStack's community edition lacks, of the Moto that it brings along."""
    service = _Named("ecr")
    table = dict.fromkeys(load_service("ecr").operation_names, lambda context, _request: dispatch_to_moto(context))
    return Service.for_provider(service, dispatch_table_factory=lambda _: table)


class SageMakerTask(callback.StateTaskServiceCallback):
    """`arn:aws:states:::sagemaker:<action>` and `createTrainingJob.sync`.

    https://docs.aws.amazon.com/step-functions/latest/dg/connect-sagemaker.html
    """

    def __init__(self) -> None:
        super().__init__(supported_integration_patterns={resource.ResourceCondition.Sync})

    def _get_supported_parameters(self) -> None:
        return None

    def _validate_service_integration_is_supported(self) -> None:
        """Whatever SageMaker's model has is supported; the call tells."""

    def _client(self, part: Any, credentials: Any) -> Any:  # noqa: ANN401 - LocalStack's and boto3's types
        return boto_client_for(service="sagemaker", region=part.region, state_credentials=credentials)

    def _eval_service_task(
        self,
        env: Any,  # noqa: ANN401 - LocalStack's types, here and below
        resource_runtime_part: Any,  # noqa: ANN401
        normalised_parameters: dict[str, Any],
        state_credentials: Any,  # noqa: ANN401
    ) -> None:
        client = self._client(resource_runtime_part, state_credentials)
        response = getattr(client, self._get_boto_service_action())(**normalised_parameters)
        response.pop("ResponseMetadata", None)
        env.stack.append(response)

    def _build_sync_resolver(
        self,
        env: Any,  # noqa: ANN401
        resource_runtime_part: Any,  # noqa: ANN401
        normalised_parameters: dict[str, Any],
        state_credentials: Any,  # noqa: ANN401
    ) -> Callable[[], dict[str, Any] | None]:
        env.stack.pop()  # The answer of CreateTrainingJob; the job itself takes its place.
        client = self._client(resource_runtime_part, state_credentials)
        name = normalised_parameters["TrainingJobName"]

        def ended() -> dict[str, Any] | None:
            job = client.describe_training_job(TrainingJobName=name)
            if job["TrainingJobStatus"] not in ENDED:
                return None
            job.pop("ResponseMetadata", None)
            content: dict[str, Any] = json.loads(to_json_str(job))
            if job["TrainingJobStatus"] != "Completed":
                raise FailureEventException(self._failure(env, "States.TaskFailed", to_json_str(content)))
            return content

        return ended

    def _from_error(self, env: Any, ex: Exception) -> FailureEvent:  # noqa: ANN401
        """SageMaker.<Shape>Exception where the service's model has the shape, else the Java SDK's general name."""
        if not isinstance(ex, ClientError):
            return super()._from_error(env=env, ex=ex)
        modelled = type(ex).__name__
        name = "AmazonSageMaker" if modelled == "ClientError" else modelled.removesuffix("Exception")
        return self._failure(env, f"SageMaker.{name}Exception", ex.response["Error"]["Message"])

    def _failure(self, env: Any, error: str, cause: str) -> FailureEvent:  # noqa: ANN401
        details = TaskFailedEventDetails(
            error=error, cause=cause, resource=self._get_sfn_resource(), resourceType=self._get_sfn_resource_type()
        )
        return FailureEvent(
            env=env,
            error_name=CustomErrorName(error) if error.startswith("SageMaker.") else _states_error(error),
            event_type=HistoryEventType.TaskFailed,
            event_details=EventDetails(taskFailedEventDetails=details),
        )


def _states_error(name: str) -> Any:  # noqa: ANN401
    from localstack.services.stepfunctions.asl.component.common.error_name import states_error_name as names
    from localstack.services.stepfunctions.asl.component.common.error_name import states_error_name_type as types

    return names.StatesErrorName(types.StatesErrorNameType.from_name(name))


@hooks.on_infra_start()
def keep_pages_out() -> None:
    """Refuse what a page of another origin sends, before LocalStack looks at it."""
    handlers.preprocess_request.append(_keep_pages_out)


def _keep_pages_out(chain: HandlerChain, context: Any, _response: object) -> None:  # noqa: ANN401 - LocalStack's type
    """As cloud/gate.py does, but for signatures: LocalStack itself draws the credentials of the functions it runs."""
    headers = context.request.headers
    origin = headers.get("Origin")
    if _API.fullmatch(context.request.path):
        from_page = origin is not None and origin != f"http://127.0.0.1:{os.environ.get('RUNQUOTE_WEB_PORT') or '8080'}"
    else:
        from_page = origin is not None or "Sec-Fetch-Site" in headers
    if from_page or not _OWN_NAMES.fullmatch(headers.get("Host", "").lower()):
        chain.respond(403, {"message": "No other web page may call the local cloud."})


@hooks.on_infra_start()
def join_step_functions() -> None:
    """Let Step Functions run SageMaker's tasks with the class above."""
    service_for = state_task_factory.state_task_service_for

    def state_task_service_for(service_name: str) -> Any:  # noqa: ANN401
        return SageMakerTask() if service_name == "sagemaker" else service_for(service_name)

    state_task_factory.state_task_service_for = state_task_service_for
