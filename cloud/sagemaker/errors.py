"""Errors as SageMaker answers them."""


class SageMakerError(Exception):
    """An error answer: AWS error code, message, HTTP status and further members (ModelError has some)."""

    def __init__(self, code: str, message: str, status: int = 400, **members: object) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.status = status
        self.members = members


def validation_exception(message: str) -> SageMakerError:
    """What SageMaker answers to anything it refuses and has no modelled error for."""
    return SageMakerError("ValidationException", message)


def unsupported(what: str) -> SageMakerError:
    """A feature of the real service that the local one does not have. It says so instead of ignoring it."""
    return validation_exception(f"{what} is not supported by the local SageMaker.")
