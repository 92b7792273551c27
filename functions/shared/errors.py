"""What can go wrong: for clients (`ApiError`), for state machines (one class per name), for callers of ports."""

from contract.errors import STATUS, ErrorCode


class ApiError(Exception):
    """An error that a client sees: a code for programs and one helpful sentence for people."""

    def __init__(self, code: ErrorCode, message: str, retry_after_seconds: int | None = None) -> None:
        super().__init__(message)
        self.code: ErrorCode = code
        self.message = message
        self.status = STATUS[code]
        self.retry_after_seconds = retry_after_seconds


# Executions fail under these class names, and `conclude` knows some of them: they are `contract.states.STATE_ERRORS`.
class InvalidInput(Exception):
    """The input of an execution is not what it must be."""


class AlreadyRunning(Exception):
    """Another execution is retraining this workflow."""


class InsufficientData(Exception):
    """The workflow has too few successful runs to learn from."""


class BadArtifact(Exception):
    """What training wrote is missing, incomplete, or not what we write."""


class StalePromotion(Exception):
    """A newer version has been promoted meanwhile."""


class WorkflowRetired(Exception):
    """The workflow is retired, and nothing may claim it until it is brought back."""


class EndpointBusy(Exception):
    """The endpoint is being changed, and cannot be deleted before that has ended."""


class Refused(Exception):
    """A service refuses a request for what it is, and will refuse it again."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


class NameTaken(Exception):
    """An execution of that name has ended; a name is good for one."""


class DependencyUnavailable(Exception):
    """A service did not answer in time, is throttling us, or is down, after all retries."""


class MalformedRecord(Exception):
    """A stored record is not of the shape that we write."""


class EndpointMissing(Exception):
    """The endpoint that the record names does not exist."""


class ModelWarming(Exception):
    """The endpoint is throttled or not ready yet."""


class ModelFailed(Exception):
    """The model answered with an error, or with something that is not an answer."""


class ModelTimedOut(Exception):
    """The model did not answer in time."""
