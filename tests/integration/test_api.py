"""The API as a client meets it: real gateway, real functions, real endpoints."""

import json
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote
from uuid import uuid4

import pytest

from contract.base import MAX_BYTES
from contract.errors import ErrorBody
from contract.names import is_holdout
from contract.predictions import BatchResponse, Prediction
from contract.retrainings import Retraining
from contract.runs import RunsPage
from contract.workflows import WorkflowDetail, WorkflowsResponse
from tests.system import RETRAIN_SECONDS, System
from tools import up
from tools.apply import LOCAL_VARIABLES

EXAMPLE = up.EXAMPLE.model_dump(exclude_none=True)
LEAKS = ("arn:", "Traceback", "workflow-runs", "workflow_runs", "model-endpoints", "amazonaws", "botocore", "pydantic")


def _error(response: Any) -> ErrorBody:  # noqa: ANN401 - an httpx response
    body = ErrorBody.model_validate(response.json())
    assert not [leak for leak in LEAKS if leak in response.text]
    assert response.headers["access-control-allow-origin"]
    assert body.request_id
    return body


def test_a_prediction_has_everything_that_the_contract_says(system: System) -> None:
    response = system.request("POST", "predictions", EXAMPLE)
    assert response.status_code == 200, response.text
    prediction = Prediction.model_validate_json(response.text)
    assert {interval.coverage for interval in prediction.intervals} >= {0.8, 0.9}
    assert all(each.low_usd <= prediction.cost_usd <= each.high_usd for each in prediction.intervals)
    assert len(prediction.outcomes_usd) == 20
    assert prediction.outcomes_usd == sorted(prediction.outcomes_usd)
    assert not prediction.extrapolated
    assert len(prediction.similar_runs) == 5
    assert sum(effect.effect_usd for effect in prediction.explanation) == pytest.approx(prediction.cost_usd, rel=1e-6)


def test_far_outside_the_training_range_the_answer_says_so_and_is_wider(system: System) -> None:
    near = Prediction.model_validate_json(system.request("POST", "predictions", EXAMPLE).text)
    body = {**EXAMPLE, "input_bytes": near.model.input_bytes_range[1] * 20}
    far = Prediction.model_validate_json(system.request("POST", "predictions", body).text)
    assert far.extrapolated
    assert "outside_training_range" in {warning.code for warning in far.warnings}
    assert far.cost_usd > near.cost_usd

    def relative_width(prediction: Prediction) -> float:
        interval = next(each for each in prediction.intervals if each.coverage == 0.9)
        return (interval.high_usd - interval.low_usd) / prediction.cost_usd

    assert relative_width(far) > relative_width(near)


@pytest.mark.parametrize(
    ("content", "named"),
    [
        ("", ""),
        ("{", ""),
        ("null", ""),
        ("[]", ""),
        ('"text"', ""),
        ("{}", "workflow_name"),
        ('{"workflow_name": "germline-variants"}', "input_bytes"),
        ('{"workflow_name": "germline-variants", "input_bytes": NaN}', "input_bytes"),
        ('{"workflow_name": "germline-variants", "input_bytes": Infinity}', "input_bytes"),
        ('{"workflow_name": "germline-variants", "input_bytes": 1e400}', "input_bytes"),
        ('{"workflow_name": "germline-variants", "input_bytes": "120"}', "input_bytes"),
        ('{"workflow_name": "germline-variants", "input_bytes": true}', "input_bytes"),
        ('{"workflow_name": "germline-variants", "input_bytes": null}', "input_bytes"),
        ('{"workflow_name": "germline-variants", "input_bytes": -1}', "input_bytes"),
        ('{"workflow_name": "germline-variants", "input_bytes": 0}', "input_bytes"),
        (f'{{"workflow_name": "germline-variants", "input_bytes": {MAX_BYTES + 1}}}', "input_bytes"),
        ('{"workflow_name": "germline-variants", "input_bytes": 1, "colour": 1}', "colour"),
        ('{"workflow_name": "germline-variants", "input_bytes": 1, "__proto__": 1}', "__proto__"),
        ('{"workflow_name": "", "input_bytes": 1}', "workflow_name"),
        ('{"workflow_name": "a\\u0000b", "input_bytes": 1}', "workflow_name"),
        ('{"workflow_name": "a\\nb", "input_bytes": 1}', "workflow_name"),
        (json.dumps({"workflow_name": "x" * 129, "input_bytes": 1}), "workflow_name"),
        ("[" * 5000, ""),
    ],
)
def test_bad_input_is_named(system: System, content: str, named: str) -> None:
    response = system.request("POST", "predictions", content=content)
    assert response.status_code == 400, response.text
    error = _error(response)
    assert error.error == "invalid_request"
    # The gateway may find the body no JSON at all before our code can name a member.
    assert named in error.message or "JSON" in error.message


def test_bodies_have_a_largest_size(system: System) -> None:
    single = {**EXAMPLE, "parameters": {f"p{number}": "x" * 250 for number in range(70)}}
    batch = {"requests": [{**EXAMPLE, "parameters": {"p": "x" * 250}}] * 4000}
    for path, body in (("predictions", single), ("predictions/batch", batch), ("runs", {"runs": batch["requests"]})):
        response = system.request("POST", path, body)
        assert (response.status_code, _error(response).error) == (413, "payload_too_large"), path


def test_batches_have_a_largest_number_of_rows(system: System) -> None:
    response = system.request("POST", "predictions/batch", {"requests": [EXAMPLE] * 501})
    assert (response.status_code, _error(response).error) == (413, "payload_too_large")


@pytest.mark.parametrize("path", ["predictions", "predictions/batch", "runs"])
@pytest.mark.parametrize("opening", ["[", '{"runs":[', '{"a":'])
def test_deep_bodies_are_refused(system: System, path: str, opening: str) -> None:
    response = system.request("POST", path, content=opening * (100_000 // len(opening)))
    assert (response.status_code, _error(response).error) in ((400, "invalid_request"), (413, "payload_too_large"))


def test_every_name_addresses_itself(system: System) -> None:
    slashed = f"lab/{uuid4().hex[:6]}"
    names = [slashed, quote(slashed, safe=""), quote(quote(slashed, safe=""), safe=""), f"{slashed} ../+ü%zz?#&"]
    run = {
        "run_id": "r",
        "status": "FAILED",
        "started_at": "2026-01-01T00:00:00Z",
        "completed_at": "2026-01-01T01:00:00Z",
        "input_bytes": 1,
        "cost_usd": 0,
        "cost_source": "billed",
    }
    with system.api() as api:
        list(api.record_runs({**run, "workflow_name": name, "tags": {"of": name}} for name in names))
        for name in names:
            assert api.workflow(name).workflow_name == name
            assert [each.tags for each in api.runs(name)] == [{"of": name}]
            assert api.set_budget(name, 5).team == name
        for name in names:
            assert api.delete_budget(name).team == name


@pytest.mark.parametrize("content_type", ["text/plain", "application/xml", None])
def test_other_media_types_are_refused(system: System, content_type: str | None) -> None:
    response = system.request("POST", "predictions", EXAMPLE, headers={"content-type": content_type})
    assert (response.status_code, _error(response).error) == (415, "unsupported_media_type")


def test_an_unknown_workflow_brings_near_matches(system: System) -> None:
    response = system.request("POST", "predictions", {**EXAMPLE, "workflow_name": "germline-variant"})
    error = _error(response)
    assert (response.status_code, error.error) == (404, "workflow_not_found")
    assert "germline-variants" in error.message


@pytest.mark.parametrize("key", [None, "", "forged-key-forged-key-forged"])
def test_without_a_valid_key_nothing_runs(system: System, key: str | None) -> None:
    response = system.request("POST", "predictions", EXAMPLE, headers={"x-api-key": key})
    assert (response.status_code, _error(response).error) == (403, "forbidden")


@pytest.mark.parametrize(("method", "path"), [("GET", "nothing"), ("DELETE", "runs"), ("PUT", "predictions")])
def test_other_paths_and_methods_answer_in_json(system: System, method: str, path: str) -> None:
    response = system.request(method, path)
    assert response.status_code in (403, 404, 405)
    _error(response)


def test_preflight_allows_the_web_app_and_no_other_origin(system: System) -> None:
    headers = {"origin": system.outputs["web_url"], "access-control-request-method": "POST", "x-api-key": None}
    response = system.request("OPTIONS", "predictions", headers=headers)
    assert response.status_code in (200, 204)
    assert response.headers["access-control-allow-origin"] == system.outputs["web_url"]
    assert "x-api-key" in response.headers["access-control-allow-headers"].lower()


def test_a_batch_answers_each_row_in_order_and_totals_by_simulation(system: System) -> None:
    rows = [
        EXAMPLE,
        {**EXAMPLE, "workflow_name": "nobody-knows"},
        {"input_bytes": 1},
        {**EXAMPLE, "input_bytes": 15 * 10**6},
    ]
    response = system.request("POST", "predictions/batch", {"requests": rows})
    assert response.status_code == 200, response.text
    batch = BatchResponse.model_validate_json(response.text)
    kinds = [each.error if isinstance(each, ErrorBody) else "ok" for each in batch.predictions]
    assert kinds == ["ok", "workflow_not_found", "invalid_request", "ok"]
    good = [each for each in batch.predictions if isinstance(each, Prediction)]
    assert batch.total.cost_usd == pytest.approx(sum(each.cost_usd for each in good), rel=0.2)
    total = next(each for each in batch.total.intervals if each.coverage == 0.9)
    summed = [next(each for each in one.intervals if each.coverage == 0.9) for one in good]
    assert sum(each.low_usd for each in summed) < total.low_usd < total.high_usd < sum(each.high_usd for each in summed)


def test_workflows_are_listed_and_described(system: System) -> None:
    answer = WorkflowsResponse.model_validate_json(system.request("GET", "workflows").text)
    assert answer.next_training_at is not None
    assert answer.next_training_at > datetime.now(UTC)
    assert (answer.next_training_at.hour, answer.next_training_at.minute) == (3, 0)
    listed = answer.workflows
    names = [workflow.workflow_name for workflow in listed]
    assert {"germline-variants", "gwas-assoc", "rnaseq-quant"} <= set(names)
    response = system.request("GET", "workflows/germline-variants")
    detail = WorkflowDetail.model_validate_json(response.text)
    assert detail.succeeded_runs >= 60
    assert detail.model_version == 1
    assert [version.status for version in detail.model_versions] == ["current"]
    assert detail.model_versions[0].reason
    costs = [point.cost_usd for point in detail.curve]
    assert len(costs) >= 20
    assert costs[-1] > costs[0]
    assert detail.recent_runs
    assert detail.running_retraining_id is None
    assert detail.last_retraining is not None
    assert detail.last_retraining.outcome == "promoted"
    assert not [leak for leak in LEAKS if leak in response.text]
    missing = system.request("GET", "workflows/nothing-like-it")
    assert (missing.status_code, _error(missing).error) == (404, "workflow_not_found")


def _pages(system: System, workflow_name: str, **query: object) -> Iterator[RunsPage]:
    cursor: dict[str, str] = {}
    while True:
        response = system.request("GET", f"workflows/{workflow_name}/runs", params={**query, **cursor})
        assert response.status_code == 200, response.text
        yield (page := RunsPage.model_validate_json(response.text))
        if page.next_cursor is None:
            return
        cursor = {"cursor": page.next_cursor}


def test_runs_are_listed_page_by_page_latest_first(system: System) -> None:
    detail = WorkflowDetail.model_validate_json(system.request("GET", "workflows/germline-variants").text)
    runs = [run for page in _pages(system, "germline-variants", limit=37) for run in page.runs]
    assert len({run.run_id for run in runs}) == len(runs) == detail.runs
    ends = [run.completed_at for run in runs]
    assert ends == sorted(ends, reverse=True)
    middle = ends[len(ends) // 2]
    later = [
        run for page in _pages(system, "germline-variants", completed_from=middle.isoformat()) for run in page.runs
    ]
    assert [run.run_id for run in later] == [run.run_id for run in runs if run.completed_at >= middle]
    assert list(system.api().runs("germline-variants")) == runs


def test_runs_are_listed_by_status_and_tag(system: System) -> None:
    tagged = {"workflow_name": "listed", "run_id": "a", "status": "FAILED", "tags": {"team": "genomics", "user": "ada"}}
    times = {"started_at": "2026-11-01T00:00:00Z", "completed_at": "2026-11-01T01:00:00Z"}
    run = {**times, "status": "SUCCEEDED", "input_bytes": 1, "cost_usd": 0.5, "cost_source": "billed"}
    rows = [
        {**run, **tagged},
        {**run, **tagged, "run_id": "b", "status": "SUCCEEDED"},
        {**run, **tagged, "run_id": "c"},
    ]
    rows[2]["tags"] = {"team": "imaging"}
    assert system.request("POST", "runs", {"runs": rows}).status_code in (200, 201)
    for query, expected in (
        ({"status": "FAILED"}, {"a", "c"}),
        ({"tag": "team:genomics"}, {"a", "b"}),
        ({"tag": ["team:genomics", "user:ada"], "status": "FAILED"}, {"a"}),
        ({"completed_before": "2026-11-01T01:00:00Z"}, set()),
    ):
        found = [run.run_id for page in _pages(system, "listed", **query) for run in page.runs]
        assert set(found) == expected, query


@pytest.mark.parametrize("query", ["limit=0", "limit=1&limit=2", "cursor=e30", "status=done", "tag=team", "colour=red"])
def test_a_listing_that_cannot_be_is_refused(system: System, query: str) -> None:
    response = system.request("GET", f"workflows/germline-variants/runs?{query}")
    assert (response.status_code, _error(response).error) == (400, "invalid_request")


def test_accuracy_is_that_of_runs_that_training_never_saw(system: System) -> None:
    told = system.api().accuracy("germline-variants")
    detail = system.api().workflow("germline-variants")
    assert (told.model_version, told.metrics) == (detail.model_version, detail.metrics)
    assert told.evaluated_on == "holdout"
    assert len(told.points) == told.evaluated_runs >= 10
    recorded = {run.run_id: run for run in system.api().runs("germline-variants")}
    assert all(point.cost_usd == pytest.approx(recorded[point.run_id].cost_usd) for point in told.points)
    assert all(is_holdout("germline-variants", point.run_id) for point in told.points)
    inside = sum(
        interval.low_usd <= point.cost_usd <= interval.high_usd
        for point in told.points
        for interval in point.intervals
        if interval.coverage == 0.8
    )
    measured = next(each.measured for each in told.coverage if each.coverage == 0.8)
    assert measured == pytest.approx(inside / len(told.points))
    assert sum(month.runs for month in told.months) == len(told.points)
    for path, code in (("listed", "model_not_ready"), ("nothing-like-it", "workflow_not_found")):
        response = system.request("GET", f"workflows/{path}/accuracy")
        assert (response.status_code, _error(response).error) == (404, code)


def _until_ended(system: System, retraining: Retraining) -> Iterator[Retraining]:
    deadline = time.monotonic() + RETRAIN_SECONDS
    while retraining.status == "running":
        assert time.monotonic() < deadline
        time.sleep(0.1)
        retraining = system.api().retraining(retraining.workflow_name, retraining.retraining_id)
        yield retraining


def test_a_retraining_is_started_once_and_followed_to_its_end(system: System) -> None:
    with ThreadPoolExecutor(3) as pool:
        started = list(pool.map(lambda _: system.api().retrain("gwas-assoc"), range(3)))
    assert len({each.retraining_id for each in started}) == 1
    seen = list(_until_ended(system, started[0]))
    current = [[step.state for step in each.steps].index("current") for each in seen if "current" in _states(each)]
    assert current == sorted(current) != []
    ended = seen[-1]
    assert ended.status in ("promoted", "no_update")
    assert ended.reason
    assert set(_states(ended)) <= {"done", "skipped"}
    times = [moment for step in ended.steps for moment in (step.started_at, step.ended_at) if moment]
    assert times == sorted(times)
    assert ended.ended_at is not None
    assert started[0].started_at <= times[0] <= times[-1] <= ended.ended_at
    assert not [leak for leak in LEAKS if leak in ended.model_dump_json()]
    assert system.api().workflow("gwas-assoc").last_retraining is not None


def _states(retraining: Retraining) -> list[str]:
    return [step.state for step in retraining.steps]


def test_the_page_finds_a_retraining_that_somebody_else_started(system: System) -> None:
    execution = system.start_retraining("rnaseq-quant")
    name = execution.rsplit(":", 1)[-1]
    deadline = time.monotonic() + RETRAIN_SECONDS
    while system.api().workflow("rnaseq-quant").running_retraining_id != name:
        assert time.monotonic() < deadline
    response = system.request("POST", "workflows/rnaseq-quant/retrainings")
    found = Retraining.model_validate_json(response.text)
    assert (response.status_code, found.retraining_id) == (200, name)
    list(_until_ended(system, found))
    assert system.api().workflow("rnaseq-quant").running_retraining_id is None


def test_too_few_runs_end_a_retraining_with_a_sentence(system: System) -> None:
    started = system.api().retrain("listed")
    ended = list(_until_ended(system, started))[-1]
    assert ended.status == "insufficient_data"
    assert "at least" in (ended.reason or "")
    assert _states(ended) == ["done", *["skipped"] * 5]


def test_what_cannot_be_retrained_or_found_is_said(system: System) -> None:
    unknown = system.request("POST", "workflows/rnaseq_quant/retrainings")
    error = _error(unknown)
    assert (unknown.status_code, error.error) == (404, "workflow_not_found")
    assert "rnaseq-quant" in error.message
    for path in ("rnaseq-quant/retrainings/nothing", "rnaseq-quant/retrainings/a%3Ab", "nothing/retrainings/x"):
        missing = system.request("GET", f"workflows/{path}")
        assert (missing.status_code, _error(missing).error) == (404, "retraining_not_found"), path


def test_one_caller_brings_so_many_new_workflows_a_day(system: System) -> None:
    prefix, dynamodb = f"new-{uuid4().hex[:8]}", system.client("dynamodb")

    def runs(*numbers: int) -> list[dict[str, Any]]:
        return [
            {
                "workflow_name": f"{prefix}-{number}",
                "run_id": uuid4().hex,
                "status": "FAILED",
                "started_at": "2019-01-01T00:00:00Z",
                "completed_at": "2019-01-01T01:00:00Z",
                "input_bytes": 1,
                "cost_usd": 0,
                "cost_source": "billed",
            }
            for number in numbers
        ]

    assert system.request("POST", "runs", runs(0)[0]).status_code == 201
    name = {"workflow_name": {"S": f"{prefix}-0"}}
    made = dynamodb.get_item(TableName=system.outputs["workflows_table"], Key=name)["Item"]
    counter = {"caller": made["recorded_by"], "day": {"S": f"{datetime.now(UTC):%Y-%m-%d}"}}
    table = system.outputs["callers_table"]
    before = dynamodb.get_item(TableName=table, Key=counter)["Item"]
    nearly = {"N": str(int(str(LOCAL_VARIABLES["new_workflows_per_day"])) - 2)}
    dynamodb.put_item(TableName=table, Item={**before, "workflows": nearly})
    try:
        answer = system.request("POST", "runs", {"runs": runs(1, 0, 2, 3, 1, 4)}).json()
        assert (answer["accepted"], [row["index"] for row in answer["rejected"]]) == (4, [3, 5])
        assert {row["error"] for row in answer["rejected"]} == {"too_many_workflows"}
        refused = system.request("POST", "runs", runs(5)[0])
        assert (refused.status_code, refused.json()["error"]) == (429, "too_many_workflows")
        assert 0 < int(refused.headers["Retry-After"]) <= 24 * 3600
        assert system.request("POST", "runs", runs(2)[0]).status_code == 201
    finally:
        dynamodb.put_item(TableName=table, Item=before)
