"""Models, endpoint configurations and endpoints: the actions on them, and InvokeEndpoint."""

import logging
import re
import shutil
import threading
import uuid
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from cloud.sagemaker.context import Context
from cloud.sagemaker.deployment import Answer, Deployment, DeploymentError, NoAnswerError, Plan, RetiredError
from cloud.sagemaker.errors import SageMakerError, unsupported, validation_exception
from cloud.sagemaker.resources import Action, now, page
from cloud.sagemaker.store import AlreadyExistsError, Document

MODEL = "model"
CONFIG = "endpoint-config"
ENDPOINT = "endpoint"
MAX_BODY_BYTES = (
    6 * 1024**2
)  # https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_runtime_InvokeEndpoint.html
MAX_SERVERLESS_BODY_BYTES = 4 * 1024**2  # https://docs.aws.amazon.com/sagemaker/latest/dg/serverless-endpoints.html
_IN_PROGRESS = {"Creating", "Updating"}
_PLANS = ("ActivePlan", "PendingPlan")
_TITLES = {MODEL: "model", CONFIG: "endpoint configuration", ENDPOINT: "endpoint"}
_ENDPOINT_NAME = re.compile(r"[a-zA-Z0-9](-*[a-zA-Z0-9])*")
_logger = logging.getLogger(__name__)


class Hosting:
    """Every endpoint is one process, whether its variant asks for instances or for serverless inference."""

    def __init__(self, context: Context) -> None:
        self._store = context.store
        self._tags = context.tags
        self._account = context.account
        self._artefacts = context.artefacts
        self._runner = context.runner
        self._directory = context.directory / "endpoints"
        self._limits = context.limits
        self._lock = threading.RLock()
        self._active: dict[str, Deployment] = {}
        # Two at a time, so that bringing many endpoints back does not starve the ones that are asked for.
        self._pool = ThreadPoolExecutor(2, thread_name_prefix="hosting")
        self._closing = False
        self.actions: dict[str, Action] = {
            "CreateModel": self.create_model,
            "DescribeModel": self.describe_model,
            "DeleteModel": self.delete_model,
            "ListModels": self.list_models,
            "CreateEndpointConfig": self.create_config,
            "DescribeEndpointConfig": self.describe_config,
            "DeleteEndpointConfig": self.delete_config,
            "ListEndpointConfigs": self.list_configs,
            "CreateEndpoint": self.create_endpoint,
            "DescribeEndpoint": self.describe_endpoint,
            "UpdateEndpoint": self.update_endpoint,
            "DeleteEndpoint": self.delete_endpoint,
            "ListEndpoints": self.list_endpoints,
        }

    def adopt(self) -> None:
        """After a restart: answer for what was in service. Its containers start when asked, or with `resume`."""
        for endpoint in self._store.all(ENDPOINT):
            if "ActivePlan" in endpoint:
                name = endpoint["EndpointName"]
                self._active[name] = self._deployment(name, endpoint["ActivePlan"])
        self._remove_left_over()

    def roots(self) -> set[Path]:
        """The roots of the containers that may still serve for an earlier server."""
        return {
            self._directory / endpoint["EndpointName"] / endpoint[plan]["Id"] / "ml"
            for endpoint in self._store.all(ENDPOINT)
            for plan in _PLANS
            if plan in endpoint
        }

    def resume(self) -> None:
        """Start what `adopt` found, and carry on with what was being made."""
        for endpoint in self._store.all(ENDPOINT):
            if endpoint["EndpointStatus"] in _IN_PROGRESS:
                self._pool.submit(self._deploy, endpoint["EndpointName"])
        for deployment in list(self._active.values()):
            self._pool.submit(self._warm, deployment)

    def close(self) -> None:
        """Stop every container. The next `adopt` starts them again."""
        self._closing = True
        with self._lock:
            deployments = list(self._active.values())
        for deployment in deployments:
            deployment.stop(0)
        self._pool.shutdown(wait=False, cancel_futures=True)

    # Models

    def create_model(self, request: dict[str, Any]) -> dict[str, Any]:
        """CreateModel: one container; its model data must be there."""
        containers = request.get("Containers", []) or [request.get("PrimaryContainer")]
        if len(containers) != 1 or not containers[0] or "Image" not in containers[0]:
            raise unsupported("A model without exactly one container that names its Image")
        container = containers[0]
        if container.get("Mode", "SingleModel") != "SingleModel":
            raise unsupported("A multi-model container")
        url = container.get("ModelDataUrl")
        if url and not self._artefacts.exists(url):
            raise validation_exception(f"Could not find model data at {url}.")
        return {"ModelArn": self._create(MODEL, request["ModelName"], "Model", request)}

    def describe_model(self, request: dict[str, Any]) -> dict[str, Any]:
        """DescribeModel."""
        return self._get(MODEL, request["ModelName"])

    def delete_model(self, request: dict[str, Any]) -> dict[str, Any]:
        """DeleteModel: endpoints that use it go on, as they do on AWS."""
        return self._delete(MODEL, request["ModelName"])

    def list_models(self, request: dict[str, Any]) -> dict[str, Any]:
        """ListModels."""
        models, token = page(self._store.all(MODEL), request, name="ModelName", newest_first=True)
        return {"Models": models, "NextToken": token}

    # Endpoint configurations

    def create_config(self, request: dict[str, Any]) -> dict[str, Any]:
        """CreateEndpointConfig: one variant, of a model that exists."""
        if len(request["ProductionVariants"]) != 1:
            raise unsupported("More than one production variant")
        variant = request["ProductionVariants"][0]
        if "ModelName" not in variant:
            raise unsupported("A production variant without ModelName")
        if "ServerlessConfig" in variant and "InstanceType" in variant:
            raise validation_exception("ServerlessConfig and InstanceType cannot both be given for a variant.")
        if "ServerlessConfig" not in variant and "InstanceType" not in variant:
            raise validation_exception("Either ServerlessConfig or InstanceType must be given for a variant.")
        self._get(MODEL, variant["ModelName"])
        return {"EndpointConfigArn": self._create(CONFIG, request["EndpointConfigName"], "EndpointConfig", request)}

    def describe_config(self, request: dict[str, Any]) -> dict[str, Any]:
        """DescribeEndpointConfig."""
        return self._get(CONFIG, request["EndpointConfigName"])

    def delete_config(self, request: dict[str, Any]) -> dict[str, Any]:
        """DeleteEndpointConfig: an endpoint that uses it goes on."""
        return self._delete(CONFIG, request["EndpointConfigName"])

    def list_configs(self, request: dict[str, Any]) -> dict[str, Any]:
        """ListEndpointConfigs."""
        configs, token = page(self._store.all(CONFIG), request, name="EndpointConfigName", newest_first=True)
        return {"EndpointConfigs": configs, "NextToken": token}

    # Endpoints

    def create_endpoint(self, request: dict[str, Any]) -> dict[str, Any]:
        """CreateEndpoint: Creating, then InService or Failed."""
        name = request["EndpointName"]
        if self._store.get(ENDPOINT, name):
            raise self._exists(ENDPOINT, name)
        plan = self._plan(request["EndpointConfigName"])
        document = request | {"EndpointStatus": "Creating", "LastModifiedTime": now(), "PendingPlan": plan}
        arn = self._create(ENDPOINT, name, "Endpoint", document)
        self._pool.submit(self._deploy, name)
        return {"EndpointArn": arn}

    def describe_endpoint(self, request: dict[str, Any]) -> dict[str, Any]:
        """DescribeEndpoint. While Updating it shows the old configuration, and the new one as pending."""
        endpoint = self._get(ENDPOINT, request["EndpointName"])
        active, pending = endpoint.get("ActivePlan"), endpoint.get("PendingPlan")
        shown = dict(endpoint)
        if active:
            shown |= {"EndpointConfigName": active["ConfigName"], "ProductionVariants": [_variant_summary(active)]}
        if pending and endpoint["EndpointStatus"] == "Updating":
            shown["PendingDeploymentSummary"] = {
                "EndpointConfigName": pending["ConfigName"],
                "ProductionVariants": [_variant_summary(pending)],
                "StartTime": endpoint["LastModifiedTime"],
            }
        return shown

    def update_endpoint(self, request: dict[str, Any]) -> dict[str, Any]:
        """UpdateEndpoint, blue/green: the old container answers until the new one is healthy."""
        name = request["EndpointName"]
        with self._lock:
            endpoint = self._settled(name)
            if endpoint["EndpointStatus"] != "InService":
                raise validation_exception(
                    f'Cannot update endpoint "{endpoint["EndpointArn"]}" in status {endpoint["EndpointStatus"]}.'
                )
            changes: Document = {
                "EndpointStatus": "Updating",
                "PendingPlan": self._plan(request["EndpointConfigName"]),
                "LastModifiedTime": now(),
                "FailureReason": None,
            }
            self._store.update(ENDPOINT, name, changes)
        self._pool.submit(self._deploy, name)
        return {"EndpointArn": endpoint["EndpointArn"]}

    def delete_endpoint(self, request: dict[str, Any]) -> dict[str, Any]:
        """DeleteEndpoint: gone at once; its container ends when it has answered what it had been asked."""
        name = request["EndpointName"]
        with self._lock:
            self._settled(name)
            self._delete(ENDPOINT, name)
            deployment = self._active.pop(name, None)
        if deployment is not None:
            self._retire(deployment)
        return {}

    def list_endpoints(self, request: dict[str, Any]) -> dict[str, Any]:
        """ListEndpoints."""
        endpoints, token = page(
            self._store.all(ENDPOINT), request, name="EndpointName", status="EndpointStatus", newest_first=True
        )
        return {"Endpoints": endpoints, "NextToken": token}

    def invoke(self, name: str, body: bytes, headers: dict[str, str]) -> tuple[Answer, str]:
        """InvokeEndpoint: the container's answer and the variant that gave it.

        Raises ValidationError for an endpoint that is not there or a body that is too long, and ModelError (424)
        when the container answers an error or nothing.
        """
        while True:
            deployment = self._active.get(name)
            if deployment is None or not _ENDPOINT_NAME.fullmatch(name):
                raise SageMakerError("ValidationError", f"Endpoint {name} of account {self._account.id} not found.")
            self._check_size(name, body)
            try:
                answer = deployment.invoke(body, headers)
            except RetiredError:
                continue
            except DeploymentError as error:
                raise self._model_error(name, 503, str(error)) from error
            except NoAnswerError as error:
                raise self._model_error(name, 0, str(error)) from error
            if answer.status >= 400:
                raise self._model_error(name, answer.status, answer.body.decode(errors="replace"))
            return answer, deployment.plan.variant

    def _check_size(self, name: str, body: bytes) -> None:
        if len(body) <= MAX_SERVERLESS_BODY_BYTES:
            return
        endpoint = self._store.get(ENDPOINT, name) or {}
        serverless = "ServerlessConfig" in endpoint.get("ActivePlan", {}).get("Variant", {})
        limit = MAX_SERVERLESS_BODY_BYTES if serverless else MAX_BODY_BYTES
        if len(body) > limit:
            raise SageMakerError(
                "ValidationError",
                "1 validation error detected: Value at 'body' failed to satisfy constraint: Member must have length"
                f" less than or equal to {limit}",
            )

    def _model_error(self, name: str, status: int, message: str) -> SageMakerError:
        side = "client" if 400 <= status < 500 else "server"
        group = f"/aws/sagemaker/Endpoints/{name}"
        where = f"{self._account.region}:{self._account.id}"
        return SageMakerError(
            "ModelError",
            f'Received {side} error ({status}) from primary with message "{message}". See {group} in account'
            f" {self._account.id} for more information.",
            status=424,
            OriginalStatusCode=status,
            OriginalMessage=message,
            LogStreamArn=f"arn:aws:logs:{where}:log-group:{group}",
        )

    # What they share

    def _create(self, kind: str, name: str, prefix: str, request: dict[str, Any]) -> str:
        arn = self._account.arn(kind, name)
        document = {key: value for key, value in request.items() if key != "Tags"}
        try:
            self._store.insert(kind, name, document | {f"{prefix}Arn": arn, "CreationTime": now()})
        except AlreadyExistsError:
            raise self._exists(kind, name) from None
        self._tags.create(arn, request)
        return arn

    def _get(self, kind: str, name: str) -> Document:
        document = self._store.get(kind, name)
        if document is None:
            raise validation_exception(f'Could not find {_TITLES[kind]} "{self._account.arn(kind, name)}".')
        return document

    def _delete(self, kind: str, name: str) -> dict[str, Any]:
        self._get(kind, name)
        self._store.delete(kind, name)
        self._tags.forget(self._account.arn(kind, name))
        return {}

    def _exists(self, kind: str, name: str) -> SageMakerError:
        return validation_exception(
            f'Cannot create already existing {_TITLES[kind]} "{self._account.arn(kind, name)}".'
        )

    def _settled(self, name: str) -> Document:
        endpoint = self._get(ENDPOINT, name)
        if endpoint["EndpointStatus"] in _IN_PROGRESS:
            raise validation_exception(f'Cannot update in-progress endpoint "{endpoint["EndpointArn"]}".')
        return endpoint

    def _plan(self, config_name: str) -> Document:
        """Everything that serving needs, so that a configuration or model deleted later is not missed."""
        config = self._get(CONFIG, config_name)
        variant = config["ProductionVariants"][0]
        model = self._get(MODEL, variant["ModelName"])
        container = (model.get("Containers") or [model.get("PrimaryContainer")])[0]
        return {"Id": uuid.uuid4().hex[:12], "ConfigName": config_name, "Variant": variant, "Container": container}

    def _deployment(self, name: str, plan: Document) -> Deployment:
        container = plan["Container"]
        environment = container.get("Environment", {}) | {
            "AWS_REGION": self._account.region,
            "AWS_DEFAULT_REGION": self._account.region,
        }
        return Deployment(
            Plan(
                plan["Id"],
                container["Image"],
                container.get("ModelDataUrl"),
                environment,
                plan["Variant"]["VariantName"],
            ),
            self._directory / name / plan["Id"],
            self._artefacts,
            self._runner,
            self._limits.ping_timeout,
        )

    def _deploy(self, name: str) -> None:
        """Bring the pending plan into service, or leave the old one there and say why."""
        endpoint = self._store.get(ENDPOINT, name)
        if endpoint is None or "PendingPlan" not in endpoint:
            return
        plan = endpoint["PendingPlan"]
        deployment = self._deployment(name, plan)
        try:
            deployment.ensure_running()
        except DeploymentError as error:
            self._roll_back(name, str(error))
            return
        except Exception:
            _logger.exception("Endpoint %s", name)
            self._roll_back(name, "Request to service failed. If failure persists after retry, contact support.")
            return
        with self._lock:
            old = self._active.get(name)
            self._active[name] = deployment
            self._store.update(
                ENDPOINT,
                name,
                {
                    "EndpointStatus": "InService",
                    "EndpointConfigName": plan["ConfigName"],
                    "ActivePlan": plan,
                    "PendingPlan": None,
                    "FailureReason": None,
                    "LastModifiedTime": now(),
                },
            )
        if old is not None:
            self._retire(old)

    def _roll_back(self, name: str, reason: str) -> None:
        """InService again with the old configuration and the reason, or Failed when there was none."""
        if self._closing:
            return  # The next server carries on.
        with self._lock:
            endpoint = self._get(ENDPOINT, name)
            self._store.update(
                ENDPOINT,
                name,
                {
                    "EndpointStatus": "InService" if "ActivePlan" in endpoint else "Failed",
                    "PendingPlan": None,
                    "FailureReason": reason[:1024],
                    "LastModifiedTime": now(),
                },
            )

    def _warm(self, deployment: Deployment) -> None:
        try:
            deployment.ensure_running()
        except DeploymentError as error:
            _logger.warning("%s: %s", deployment.directory, error)  # The next invocation tries again.

    def _retire(self, deployment: Deployment) -> None:
        threading.Thread(target=deployment.retire, args=(self._limits.hosting_stop_grace,), daemon=True).start()

    def _remove_left_over(self) -> None:
        """Delete what deployments that were replaced or deleted before a crash left on disk."""
        kept = {root.parent for root in self.roots()}
        for directory in self._directory.glob("*/*"):
            if directory not in kept:
                shutil.rmtree(directory, ignore_errors=True)


def _variant_summary(plan: Document) -> Document:
    """A variant as DescribeEndpoint shows it."""
    variant, weight = plan["Variant"], plan["Variant"].get("InitialVariantWeight", 1.0)
    image = plan["Container"]["Image"]
    summary: Document = {
        "VariantName": variant["VariantName"],
        "DeployedImages": [{"SpecifiedImage": image, "ResolvedImage": image}],
        "CurrentWeight": weight,
        "DesiredWeight": weight,
    }
    if "ServerlessConfig" in variant:
        return summary | {"CurrentServerlessConfig": variant["ServerlessConfig"], "CurrentInstanceCount": 0}
    count = variant.get("InitialInstanceCount", 1)
    return summary | {"CurrentInstanceCount": count, "DesiredInstanceCount": count}
