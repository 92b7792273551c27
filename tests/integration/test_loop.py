"""The loop, for real: history in, training, endpoint in service, prediction; more history, promotion or none."""

import hashlib
import json
import os
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import islice
from typing import Any

import pytest

from cloud.settings import REPOSITORY
from contract.names import is_holdout
from contract.predictions import Prediction
from contract.states import RetrainNotification
from runquote.client import Client
from runquote.readers.csv import read_runs
from tests.system import System
from tests.unit.model.histories import make_rows


class Updates:
    """What the model-updates topic said, read through a queue as any subscriber would."""

    def __init__(self, system: System) -> None:
        self._queue = system.client("sqs")
        self._url = self._queue.create_queue(QueueName="test-model-updates")["QueueUrl"]
        arn = self._queue.get_queue_attributes(QueueUrl=self._url, AttributeNames=["QueueArn"])["Attributes"][
            "QueueArn"
        ]
        system.client("sns").subscribe(
            TopicArn=system.outputs["model_updates_topic_arn"],
            Protocol="sqs",
            Endpoint=arn,
            Attributes={"RawMessageDelivery": "true"},
        )

    def of(self, workflow_name: str) -> list[RetrainNotification]:
        """All messages since the last call, which must be about this workflow."""
        found = []
        while messages := self._queue.receive_message(QueueUrl=self._url, MaxNumberOfMessages=10).get("Messages"):
            for message in messages:
                found.append(RetrainNotification.model_validate_json(message["Body"]))
                self._queue.delete_message(QueueUrl=self._url, ReceiptHandle=message["ReceiptHandle"])
        assert {each.workflow_name for each in found} <= {workflow_name}
        return found


@pytest.fixture(scope="module")
def updates(system: System) -> Updates:
    return Updates(system)


def _history(
    name: str, *, label: str = "a", count: int = 55, factor: float = 1, days: int = 0
) -> Iterator[dict[str, Any]]:
    """Measured runs under another workflow name, `days` after they were measured, at `factor` times the cost."""
    for run in islice(read_runs(REPOSITORY / "examples" / "germline-variants" / "runs.csv"), count):
        times = {
            member: (datetime.fromisoformat(run[member]) + timedelta(days=days)).isoformat()
            for member in ("started_at", "completed_at")
        }
        yield {
            **run,
            **times,
            "workflow_name": name,
            "run_id": f"{label}-{run['run_id']}",
            "cost_usd": run["cost_usd"] * factor,
        }


def _record(system: System, runs: Iterator[dict[str, Any]]) -> dict[str, Any]:
    response = system.request("POST", "runs", {"runs": list(runs)})
    assert response.status_code == 201, response.text
    answer: dict[str, Any] = response.json()
    assert answer["rejected"] == []
    return answer


def _predict(system: System, name: str) -> Prediction:
    response = system.request("POST", "predictions", {"workflow_name": name, "input_bytes": 5_000_000})
    assert response.status_code == 200, response.text
    return Prediction.model_validate_json(response.text)


def _checksum(system: System) -> tuple[int, str]:
    """Count and checksum of all runs: invariant whatever happens, except by accepted records."""
    pages = system.client("dynamodb").get_paginator("scan").paginate(TableName=system.outputs["workflow_runs_table"])
    items = sorted(json.dumps(item, sort_keys=True) for page in pages for item in page["Items"])
    return len(items), hashlib.sha256("\n".join(items).encode()).hexdigest()


def test_history_in_model_out_and_again(system: System, updates: Updates) -> None:
    name = "loop"
    assert _record(system, _history(name, days=-120))["accepted"] == 55
    first = system.retrain(name)
    assert first["status"] == "SUCCEEDED", first
    (told,) = updates.of(name)
    assert (told.outcome, told.model_version) == ("promoted", 1)
    before = _predict(system, name)
    assert before.model.version == 1

    nothing_new = system.retrain(name)
    assert nothing_new["status"] == "SUCCEEDED", nothing_new
    (told,) = updates.of(name)
    assert told.outcome == "no_update"
    assert _predict(system, name).model.version == 1

    for number, label in enumerate("bcd", start=1):
        _record(system, _history(name, label=label, factor=1.1, days=30 * number - 120))
    assert system.retrain(name)["status"] == "SUCCEEDED"
    (told,) = updates.of(name)
    assert told.outcome == "promoted", told
    after = _predict(system, name)
    assert after.model.version == told.model_version == 3
    assert after.model.runs > 3 * before.model.runs

    sagemaker = system.client("sagemaker")
    endpoint = [each["EndpointName"] for each in sagemaker.list_endpoints(NameContains="loop")["Endpoints"]]
    configs = sagemaker.list_endpoint_configs(NameContains="loop")["EndpointConfigs"]
    models = sagemaker.list_models(NameContains="loop")["Models"]
    assert (len(endpoint), len(configs), len(models)) == (1, 1, 1), "an older model was not retired"


def _litter(system: System, name: str) -> list[str]:
    """What there is in SageMaker by a workflow's name, but for what its history is."""
    sagemaker = system.client("sagemaker")
    found = [each["EndpointName"] for each in sagemaker.list_endpoints(NameContains=name)["Endpoints"]]
    for each in sagemaker.list_endpoint_configs(NameContains=name)["EndpointConfigs"]:
        found.append(each["EndpointConfigName"])
    return found + [each["ModelName"] for each in sagemaker.list_models(NameContains=name)["Models"]]


def test_a_workflow_retires_without_litter_and_comes_back(system: System, updates: Updates) -> None:
    name = "retiring"
    _record(system, _history(name, days=-120))
    running = system.start_retraining(name)
    assert system.wait(running)["status"] == "SUCCEEDED"
    assert len(_litter(system, name)) == 3
    before, api = _checksum(system), system.api()
    assert api.retire(name) == api.retire(name)
    assert (_litter(system, name), _checksum(system)) == ([], before)
    refused = system.request("POST", "predictions", {"workflow_name": name, "input_bytes": 5_000_000})
    assert (refused.status_code, refused.json()["error"]) == (404, "workflow_not_found")
    assert "was retired on" in refused.json()["message"]
    assert name not in {each.workflow_name for each in api.workflows()}
    assert name in {each.workflow_name for each in api.workflows(retired=True)}
    assert [version.version for version in api.workflow(name).model_versions] == [1]
    assert system.retrain(name)["status"] == "FAILED", "only who asks by the API brings it back"
    _record(system, _history(name, label="new", count=1))
    assert system.retrain(name)["status"] == "SUCCEEDED"
    assert _predict(system, name).model.version == 2
    assert [told.outcome for told in updates.of(name)] == ["promoted", "failed", "promoted"]
    api.retire(name)
    assert _litter(system, name) == []


def _runs(name: str, costs: Iterator[tuple[int, float]], first: int = 0) -> Iterator[dict[str, Any]]:
    """A run a day, of these sizes and costs."""
    for number, (size, cost) in enumerate(costs, start=first):
        started = datetime(2026, 1, 1, 10, tzinfo=UTC) + timedelta(days=number)
        yield {
            "workflow_name": name,
            "run_id": f"e{number}",
            "status": "SUCCEEDED",
            "started_at": started.isoformat(),
            "completed_at": (started + timedelta(hours=1)).isoformat(),
            "input_bytes": size,
            "cost_usd": cost,
            "cost_source": "billed",
        }


def test_where_no_model_beats_a_guess_the_guess_answers_until_one_does(system: System, updates: Updates) -> None:
    name = "guessed"
    costs = (0.31, 1.9, 0.42, 0.97, 0.36, 1.4, 0.55)
    _record(system, _runs(name, ((10**10, cost) for cost in costs)))
    assert system.retrain(name)["status"] == "SUCCEEDED"
    (told,) = updates.of(name)
    assert told.outcome == "promoted"
    assert "no model is better than a guess, so the median cost of 7 runs" in told.message
    response = system.request("POST", "predictions", {"workflow_name": name, "input_bytes": 10**10})
    answer = Prediction.model_validate_json(response.text)
    assert answer.cost_usd == pytest.approx(0.55)
    assert [each.code for each in answer.warnings] == ["no_better_than_guess", "few_runs"]

    assert system.retrain(name)["status"] == "SUCCEEDED"
    (told,) = updates.of(name)
    assert told.outcome == "no_update"

    grown = ((size * 10**9, 0.1 * size) for size in range(1, 41))
    _record(system, _runs(name, grown, first=len(costs)))
    assert system.retrain(name)["status"] == "SUCCEEDED"
    (told,) = updates.of(name)
    assert (told.outcome, "version 1 is a guess" in told.message) == ("promoted", True), told
    response = system.request("POST", "predictions", {"workflow_name": name, "input_bytes": 3 * 10**10})
    answer = Prediction.model_validate_json(response.text)
    assert answer.cost_usd == pytest.approx(3, rel=0.2)
    assert "no_better_than_guess" not in [each.code for each in answer.warnings]


def test_an_earlier_model_is_taken_back_into_service(system: System, updates: Updates) -> None:
    name = "restored"
    _record(system, _history(name, days=-60))
    assert system.retrain(name)["status"] == "SUCCEEDED"
    before = _predict(system, name)
    _record(system, _history(name, label="b", factor=5, days=-30))
    assert system.retrain(name)["status"] == "SUCCEEDED"
    first, waiting = updates.of(name)
    assert (first.outcome, waiting.outcome) == ("promoted", "no_update")
    assert "Waits for a person" in waiting.message, "costs that rise five times for all runs must be looked at"
    assert _predict(system, name).cost_usd == before.cost_usd

    assert system.retrain(name, restore_version=2)["status"] == "SUCCEEDED"
    assert _predict(system, name).cost_usd > 2 * before.cost_usd
    assert [told.outcome for told in updates.of(name)] == ["promoted"]

    refused = system.retrain(name, restore_version=9)
    assert (refused["status"], refused["error"]) == ("FAILED", "InvalidInput")
    assert [told.outcome for told in updates.of(name)] == ["failed"]

    assert system.retrain(name, restore_version=1)["status"] == "SUCCEEDED"
    (told,) = updates.of(name)
    assert (told.outcome, told.model_version) == ("promoted", 4)
    assert told.message.startswith("Promoted: version 1 again, as a person asked; it was trained on 55 runs until ")
    after = _predict(system, name)
    assert (after.cost_usd, after.model.version) == (before.cost_usd, 4)
    assert after.model.trained_at == before.model.trained_at
    jobs = system.client("sagemaker").list_training_jobs(NameContains=name)["TrainingJobSummaries"]
    assert len(jobs) == 2


def test_an_endpoint_deleted_behind_our_back_is_said_and_comes_back_with_its_version(
    system: System, updates: Updates
) -> None:
    name = "deleted"
    _record(system, _history(name, count=20))
    assert system.retrain(name)["status"] == "SUCCEEDED"
    sagemaker = system.client("sagemaker")
    (endpoint,) = sagemaker.list_endpoints(NameContains=name)["Endpoints"]
    sagemaker.delete_endpoint(EndpointName=endpoint["EndpointName"])
    sagemaker.get_waiter("endpoint_deleted").wait(
        EndpointName=endpoint["EndpointName"], WaiterConfig={"Delay": 1, "MaxAttempts": 60}
    )
    response = system.request("POST", "predictions", {"workflow_name": name, "input_bytes": 5_000_000})
    assert (response.status_code, response.json()["error"]) == (503, "endpoint_misconfigured")
    assert endpoint["EndpointName"] not in response.text

    assert system.retrain(name, restore_version=1)["status"] == "SUCCEEDED"
    assert [told.outcome for told in updates.of(name)] == ["promoted", "promoted"]
    assert _predict(system, name).model.version == 2


def _made_up(name: str, label: str, count: int, started: datetime) -> list[dict[str, Any]]:
    """Runs of one law of cost, with noise, an hour apart."""
    runs = []
    for number, run in enumerate(make_rows(count, seed=count, noise=0.2)):
        time = (started + timedelta(hours=number)).isoformat()
        runs.append(
            run | {"workflow_name": name, "run_id": f"{label}-{number}", "started_at": time, "completed_at": time}
        )
    return runs


def test_newer_runs_promote_an_equal_model_and_no_gain_excuses_large_runs_gone_wrong(
    system: System, updates: Updates
) -> None:
    name = "steady"

    def retrained(runs: list[dict[str, Any]]) -> str:
        """Why the latest retraining ended as it did: the same sentence in message, workflow and registry."""
        _record(system, iter(runs))
        assert system.retrain(name)["status"] == "SUCCEEDED"
        with Client(system.outputs["api_url"], system.outputs["api_key"]) as client:
            detail = client.workflow(name)
        (told,) = updates.of(name)
        assert detail.last_retraining is not None
        assert detail.last_retraining.reason == detail.model_versions[0].reason
        assert str(detail.model_versions[0].reason) in told.message
        return str(detail.model_versions[0].reason)

    assert retrained(_made_up(name, "first", 80, datetime(2026, 1, 1, tzinfo=UTC))).startswith(
        "Promoted: first model; "
    )
    equal = retrained(_made_up(name, "newer", 12, datetime(2026, 3, 5, tzinfo=UTC)))
    assert equal.startswith(
        "Promoted: as good as version 1 and trained on newer runs (until 5 March 2026, 60 days later); "
    )

    # Small runs cost six times as much, which the challenger learns. Of large runs, it learns from dear ones alone.
    worse = [
        run
        | {
            "cost_usd": run["cost_usd"]
            * (6 if run["input_bytes"] < 3e9 else 1 if is_holdout(name, run["run_id"]) else 3)
        }
        for run in _made_up(name, "worse", 150, datetime(2026, 3, 10, tzinfo=UTC))
    ]
    refused = retrained(worse)
    assert refused.startswith("Not promoted: ")
    assert ", but for runs of " in refused
    assert " much worse (median error " in refused
    assert _predict(system, name).model.version == 2


def test_two_runs_are_too_few(system: System, updates: Updates) -> None:
    _record(system, _history("few", count=2))
    execution = system.retrain("few")
    assert execution["status"] == "SUCCEEDED"
    (told,) = updates.of("few")
    assert told.outcome == "insufficient_data"
    response = system.request("POST", "predictions", {"workflow_name": "few", "input_bytes": 1})
    assert (response.status_code, response.json()["error"]) == (404, "model_not_ready")


def test_started_twice_it_trains_once(system: System, updates: Updates) -> None:
    _record(system, _history("twice", count=20))
    executions = [system.wait(arn) for arn in [system.start_retraining("twice") for _ in range(2)]]
    errors = [execution.get("error") for execution in executions]
    assert sorted(errors, key=str) == ["AlreadyRunning", None]
    assert sorted(told.outcome for told in updates.of("twice")) == ["no_update", "promoted"]
    jobs = system.client("sagemaker").list_training_jobs(NameContains="twice")["TrainingJobSummaries"]
    assert len(jobs) == 1


def test_the_same_run_again_is_unchanged_and_another_is_a_conflict(system: System) -> None:
    (run,) = _history("same", count=1)
    assert system.request("POST", "runs", run).json() == {"accepted": 1, "unchanged": 0, "rejected": []}
    assert system.request("POST", "runs", run).json() == {"accepted": 0, "unchanged": 1, "rejected": []}
    before = _checksum(system)
    response = system.request("POST", "runs", {**run, "cost_usd": run["cost_usd"] * 2})
    assert (response.status_code, response.json()["error"]) == (409, "run_conflict")
    assert _checksum(system) == before


@pytest.mark.parametrize(
    "change",
    [{"cost_usd": -1}, {"cost_usd": 1e30}, {"completed_at": "2001-01-01T00:00:00Z"}, {"input_bytes": None}],
)
def test_an_impossible_run_is_never_recorded(system: System, change: dict[str, Any]) -> None:
    (run,) = _history("impossible", count=1)
    before = _checksum(system)
    response = system.request("POST", "runs", {**run, **change})
    assert (response.status_code, response.json()["error"]) == (400, "invalid_request")
    assert next(iter(change)) in response.json()["message"]
    assert _checksum(system) == before


@pytest.mark.parametrize("name", ["nf-core/rnaseq", "RNA seq (v2), ä+b", "<script>alert(1)</script>"])
def test_any_printable_name_can_be_recorded_and_looked_up(system: System, name: str) -> None:
    _record(system, _history(name, count=1))
    with Client(system.outputs["api_url"], system.outputs["api_key"]) as client:
        detail = client.workflow(name)
    assert (detail.workflow_name, detail.runs) == (name, 1)


def test_a_good_row_is_recorded_beside_a_bad_one(system: System) -> None:
    good, bad = _history("mixed", count=2)
    response = system.request("POST", "runs", {"runs": [{**bad, "cost_usd": -1}, good]})
    assert response.status_code == 201
    answer = response.json()
    assert (answer["accepted"], [each["index"] for each in answer["rejected"]]) == (1, [0])


keeps_its_state = pytest.mark.skipif(
    os.environ.get("RUNQUOTE_BACKEND") == "localstack", reason="LocalStack's community edition keeps nothing"
)


@keeps_its_state
@pytest.mark.parametrize("end", ["stop", "kill"])
def test_a_restart_loses_nothing(system: System, end: str) -> None:
    name = f"restart-{end}"
    _record(system, _history(name, count=20))
    assert system.retrain(name)["status"] == "SUCCEEDED"
    before, prediction = _checksum(system), _predict(system, name)
    getattr(system.cloud, end)()
    system.cloud.start()
    assert _checksum(system) == before
    after = _predict(system, name)
    assert (after.cost_usd, after.model) == (prediction.cost_usd, prediction.model)
    _record(system, _history(name, label="b", count=20))
    assert system.retrain(name)["status"] == "SUCCEEDED"


@keeps_its_state
def test_killed_in_the_middle_of_a_retraining_the_next_one_goes_through(system: System) -> None:
    name = "killed"
    _record(system, _history(name, count=20))
    system.start_retraining(name)
    system.cloud.kill()
    system.cloud.start()
    execution = system.retrain(name)
    assert execution["status"] == "SUCCEEDED", execution
    assert _predict(system, name).model.runs == 20
