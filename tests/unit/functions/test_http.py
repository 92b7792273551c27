"""The handlers of the API on real proxy events: what is refused, with which words, and which headers are on it."""

import io
import json
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

import pytest

from contract.errors import STATUS
from functions.budgets import handler as budgets
from functions.budgets.logic import Budgets
from functions.predict import handler as predict
from functions.predict.logic import Predictor
from functions.predictions import handler as predictions
from functions.predictions.logic import Archive
from functions.record_runs import handler as record_runs
from functions.record_runs.corrections import Corrector
from functions.record_runs.logic import Recorder
from functions.retire_workflow import handler as retire_workflow
from functions.retire_workflow.logic import Retirer
from functions.retrainings import handler as retrainings
from functions.retrainings.logic import Retrainer
from functions.shared.errors import DependencyUnavailable
from functions.workflows import handler as workflows
from functions.workflows.logic import Catalogue
from tests.fakes import events, shapes
from tests.fakes.events import body_of
from tests.fakes.ports import (
    FakeArtifacts,
    FakeBudgets,
    FakeClock,
    FakeEndpoints,
    FakeExecutions,
    FakeModels,
    FakeNewcomers,
    FakePredictions,
    FakeRegistry,
    FakeRuns,
    FakeServing,
    FakeSpend,
    FakeStateMachine,
    FakeWorkflows,
)
from tests.fakes.shapes import GB, WORKFLOW
from tests.unit.functions.conftest import lines

ORIGIN = "https://main.example.org"
GOOD = {"workflow_name": WORKFLOW, "input_bytes": 120 * GB}
RUN = json.loads(shapes.run().model_dump_json(exclude_none=True))


MODULES = (budgets, predict, predictions, record_runs, retire_workflow, retrainings, workflows)


class System:
    """The functions of the API on the same fakes."""

    def __init__(self) -> None:
        self.endpoints = FakeEndpoints(shapes.endpoint())
        self.workflows = FakeWorkflows(shapes.workflow())
        self.models = FakeModels()
        self.runs = FakeRuns([shapes.run()])
        self.registry = FakeRegistry()
        ports = {"endpoints": self.endpoints, "workflows": self.workflows, "models": self.models, "clock": FakeClock()}
        self.predictions = FakePredictions()
        self.predictor = Predictor(**ports, keeper=self.predictions, stale_after_days=30)  # type: ignore[arg-type] # each by its name
        self.archive = Archive(predictions=self.predictions, clock=FakeClock(), retention_days=400)
        self.recorder = Recorder(self.runs, FakeClock(), FakeNewcomers())
        self.corrector = Corrector(self.runs, self.runs, FakeClock())
        more = {"runs": self.runs, "trail": self.runs, "registry": self.registry, "artifacts": FakeArtifacts()}
        self.catalogue = Catalogue(**ports, **more, name_prefix="runquote", next_training=lambda now: now)  # type: ignore[arg-type] # as above
        self.limits = FakeBudgets()
        self.spend = FakeSpend()
        self.budgets = Budgets(spend=self.spend, budgets=self.limits, workflows=self.workflows, clock=FakeClock())
        self.machine = FakeStateMachine()
        self.retrainer = Retrainer(
            workflows=self.workflows, retirements=self.workflows, executions=self.machine, clock=FakeClock()
        )
        self.retirer = Retirer(
            workflows=self.workflows,
            retirements=self.workflows,
            executions=FakeExecutions(),
            endpoints=self.endpoints,
            serving=FakeServing(),
            clock=FakeClock(),
            name_prefix="runquote",
        )


@pytest.fixture
def fakes(monkeypatch: pytest.MonkeyPatch) -> Iterator[System]:
    system = System()
    settings = {
        "WEB_ORIGIN": ORIGIN,
        "MODEL_ENDPOINTS_TABLE": "e",
        "WORKFLOWS_TABLE": "w",
        "WORKFLOW_RUNS_TABLE": "r",
        "NAME_PREFIX": "runquote",
        "ARTIFACTS_BUCKET": "b",
        "SCHEDULE_EXPRESSION": "cron(0 3 * * ? *)",
        "SCHEDULE_TIMEZONE": "UTC",
        "SCHEDULE_ENABLED": "true",
        "SPEND_TABLE": "p",
        "RUN_CHANGES_TABLE": "c",
        "BUDGETS_TABLE": "u",
        "RETRAIN_STATE_MACHINE_ARN": "s",
        "STALE_AFTER_DAYS": "30",
        "NEW_WORKFLOWS_PER_DAY": "100",
        "CALLERS_TABLE": "c",
        "PREDICTIONS_TABLE": "k",
        "PREDICTION_RETENTION_DAYS": "400",
    }
    for name, value in settings.items():
        monkeypatch.setenv(name, value)
    for module in MODULES:
        module.settings.cache_clear()
    monkeypatch.setattr(predict, "predictor", lambda: system.predictor)
    monkeypatch.setattr(predictions, "archive", lambda: system.archive)
    monkeypatch.setattr(record_runs, "recorder", lambda: system.recorder)
    monkeypatch.setattr(record_runs, "corrector", lambda: system.corrector)
    monkeypatch.setattr(workflows, "catalogue", lambda: system.catalogue)
    monkeypatch.setattr(budgets, "budgets", lambda: system.budgets)
    monkeypatch.setattr(retrainings, "retrainer", lambda: system.retrainer)
    monkeypatch.setattr(retire_workflow, "retirer", lambda: system.retirer)
    yield system
    for module in MODULES:
        module.settings.cache_clear()


def ask(body: object, content_type: str | None = "application/json", **changes: object) -> dict[str, Any]:
    event = events.post("/predictions", body, content_type=content_type)
    return predict.handler({**event, **changes}, None)


def refused(answer: dict[str, Any], code: str) -> str:
    """Check that an answer is a proper error of that code; return its message."""
    body = body_of(answer)
    assert set(body) == {"error", "message", "request_id"}
    assert body["error"] == code
    assert answer["statusCode"] == STATUS[code]  # type: ignore[index] # a code of the contract
    assert body["request_id"] == answer["headers"]["x-request-id"] == "0f0f0f0f-1111-2222-3333-444444444444"
    assert answer["headers"]["Access-Control-Allow-Origin"] == ORIGIN
    assert answer["headers"]["Content-Type"] == "application/json"
    message: str = body["message"]
    assert message.endswith((".", "?"))
    return message


def test_a_good_request(fakes: System) -> None:
    answer = predict.handler(events.load("predict"), None)
    assert answer["statusCode"] == 200
    assert body_of(answer)["cost_usd"] == 0.0075
    headers = answer["headers"]
    assert headers["Access-Control-Allow-Origin"] == ORIGIN
    assert "Access-Control-Allow-Credentials" not in headers
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Content-Security-Policy"].startswith("default-src 'none'")
    assert headers["Cache-Control"] == "no-store"


def test_a_good_request_in_base64(fakes: System) -> None:
    assert predict.handler(events.in_base64(events.load("predict")), None)["statusCode"] == 200
    refused(ask("a", isBase64Encoded=True), "invalid_request")


@pytest.mark.parametrize(
    "body", [None, "", "  ", "{", "null", "[]", "3", '"text"', '{"a":1}{', "\ud800", "{'a': 1}", "\x00"]
)
def test_a_body_that_is_no_request_names_what_is_needed(fakes: System, body: str | None) -> None:
    message = refused(ask(body), "invalid_request")
    assert "workflow_name" in message
    assert "input_bytes" in message


@pytest.mark.parametrize(
    ("member", "value", "words"),
    [
        ("input_bytes", "NaN", "The input size must be a whole number of bytes"),
        ("input_bytes", "Infinity", "The input size must be a whole number of bytes"),
        ("input_bytes", "-Infinity", "The input size must be a whole number of bytes"),
        ("input_bytes", "1e400", "The input size"),
        ("input_bytes", "9" * 5000, "number out of range"),
        ("input_bytes", '"120"', "The input size must be a whole number of bytes, without quotes"),
        ("input_bytes", "true", "The input size"),
        ("input_bytes", "null", "The input size"),
        ("input_bytes", "1.5", "The input size"),
        ("input_bytes", "0", "The input size must be more than 0"),
        ("input_bytes", "-1", "The input size must be more than 0"),
        ("input_bytes", "100000000000000001", "must be at most 100,000,000,000,000,000"),
        ("output_bytes", "-1", "The output size must be at least 0"),
        ("workflow_name", '""', "The workflow name must not be empty"),
        ("workflow_name", '"' + "x" * 129 + '"', "The workflow name must have at most 128 characters"),
        ("workflow_name", '"a\\u0000b"', "The workflow name must not"),
        ("workflow_name", '"a\\nb"', "The workflow name must not"),
        ("workflow_name", '"a\\u0085b"', "The workflow name must not"),
        ("workflow_name", "7", "The workflow name must be text"),
        ("unknown", "1", '"unknown" is not a known member'),
        ("__proto__", "{}", '"__proto__" is not a known member'),
        ("parameters", '{"__proto__": 1}', '"__proto__" in parameters is not a name'),
        ("parameters", '{"x": NaN}', '"x" in parameters must be a number'),
        ("parameters", '{"x": [1]}', '"x" in parameters must be a number'),
        ("parameters", "7", "The parameters must be an object"),
        ("<script>alert(1)</script>", "1", "is not a known member"),
    ],
)
def test_a_bad_member_is_named_and_nothing_is_looked_up(fakes: System, member: str, value: str, words: str) -> None:
    members = {"workflow_name": f'"{WORKFLOW}"', "input_bytes": "1", member: value}
    body = "{" + ", ".join(f'"{name}": {text}' for name, text in members.items()) + "}"
    message = refused(ask(body), "invalid_request")
    assert words in message
    assert len(message) < 400
    assert fakes.endpoints.gets == []


def test_only_a_size_in_quotes_is_told_of_quotes(fakes: System) -> None:
    body = f'{{"workflow_name": "{WORKFLOW}", "input_bytes": 1.5}}'
    assert refused(ask(body), "invalid_request") == "The input size must be a whole number of bytes (input_bytes)."


def test_several_problems_are_told_at_once(fakes: System) -> None:
    message = refused(ask({"input_bytes": 0, "a": 1, "b": 2, "c": 3}), "invalid_request")
    assert "workflow_name" in message
    assert "there are 2 more" in message


@pytest.mark.parametrize("content_type", [None, "", "text/plain", "application/x-www-form-urlencoded", "text/json"])
def test_another_content_type_is_refused(fakes: System, content_type: str | None) -> None:
    refused(ask(GOOD, content_type=content_type), "unsupported_media_type")
    assert fakes.endpoints.gets == []


@pytest.mark.parametrize("content_type", ["application/json; charset=utf-8", "Application/JSON"])
def test_json_is_json_however_it_is_written(fakes: System, content_type: str) -> None:
    assert ask(GOOD, content_type=content_type)["statusCode"] == 200


def test_bodies_have_bounds(fakes: System) -> None:
    largest = json.dumps(GOOD).ljust(16 * 1024)
    assert ask(largest)["statusCode"] == 200
    assert "16,385 bytes" in refused(ask(largest + " "), "payload_too_large")
    refused(ask(json.dumps(GOOD).ljust(16 * 1024 - 3) + '"é"'), "payload_too_large")  # bytes, not characters
    huge = json.dumps({"requests": [GOOD]}).ljust(1024 * 1024 + 1)
    refused(predict.handler(events.post("/predictions/batch", huge), None), "payload_too_large")
    refused(record_runs.handler(events.post("/runs", huge), None), "payload_too_large")


@pytest.mark.parametrize("opening", ["[", '{"a":', '{"workflow_name":"[[","x":['])
def test_deep_bodies_are_refused(fakes: System, opening: str) -> None:
    assert "nested" in refused(ask(opening * 500), "invalid_request")


def test_brackets_in_text_are_no_nesting(fakes: System) -> None:
    assert ask({**GOOD, "parameters": {"x": "[" * 200 + '\\"{'}})["statusCode"] == 200


def test_too_many_rows_and_none(fakes: System) -> None:
    def batch(rows: list[Any]) -> dict[str, Any]:
        return predict.handler(events.post("/predictions/batch", {"requests": rows}), None)

    assert batch([GOOD] * 500)["statusCode"] == 200
    refused(batch([GOOD] * 501), "payload_too_large")
    assert "requests" in refused(batch([]), "invalid_request")
    runs = [{**RUN, "run_id": f"r{number}"} for number in range(501)]
    refused(record_runs.handler(events.post("/runs", {"runs": runs}), None), "payload_too_large")
    assert "runs" in refused(record_runs.handler(events.post("/runs", {"runs": []}), None), "invalid_request")


def test_rows_that_are_no_objects_refuse_the_batch(fakes: System) -> None:
    answer = predict.handler(events.post("/predictions/batch", {"requests": [1]}), None)
    assert "must hold objects" in refused(answer, "invalid_request")


def test_a_batch_holds_bad_rows_without_failing(fakes: System) -> None:
    bad = '{"requests": [{"workflow_name": "a", "input_bytes": NaN}, {"input_bytes": ' + "9" * 5000 + "}, {}]}"
    answer = predict.handler(events.post("/predictions/batch", bad), None)
    if answer["statusCode"] == 200:
        assert [row["error"] for row in body_of(answer)["predictions"]] == ["invalid_request"] * 3
    else:
        refused(answer, "invalid_request")


def test_other_methods_and_addresses(fakes: System) -> None:
    wrong = ask(GOOD, httpMethod="DELETE")
    assert "POST" in refused(wrong, "method_not_allowed")
    refused(predict.handler(events.post("/nothing", GOOD), None), "not_found")


def test_the_store_failing_is_unavailable(fakes: System) -> None:
    fakes.endpoints.failures[WORKFLOW] = DependencyUnavailable("endpoints table: ReadTimeoutError")
    answer = ask(GOOD)
    message = refused(answer, "unavailable")
    assert "table" not in message
    assert answer["headers"]["Retry-After"] == "2"


def test_what_nobody_foresaw_is_an_internal_error_without_details(fakes: System, log: io.StringIO) -> None:
    fakes.endpoints.failures[WORKFLOW] = RuntimeError("arn:aws:secret hunter2")
    message = refused(ask(GOOD), "internal_error")
    assert "hunter2" not in message
    assert "hunter2" not in log.getvalue()
    (line,) = lines(log)
    assert line["exception_type"] == "RuntimeError"
    assert line["request_id"] == "0f0f0f0f-1111-2222-3333-444444444444"
    assert any("logic.py" in place for place in line["place"])


def test_a_missing_setting_is_one_clear_line(fakes: System, monkeypatch: pytest.MonkeyPatch, log: io.StringIO) -> None:
    monkeypatch.delenv("WEB_ORIGIN")
    answer = ask(GOOD)
    assert body_of(answer)["error"] == "internal_error"
    assert "WEB_ORIGIN is missing" in log.getvalue()


def test_neither_keys_nor_bodies_are_logged(fakes: System, log: io.StringIO) -> None:
    event = events.post("/predictions", {**GOOD, "parameters": {"note": "private-note"}})
    event["headers"]["x-api-key"] = "private-key"
    predict.handler(event, None)
    predict.handler({**event, "body": '{"private-body": 1}'}, None)
    assert len(lines(log)) == 2
    assert "private" not in log.getvalue()


def test_run_that_is_recorded_repeated_and_contradicted(fakes: System) -> None:
    def record(run: dict[str, Any]) -> dict[str, Any]:
        return record_runs.handler(events.post("/runs", run), None)

    new = {**RUN, "run_id": "run-2"}
    first = record(new)
    assert (first["statusCode"], body_of(first)) == (201, {"accepted": 1, "unchanged": 0, "rejected": []})
    again = record(new)
    assert (again["statusCode"], body_of(again)) == (200, {"accepted": 0, "unchanged": 1, "rejected": []})
    message = refused(record({**new, "cost_usd": 99}), "run_conflict")
    assert "run-2" in message
    assert fakes.runs.runs[WORKFLOW, "run-2"].cost_usd == 12.3


def test_a_clock_that_is_a_little_ahead_does_no_harm(fakes: System) -> None:
    run = {**RUN, "run_id": "just now", "completed_at": "2026-06-01T12:04:59Z"}
    assert record_runs.handler(events.post("/runs", run), None)["statusCode"] == 201


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"cost_usd": -1}, "The cost must be at least 0"),
        ({"cost_usd": 1e30}, "The cost must be at most 1,000,000,000"),
        ({"cost_usd": float("nan")}, "The cost must be a finite number"),
        ({"cost_usd": 0}, "cost_usd must be more than 0 for a SUCCEEDED run"),
        ({"cost_usd": 1e-200}, "The cost is too close to 0: write 0, or at least 0.000000001"),
        ({"completed_at": "2020-01-01T00:00:00Z"}, "completed_at must not be before started_at"),
        ({"completed_at": "2026-01-01T00:00:00"}, "The end must be a time in ISO 8601 with its zone"),
        ({"started_at": 1767225600}, "The start"),
        ({"status": "RUNNING"}, "The status must be 'SUCCEEDED', 'FAILED' or 'CANCELLED'"),
        ({"input_bytes": None}, "The input size"),
        ({"tags": {"team": 7}}, '"team" in tags must be text'),
        ({"run_id": ""}, "The run id must not be empty"),
        ({"completed_at": "2026-06-01T12:05:01Z"}, "The end lies in the future"),
        ({"cost_source": "estimated", "estimated_cost_usd": 1}, "estimated_cost_usd belongs to a billed run"),
        ({"estimated_cost_usd": 1e-200}, "The estimated cost is too close to 0"),
    ],
)
def test_a_bad_run_is_refused_with_the_reason(fakes: System, changes: dict[str, Any], words: str) -> None:
    answer = record_runs.handler(events.post("/runs", {**RUN, **changes}), None)
    assert words in refused(answer, "invalid_request")
    in_batch = record_runs.handler(events.post("/runs", {"runs": [{**RUN, **changes}]}), None)
    assert in_batch["statusCode"] == 201
    (rejected,) = body_of(in_batch)["rejected"]
    assert words in rejected["message"]
    assert fakes.runs.calls == []


def test_workflow_detail_and_list(fakes: System) -> None:
    answer = workflows.handler(events.load("workflows"), None)
    assert [workflow["workflow_name"] for workflow in body_of(answer)["workflows"]] == [WORKFLOW]
    detail = workflows.handler(events.load("workflow_detail"), None)
    assert detail["statusCode"] == 200
    assert len(body_of(detail)["curve"]) == 40
    unknown = workflows.handler(events.get("/workflows/{workflow_name}", workflow_name="rnaseq"), None)
    assert WORKFLOW in refused(unknown, "workflow_not_found")
    control = workflows.handler(events.get("/workflows/{workflow_name}", workflow_name="a%0Ab\n"), None)
    assert "The workflow name must have" in refused(control, "invalid_request")


def test_a_retraining_is_accepted_and_then_found(fakes: System) -> None:
    started = retrainings.handler(events.load("start_retraining"), None)
    assert started["statusCode"] == 202
    body = body_of(started)
    again = retrainings.handler(events.load("start_retraining"), None)
    assert body_of(again) == body
    resource = "/workflows/{workflow_name}/retrainings/{retraining_id}"
    found = retrainings.handler(events.get(resource, workflow_name=WORKFLOW, retraining_id=body["retraining_id"]), None)
    assert (found["statusCode"], body_of(found)) == (200, body)
    missing = events.get(resource, workflow_name=WORKFLOW, retraining_id="nothing")
    assert "nothing" in refused(retrainings.handler(missing, None), "retraining_not_found")


def test_runs_are_listed_as_the_query_says(fakes: System) -> None:
    answer = workflows.handler(events.load("list_runs"), None)
    assert answer["statusCode"] == 200
    ((query, _),) = fakes.runs.queries
    assert (query.status, query.tag, query.limit) == ("SUCCEEDED", ["team:genomics"], 20)
    wrong = events.load("list_runs") | {"multiValueQueryStringParameters": {"limit": ["0"]}}
    assert "The limit" in refused(workflows.handler(wrong, None), "invalid_request")


def test_a_budget_is_set_listed_and_deleted(fakes: System) -> None:
    assert body_of(budgets.handler(events.load("set_budget"), None))["limit_usd"] == 250
    listed = body_of(budgets.handler(events.load("list_budgets"), None))
    assert (listed["month"], [line["team"] for line in listed["budgets"]]) == ("2026-11", ["genomics"])
    assert body_of(budgets.handler(events.load("delete_budget"), None))["team"] == "genomics"
    assert "genomics" in refused(budgets.handler(events.load("delete_budget"), None), "budget_not_found")


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ('{"limit_usd": -1}', "The monthly limit must be at least 0"),
        ('{"limit_usd": 1e10}', "The monthly limit must be at most"),
        ('{"limit_usd": NaN}', "The monthly limit must be a finite number"),
        ('{"limit_usd": "5"}', "The monthly limit must be a finite number"),
        ("{}", "The monthly limit is required"),
        ('{"limit_usd": 1, "team": "x"}', '"team" is not a known member'),
        ("", "send a JSON object with limit_usd"),
    ],
)
def test_a_limit_that_is_none_is_refused(fakes: System, body: str, words: str) -> None:
    assert words in refused(budgets.handler(events.load("set_budget") | {"body": body}, None), "invalid_request")
    assert fakes.limits.budgets == {}


def test_a_month_that_is_none_is_refused(fakes: System) -> None:
    for month in ("2026-13", "November", "2026-11-01", ""):
        event = events.load("list_budgets") | {"multiValueQueryStringParameters": {"month": [month]}}
        assert "The month must be a month from 01 to 12 of a year, like 2026-11" in refused(
            budgets.handler(event, None), "invalid_request"
        )


NAMES = [
    "lab/wgs",
    "lab%2Fwgs",
    "lab%252Fwgs",
    "50% off",
    "a+b c",
    "Ärzte/ゲノム",
    "../x",
    "a..b",
    "%2E%2E",
    "%zz",
    "?#&=",
]


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("is_decoded", [False, True], ids=["as API Gateway", "as SAM CLI"])
def test_every_name_addresses_itself(
    fakes: System, monkeypatch: pytest.MonkeyPatch, name: str, is_decoded: bool
) -> None:
    for other in NAMES:
        fakes.workflows.records[other] = shapes.workflow(other)
    monkeypatch.setattr("functions.shared.http._DECODED", is_decoded)
    part = name if is_decoded else quote(name, safe="")
    answer = workflows.handler(events.get("/workflows/{workflow_name}", workflow_name=part), None)
    assert body_of(answer)["workflow_name"] == name
    event = events.post("/budgets/{team}", {"limit_usd": 5}) | {"httpMethod": "PUT", "pathParameters": {"team": part}}
    assert body_of(budgets.handler(event, None))["team"] == name


def test_an_address_that_is_no_text_is_refused(fakes: System) -> None:
    answer = workflows.handler(events.get("/workflows/{workflow_name}", workflow_name="%ff"), None)
    assert "must be percent-encoded UTF-8" in refused(answer, "invalid_request")


def test_a_run_of_a_workflow_without_an_address_is_refused(fakes: System) -> None:
    answer = record_runs.handler(events.post("/runs", {**RUN, "workflow_name": ".."}), None)
    assert "must not be . or .." in refused(answer, "invalid_request")


def _of_run(name: str, **changes: object) -> dict[str, Any]:
    names = {"workflow_name": quote(WORKFLOW, safe=""), "run_id": "run-1"}
    return {**events.load(name), "pathParameters": names, **changes}


def test_a_run_is_corrected_and_its_story_told(fakes: System) -> None:
    body = {"reason": "the invoice says so", "values": {"cost_usd": 11}}
    answer = record_runs.handler(_of_run("correct_run", body=json.dumps(body)), None)
    assert (answer["statusCode"], body_of(answer)["run"]["cost_usd"]) == (200, 11)
    told = body_of(workflows.handler(_of_run("get_run"), None))
    assert told == body_of(answer)
    (change,) = told["changes"]
    assert (change["by"], change["by_name"], change["before"]["cost_usd"]) == ("k1k2k3", None, 12.3)


def test_who_signed_in_is_kept_with_a_change(fakes: System) -> None:
    event = _of_run("correct_run", body=json.dumps({"reason": "a test", "withdrawn": True}))
    claims = {"sub": "0f3c", "email": "ada@example.org"}
    event["requestContext"] = {**event["requestContext"], "authorizer": {"claims": claims}}
    (change,) = body_of(record_runs.handler(event, None))["changes"]
    assert (change["kind"], change["by"], change["by_name"]) == ("withdrawn", "0f3c", "ada@example.org")


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ({"withdrawn": True}, "The reason is required (reason)."),
        ({"reason": "why", "values": {"cost_usd": -1}}, "The cost must be at least 0 (cost_usd)."),
        ({"reason": "why", "values": {"colour": 1}}, '"colour" is not a known member'),
        ({"reason": "why", "bill": {"cost_usd": 1, "decision": "maybe"}}, "decision"),
        ({"reason": "why"}, "one of values, withdrawn and bill"),
    ],
)
def test_a_correction_that_cannot_be_is_explained(fakes: System, body: dict[str, object], words: str) -> None:
    message = refused(record_runs.handler(_of_run("correct_run", body=json.dumps(body)), None), "invalid_request")
    assert words in message


def test_a_run_that_is_not_there_has_no_story(fakes: System) -> None:
    names = {"workflow_name": WORKFLOW, "run_id": "nowhere"}
    refused(workflows.handler({**events.load("get_run"), "pathParameters": names}, None), "run_not_found")
    refused(
        workflows.handler({**events.load("get_run"), "pathParameters": {**names, "run_id": " "}}, None),
        "invalid_request",
    )


def test_a_workflow_is_retired_and_can_be_listed_all_the_same(fakes: System) -> None:
    event = events.load("retire_workflow")
    event["pathParameters"] = {"workflow_name": WORKFLOW}
    told = body_of(retire_workflow.handler(event, None))
    assert (told["workflow_name"], told["runs"]) == (WORKFLOW, 60)
    assert "was retired on" in refused(ask(GOOD), "workflow_not_found")
    listing = {**events.get("/workflows"), "pathParameters": None}
    assert body_of(workflows.handler(listing, None))["workflows"] == []
    listing["multiValueQueryStringParameters"] = {"retired": ["true"]}
    (listed,) = body_of(workflows.handler(listing, None))["workflows"]
    assert (listed["retired_at"], listed["model_version"]) == (told["retired_at"], None)
    listing["multiValueQueryStringParameters"] = {"retired": ["1"]}
    assert "true or false" in refused(workflows.handler(listing, None), "invalid_request")
    event["pathParameters"] = {"workflow_name": "nobody"}
    refused(retire_workflow.handler(event, None), "workflow_not_found")


def test_what_is_told_of_runs_may_be_sent_back(fakes: System) -> None:
    fakes.runs.record(WORKFLOW, [shapes.run(run_id="e", cost_source="estimated")])
    for factor, held in ((1000, 1), (2000, 1), (1.5, 0)):
        listing = events.get("/workflows/{workflow_name}/runs", workflow_name=WORKFLOW)
        told = [each for each in body_of(workflows.handler(listing, None))["runs"] if each["run_id"] == "e"]
        sent = [{**each, "cost_source": "billed", "cost_usd": each["cost_usd"] * factor} for each in told]
        answer = body_of(record_runs.handler(events.post("/runs", {"runs": sent}), None))
        assert (answer["rejected"], len(answer.get("held", []))) == ([], held)
        one = body_of(record_runs.handler(events.post("/runs", sent[0]), None))
        assert (one["rejected"], one["accepted"]) == ([], 0)
    assert fakes.runs.runs[WORKFLOW, "e"].cost_source == "billed"
