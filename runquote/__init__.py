"""Ask what a workflow run will cost, and record what past runs cost."""

from contract.runs import Run, RunsResponse
from runquote.client import Client
from runquote.errors import (
    ForbiddenError,
    InvalidRequestError,
    ModelNotReadyError,
    ModelWarmingError,
    RunquoteError,
    TooManyRequestsError,
    UnauthorizedError,
    UnreachableError,
    WorkflowNotFoundError,
)
from runquote.notebook import Prediction
from runquote.settings import SettingsError
from runquote.sizes import parse_size

__all__ = [
    "Client",
    "ForbiddenError",
    "InvalidRequestError",
    "ModelNotReadyError",
    "ModelWarmingError",
    "Prediction",
    "Run",
    "RunquoteError",
    "RunsResponse",
    "SettingsError",
    "TooManyRequestsError",
    "UnauthorizedError",
    "UnreachableError",
    "WorkflowNotFoundError",
    "parse_size",
]
