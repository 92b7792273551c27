"""Endpoints in SageMaker, and the config and model that each of them serves."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from functions.shared.adapters.aws import refusals
from functions.shared.adapters.sagemaker import is_missing
from functions.shared.errors import EndpointBusy
from functions.shared.ports import Clock, Endpoint

if TYPE_CHECKING:
    from types_boto3_sagemaker import SageMakerClient

_CHANGING = {"Creating", "Updating", "SystemUpdating", "RollingBack"}
"""States in which SageMaker deletes no endpoint (API reference, DeleteEndpoint and DescribeEndpoint)."""
_PAUSES_SECONDS = (1, 2, 4)
"""A config that was just made may not be found at once: SageMaker reads it with eventual consistency, and advises to
ask again (API reference, CreateEndpoint)."""


class SageMakerHosting:
    """The port `Hosting`.

    Of CreateEndpoint and UpdateEndpoint these answers are final, and come as Refused: ResourceLimitExceeded, the one
    error that botocore's model lists for both (a quota: https://github.com/aws/amazon-sagemaker-examples/issues/307),
    ValidationException (a role, an image or a config that will not do; a name that is taken; an endpoint that is
    changing), and those common to all actions with a status of 4xx, such as AccessDeniedException. Throttling and 5xx
    are not, and come as DependencyUnavailable.
    """

    def __init__(self, client: "SageMakerClient", clock: Clock) -> None:
        self._client = client
        self._clock = clock

    def describe(self, name: str) -> Endpoint | None:
        """Return an endpoint, or None when there is none of that name."""
        with refusals("SageMaker"):
            try:
                found = self._client.describe_endpoint(EndpointName=name)
            except ClientError as error:
                if is_missing(error):
                    return None
                raise
        return Endpoint(found["EndpointStatus"], found["EndpointConfigName"], found.get("FailureReason"))

    def create(self, name: str, config: str) -> None:
        """Ask for a new endpoint."""
        self._ask(
            lambda: self._client.create_endpoint(
                EndpointName=name, EndpointConfigName=config, Tags=[{"Key": "runquote:workflow", "Value": name}]
            )
        )

    def update(self, name: str, config: str) -> None:
        """Ask an endpoint to change to another config."""
        self._ask(lambda: self._client.update_endpoint(EndpointName=name, EndpointConfigName=config))

    def _ask(self, change: Callable[[], object]) -> None:
        with refusals("SageMaker"):
            for pause in _PAUSES_SECONDS:
                try:
                    change()
                except ClientError as error:
                    if not is_missing(error):
                        raise
                    self._clock.pause(pause)
                else:
                    return
            change()

    def delete(self, name: str) -> None:
        """Delete an endpoint, if it is there."""
        found = self.describe(name)
        if found is not None and found.status in _CHANGING:
            raise EndpointBusy(name)
        if found is not None and found.status != "Deleting":
            self._drop(lambda: self._client.delete_endpoint(EndpointName=name))

    def delete_model(self, name: str) -> None:
        """Delete the endpoint config and the model of that name, if they are there."""
        self._drop(lambda: self._client.delete_endpoint_config(EndpointConfigName=name))
        self._drop(lambda: self._client.delete_model(ModelName=name))

    @staticmethod
    def _drop(delete: Callable[[], object]) -> None:
        with refusals("SageMaker"):
            try:
                delete()
            except ClientError as error:
                if not is_missing(error):
                    raise
