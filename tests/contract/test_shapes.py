"""What the shapes take and refuse."""

import json
from typing import Any

import pytest
from pydantic import ValidationError

from contract.base import MAX_BYTES
from contract.predictions import PredictionRequest
from contract.runs import Run

REQUEST: dict[str, Any] = {"workflow_name": "rnaseq-quant", "input_bytes": 120_000_000_000}
RUN: dict[str, Any] = {
    "workflow_name": "rnaseq-quant",
    "run_id": "run-1",
    "status": "SUCCEEDED",
    "started_at": "2026-01-01T00:00:00Z",
    "completed_at": "2026-01-01T01:00:00+00:00",
    "input_bytes": 1,
    "cost_usd": 0.1,
    "cost_source": "billed",
}


def _request(**changes: object) -> PredictionRequest:
    return PredictionRequest.model_validate_json(json.dumps({**REQUEST, **changes}))


def _run(**changes: object) -> Run:
    return Run.model_validate_json(json.dumps({**RUN, **changes}))


@pytest.mark.parametrize(
    "changes",
    [
        {"input_bytes": "120"},
        {"input_bytes": True},
        {"input_bytes": None},
        {"input_bytes": 0},
        {"input_bytes": -1},
        {"input_bytes": 1.5},
        {"input_bytes": float("nan")},
        {"input_bytes": float("inf")},
        {"input_bytes": MAX_BYTES + 1},
        {"output_bytes": -1},
        {"workflow_name": ""},
        {"workflow_name": "x" * 129},
        {"workflow_name": "a\u0000b"},
        {"workflow_name": "a\n"},
        {"workflow_name": " a"},
        {"workflow_name": "a\u2028b"},
        {"parameters": {"__proto__": 1}},
        {"parameters": {"x": float("nan")}},
        {"parameters": {"x": [1]}},
        {"unknown": 1},
        {"__proto__": 1},
    ],
)
def test_a_bad_request_is_refused(changes: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        _request(**changes)


def test_sizes_in_scientific_notation_are_sizes() -> None:
    body = '{"workflow_name": "a", "input_bytes": 1.2e11}'
    assert PredictionRequest.model_validate_json(body).input_bytes == 120_000_000_000


def test_parameters_keep_their_types() -> None:
    parameters = {"paired": True, "threads": 4, "coverage": 30.5, "caller": "bcftools", "zero": 0, "one": 1}
    taken = _request(parameters=parameters).parameters
    assert taken is not None
    assert {name: (value, type(value)) for name, value in taken.items()} == {
        name: (value, type(value)) for name, value in parameters.items()
    }


@pytest.mark.parametrize("name", ["<script>alert(1)</script>", "nf-core/rnaseq", "Ärzte-Ablauf 3", "GATK v4"])
def test_a_workflow_may_have_any_printable_name(name: str) -> None:
    assert _request(workflow_name=name).workflow_name == name


@pytest.mark.parametrize(
    "changes",
    [
        {"cost_usd": -1},
        {"cost_usd": 1e30},
        {"cost_usd": float("nan")},
        {"cost_usd": "0.1"},
        {"cost_usd": 0},
        {"completed_at": "2025-12-31T23:59:59Z"},
        {"started_at": "2026-01-01T00:00:00"},
        {"started_at": 1767225600},
        {"started_at": "1969-01-01T00:00:00Z"},
        {"input_bytes": None},
        {"status": "succeeded"},
        {"tags": {"team": 1}},
        {"engine": "a\u0007"},
    ],
)
def test_a_bad_run_is_refused(changes: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        _run(**changes)


def test_times_are_kept_in_utc() -> None:
    run = _run(started_at="2026-01-01T01:00:00+02:00")
    assert json.loads(run.model_dump_json())["started_at"] == "2025-12-31T23:00:00Z"


def test_a_failed_run_may_have_cost_nothing() -> None:
    assert _run(status="FAILED", cost_usd=0).cost_usd == 0
