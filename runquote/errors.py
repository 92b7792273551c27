"""What can go wrong between a caller and the API, one class for each thing that a caller may want to handle."""


class RunquoteError(Exception):
    """The API refused or could not be reached. `code` is the API's error code, or `unreachable`."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


class UnreachableError(RunquoteError):
    """Nothing answered at the API's address."""


class InvalidRequestError(RunquoteError):
    """The API did not accept the values sent; the message names the member."""


class UnauthorizedError(RunquoteError):
    """The access token is missing, wrong or has ended."""


class ForbiddenError(RunquoteError):
    """The API key is missing or wrong."""


class WorkflowNotFoundError(RunquoteError):
    """No run of this workflow was ever recorded."""


class ModelNotReadyError(RunquoteError):
    """There are runs, but no model has been trained from them yet."""


class ModelWarmingError(RunquoteError):
    """The model is being started and did not come up in time; trying again in a minute helps."""


class TooManyRequestsError(RunquoteError):
    """The API's limit on requests was reached, and waiting for it took longer than allowed."""


_CLASSES: dict[str, type[RunquoteError]] = {
    "unreachable": UnreachableError,
    "invalid_request": InvalidRequestError,
    "payload_too_large": InvalidRequestError,
    "unauthorized": UnauthorizedError,
    "forbidden": ForbiddenError,
    "workflow_not_found": WorkflowNotFoundError,
    "model_not_ready": ModelNotReadyError,
    "model_warming": ModelWarmingError,
    "too_many_requests": TooManyRequestsError,
}


def error_for(code: str, message: str) -> RunquoteError:
    """Return the error of the class that stands for an API error code."""
    return _CLASSES.get(code, RunquoteError)(code, message)
