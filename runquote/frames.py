"""Predictions for the rows of a pandas DataFrame."""

from itertools import batched
from typing import TYPE_CHECKING, Any

import numpy
import pandas

from contract.base import MAX_BATCH
from contract.predictions import Prediction
from runquote.sizes import parse_size

if TYPE_CHECKING:
    from runquote.client import Client

ADDED = [
    "cost_usd",
    "low_usd_80",
    "high_usd_80",
    "low_usd_90",
    "high_usd_90",
    "extrapolated",
    "beyond_evidence",
    "warnings",
    "error",
]


def predict_frame(client: "Client", frame: pandas.DataFrame) -> pandas.DataFrame:
    """Return a copy of a frame with what each run will cost, in requests of 500 rows; the index stays.

    Columns: `workflow_name`; `input_bytes`, or `input_size` as texts like "120 GB"; and if known `output_bytes` or
    `output_size`, and `parameters` (dicts). Empty cells count as not known. Added are cost_usd, low_usd_80,
    high_usd_80, low_usd_90, high_usd_90, extrapolated, beyond_evidence (past runs cannot tell this cost: leave it out
    of sums), warnings (codes) and error: a row that cannot be answered, such as one whose size is none, has a text
    there and no cost. Raises ValueError for a missing column.
    """
    for wanted in (("workflow_name",), ("input_bytes", "input_size")):
        if not any(column in frame.columns for column in wanted):
            raise ValueError(f"The frame has no column {' or '.join(wanted)}")
    answers: list[dict[str, Any]] = []
    requests: dict[int, dict[str, Any]] = {}
    for place, row in enumerate(frame.to_dict("records")):
        answers.append({})
        try:
            requests[place] = _request(row)
        except (ValueError, OverflowError) as error:
            answers[place] = {"error": str(error)}
    for some in batched(requests.items(), MAX_BATCH, strict=False):
        answered = client.predict_batch([request for _, request in some]).predictions
        for (place, _), each in zip(some, answered, strict=True):
            answers[place] = _answer(each) if isinstance(each, Prediction) else {"error": each.message}
    added = pandas.DataFrame(answers, index=frame.index, columns=ADDED)
    return pandas.concat([frame.drop(columns=[name for name in ADDED if name in frame.columns]), added], axis=1)


def _request(row: dict[Any, Any]) -> dict[str, Any]:
    known = {name: value for name, value in row.items() if isinstance(value, dict) or not pandas.isna(value)}
    request: dict[str, Any] = {"workflow_name": str(known.get("workflow_name", ""))}
    for name in ("input", "output"):
        if f"{name}_bytes" in known:
            request[f"{name}_bytes"] = int(known[f"{name}_bytes"])
        elif f"{name}_size" in known:
            request[f"{name}_bytes"] = parse_size(str(known[f"{name}_size"]))
    if known.get("parameters"):
        request["parameters"] = {name: _plain(value) for name, value in known["parameters"].items()}
    return request


def _plain(value: object) -> object:
    """Return numpy's numbers and booleans as Python's, which JSON knows."""
    return value.item() if isinstance(value, numpy.generic) else value


def _answer(prediction: Prediction) -> dict[str, Any]:
    answer: dict[str, Any] = {
        "cost_usd": prediction.cost_usd,
        "extrapolated": prediction.extrapolated,
        "beyond_evidence": prediction.beyond_evidence is not None,
        "warnings": " ".join(warning.code for warning in prediction.warnings),
    }
    for interval in prediction.intervals:
        percent = round(interval.coverage * 100)
        answer[f"low_usd_{percent}"], answer[f"high_usd_{percent}"] = interval.low_usd, interval.high_usd
    return answer
