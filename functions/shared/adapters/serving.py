"""What SageMaker keeps so that a model answers: an endpoint, its config, and the model that this names."""

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from functions.shared.adapters.aws import unavailable
from functions.shared.adapters.sagemaker import is_missing
from functions.shared.errors import EndpointBusy

if TYPE_CHECKING:
    from types_boto3_sagemaker import SageMakerClient

CHANGING = {"Creating", "Updating", "SystemUpdating", "RollingBack"}
"""States in which SageMaker deletes no endpoint (API reference, DeleteEndpoint and DescribeEndpoint)."""


class Serving:
    """Endpoints with all that was made for them."""

    def __init__(self, client: "SageMakerClient") -> None:
        self._client = client

    def delete(self, endpoint_name: str) -> None:
        """Delete an endpoint with every config and model that was made for it; what is gone already is fine.

        Configs and models are found by their names, which begin with the endpoint's (`contract.names`), and not by
        what the endpoint says: who tries again finds what is left, also when the endpoint has gone.
        """
        client = self._client
        with unavailable("SageMaker"):
            status = self._status(endpoint_name)
            if status in CHANGING:
                raise EndpointBusy(endpoint_name)
            if status not in {None, "Deleting"}:
                _ignoring_absence(client.delete_endpoint, EndpointName=endpoint_name)
            for config in self._names("list_endpoint_configs", "EndpointConfigs", "EndpointConfigName", endpoint_name):
                _ignoring_absence(client.delete_endpoint_config, EndpointConfigName=config)
            for model in self._names("list_models", "Models", "ModelName", endpoint_name):
                _ignoring_absence(client.delete_model, ModelName=model)

    def _status(self, endpoint_name: str) -> str | None:
        try:
            return self._client.describe_endpoint(EndpointName=endpoint_name)["EndpointStatus"]
        except ClientError as error:
            if is_missing(error):
                return None
            raise

    def _names(self, operation: Any, members: str, member: str, endpoint_name: str) -> Iterator[str]:  # noqa: ANN401 - one of two literals
        prefix = f"{endpoint_name}-"
        pages: Any = self._client.get_paginator(operation).paginate(NameContains=prefix)
        found = [each[member] for page in pages for each in page[members]]
        return (name for name in found if name.startswith(prefix))


def _ignoring_absence(delete: Callable[..., object], **name: str) -> None:
    try:
        delete(**name)
    except ClientError as error:
        if not is_missing(error):
            raise
