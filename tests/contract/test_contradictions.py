"""The document says of a run what the shape refuses, but for what only words can say."""

import json
from typing import Any

import jsonschema
import pytest
from pydantic import ValidationError

from contract.made_up import MADE_UP_TAGS, MADE_UP_WORKFLOW
from contract.runs import Run
from tests.contract.test_shapes import RUN

ESTIMATED = {"cost_source": "estimated"}


@pytest.mark.parametrize(
    ("changes", "is_taken"),
    [
        ({}, True),
        ({"cost_usd": 0}, False),
        ({"cost_usd": 0, "status": "FAILED"}, True),
        (ESTIMATED, True),
        (ESTIMATED | {"estimated_cost_usd": 1}, False),
        (ESTIMATED | {"estimated_cost_usd": None}, True),
        ({"estimated_cost_usd": 1}, True),
        ({"estimated_cost_usd": 1e-12}, False),
        ({"workflow_name": MADE_UP_WORKFLOW}, False),
        ({"workflow_name": MADE_UP_WORKFLOW, "tags": None}, False),
        ({"workflow_name": MADE_UP_WORKFLOW, "tags": {"team": "a"}}, False),
        ({"workflow_name": MADE_UP_WORKFLOW, "tags": {**MADE_UP_TAGS, "team": "a"}}, True),
        ({"workflow_name": ".."}, False),
        ({"input_bytes": 0}, False),
        ({"tags": {"1": "a"}}, False),
        ({"parameters": {"a": "b\u202e"}}, False),
        ({"parameters": {"a": 1e-101}}, False),
        ({"started_at": "1999-01-01T00:00:00Z"}, False),
    ],
)
def test_document_and_shape_agree(changes: dict[str, Any], is_taken: bool) -> None:
    body = RUN | changes
    assert jsonschema.Draft202012Validator(Run.model_json_schema()).is_valid(body) is is_taken
    try:
        Run.model_validate_json(json.dumps(body))
    except ValidationError:
        assert not is_taken
    else:
        assert is_taken
