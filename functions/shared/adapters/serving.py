"""What SageMaker keeps so that a workflow's models answer: an endpoint, and each config and model made for it."""

from typing import TYPE_CHECKING, Any

from functions.shared.adapters.aws import refusals
from functions.shared.adapters.hosting import SageMakerHosting
from functions.shared.ports import Clock

if TYPE_CHECKING:
    from types_boto3_sagemaker import SageMakerClient


class Serving:
    """The port `ServingResources`."""

    def __init__(self, client: "SageMakerClient", clock: Clock) -> None:
        self._client = client
        self._hosting = SageMakerHosting(client, clock)

    def delete(self, endpoint_name: str) -> None:
        """Delete an endpoint with every config and model that was made for it; what is gone already is fine.

        Configs and models are found by their names, which begin with the endpoint's (`contract.names`), and not by
        what the endpoint says: who tries again finds what is left, also when the endpoint has gone.
        """
        self._hosting.delete(endpoint_name)
        configs = self._names("list_endpoint_configs", "EndpointConfigs", "EndpointConfigName", f"{endpoint_name}-")
        models = self._names("list_models", "Models", "ModelName", f"{endpoint_name}-")
        for name in sorted(configs | models):
            self._hosting.delete_model(name)

    def _names(self, operation: Any, members: str, member: str, prefix: str) -> set[str]:  # noqa: ANN401 - one of two literals
        with refusals("SageMaker"):
            pages: Any = self._client.get_paginator(operation).paginate(NameContains=prefix)
            return {each[member] for page in pages for each in page[members] if each[member].startswith(prefix)}
