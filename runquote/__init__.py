"""Ask what a workflow run will cost, and record what past runs cost."""

from contract.predictions import Prediction
from contract.runs import Run, RunsResponse
from runquote.client import Client, RunquoteError
from runquote.sizes import parse_size

__all__ = ["Client", "Prediction", "Run", "RunquoteError", "RunsResponse", "parse_size"]
