"""The steps of `retrain` and `retrain_all` on fakes."""

import gzip
import hashlib
import io
import json
import tarfile
from datetime import timedelta
from typing import Any

import botocore.session
import pytest
from botocore.validate import validate_parameters

from contract import names, states
from contract.container import (
    NEWEST_ARTIFACT_FORMAT,
    Difference,
    Evaluation,
    LearnedFrom,
    ModelKind,
    Shift,
    SizeSlice,
    TrustedRuns,
)
from contract.runs import Run
from contract.states import (
    Champion,
    CompareModelsResponse,
    Manifest,
    PrepareDatasetRequest,
    PromoteRequest,
    SelectWorkflowsRequest,
    VerifyArtifactRequest,
)
from contract.workflows import LastRetraining, WorkflowRecord
from functions.compare_models.logic import compare, restored
from functions.compare_models.rules import Rules
from functions.prepare_dataset import dataset as datasets
from functions.prepare_dataset.logic import DatasetPreparer
from functions.prepare_dataset.serving import serving
from functions.prepare_dataset.settings import Settings as PrepareSettings
from functions.promote.logic import Promoter
from functions.select_workflows.logic import WorkflowSelector
from functions.shared import errors
from functions.shared.errors import (
    AlreadyRunning,
    BadArtifact,
    DependencyUnavailable,
    InsufficientData,
    InvalidInput,
    MalformedRecord,
    StalePromotion,
)
from functions.shared.ports import History
from functions.shared.steps import run_step
from functions.verify_artifact import archives
from functions.verify_artifact.logic import ArtifactVerifier
from tests.fakes import shapes, trees
from tests.fakes.ports import (
    FakeArtifacts,
    FakeClock,
    FakeEndpoints,
    FakeExecutions,
    FakeRegistry,
    FakeRuns,
    FakeWorkflows,
)
from tests.fakes.shapes import GB, NOW, WORKFLOW

ARN = "arn:aws:states:us-east-1:123456789012:execution:runquote-retrain:one"
OTHER = ARN.replace(":one", ":two")


def settings(**changes: str) -> PrepareSettings:
    values = {
        "POWERTOOLS_SERVICE_NAME": "prepare_dataset",
        "POWERTOOLS_METRICS_NAMESPACE": "Runquote",
        "WORKFLOW_RUNS_TABLE": "r",
        "WORKFLOWS_TABLE": "w",
        "MODEL_ENDPOINTS_TABLE": "e",
        "ARTIFACTS_BUCKET": "bucket",
        "NAME_PREFIX": "runquote",
        "ENDPOINT_MODE": "serverless",
        "SERVERLESS_MEMORY_MB": "2048",
        "SERVERLESS_MAX_CONCURRENCY": "5",
        "INSTANCE_TYPE": "ml.m5.large",
        "LEASE_SECONDS": "3600",
    }
    return PrepareSettings.from_environment({**values, **changes})


class Bench:
    """A preparer on fakes that a test may change."""

    def __init__(self, runs: int = 40, **record: Any) -> None:  # noqa: ANN401 - members of a WorkflowRecord
        self.runs = FakeRuns([shapes.run(run_id=f"run-{number:03d}") for number in range(runs)])
        self.workflows = FakeWorkflows(shapes.workflow(**record))
        self.executions = FakeExecutions()
        self.endpoints = FakeEndpoints()
        self.registry = FakeRegistry()
        self.artifacts = FakeArtifacts()
        self.clock = FakeClock()

    def prepare(
        self,
        workflow_name: Any = WORKFLOW,  # noqa: ANN401 - wrong ones too
        arn: str = ARN,
        **more: object,
    ) -> states.PrepareDatasetResponse:
        preparer = DatasetPreparer(
            runs=self.runs,
            workflows=self.workflows,
            leases=self.workflows,
            executions=self.executions,
            endpoints=self.endpoints,
            registry=self.registry,
            artifacts=self.artifacts,
            clock=self.clock,
            name_prefix="runquote",
            lease_seconds=3600,
            serving_of=lambda name: serving(settings(), name),
        )
        taken = {"workflow_name": workflow_name, "note": "started by hand", **more}
        name = arn.rsplit(":", 1)[1]
        return preparer.prepare(PrepareDatasetRequest(input=taken, execution_arn=arn, execution_name=name))


def check_parameter(operation: str, name: str, value: Any) -> None:  # noqa: ANN401 - any JSON
    """Check a parameter against SageMaker's own model, which raises what is wrong with it."""
    model: Any = botocore.session.get_session().get_service_model("sagemaker").operation_model(operation)
    validate_parameters(value, model.input_shape.members[name])


def rows_of(artifacts: FakeArtifacts, part: states.DatasetPart) -> list[Run]:
    content = gzip.decompress(artifacts.objects[artifacts.uri(part.key)])
    return [Run.model_validate_json(line) for line in content.splitlines()]


def test_the_state_errors_are_classes_of_those_names() -> None:
    assert {name for name in states.STATE_ERRORS if issubclass(getattr(errors, name), Exception)} == set(
        states.STATE_ERRORS
    )


def test_the_dataset_is_every_run_once_split_for_ever() -> None:
    bench = Bench(40)
    response = bench.prepare()
    manifest = Manifest.model_validate_json(bench.artifacts.objects[response.manifest_uri])
    assert (manifest.runs, response.runs) == (40, 40)
    train, holdout = manifest.parts
    assert "/train/" in train.key
    assert "/holdout/" in holdout.key
    assert [len(rows_of(bench.artifacts, part)) for part in manifest.parts] == [
        manifest.train_runs,
        manifest.holdout_runs,
    ]
    found = [run for part in manifest.parts for run in rows_of(bench.artifacts, part)]
    assert sorted(run.run_id for run in found) == [f"run-{number:03d}" for number in range(40)]
    assert all(names.is_holdout(WORKFLOW, run.run_id) for run in rows_of(bench.artifacts, holdout))
    content = b"".join(gzip.decompress(bench.artifacts.objects[bench.artifacts.uri(p.key)]) for p in manifest.parts)
    assert manifest.sha256 == hashlib.sha256(content).hexdigest()
    assert train.sha256 == hashlib.sha256(bench.artifacts.objects[bench.artifacts.uri(train.key)]).hexdigest()


def test_a_repeated_call_of_the_same_execution_writes_the_same_bytes() -> None:
    bench = Bench()
    first = bench.prepare()
    before = dict(bench.artifacts.objects)
    assert bench.prepare() == first
    assert bench.artifacts.objects == before
    assert bench.executions.asked == []


def test_large_histories_have_several_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(datasets, "PART_RUNS", 10)
    bench = Bench(40)
    manifest = Manifest.model_validate_json(bench.artifacts.objects[bench.prepare().manifest_uri])
    assert max(part.runs for part in manifest.parts) == 10
    assert [part.key[-21:] for part in manifest.parts[:2]] == [
        "train/part-00000.jsonl.gz"[-21:],
        "train/part-00001.jsonl.gz"[-21:],
    ]
    assert sum(part.runs for part in manifest.parts) == 40


def test_each_channel_has_an_object_even_without_rows() -> None:
    bench = Bench(0)
    trained = [f"run-{number}" for number in range(50) if not names.is_holdout(WORKFLOW, f"run-{number}")][:6]
    bench.runs = FakeRuns([shapes.run(run_id=run_id) for run_id in trained])
    manifest = Manifest.model_validate_json(bench.artifacts.objects[bench.prepare().manifest_uri])
    assert [part.runs for part in manifest.parts] == [6, 0]
    assert rows_of(bench.artifacts, manifest.parts[1]) == []


def test_what_sagemaker_receives_is_what_its_api_takes() -> None:
    bench = Bench()
    bench.endpoints = FakeEndpoints(shapes.endpoint())
    bench.registry = FakeRegistry(artifacts={shapes.PACKAGE.format(3): "s3://bucket/models/x/y/output/model.tar.gz"})
    response = bench.prepare()
    check_parameter("CreateTrainingJob", "InputDataConfig", response.input_data_config)
    check_parameter("CreateTrainingJob", "HyperParameters", response.hyper_parameters)
    assert [channel["ChannelName"] for channel in response.input_data_config] == ["train", "holdout", "champion"]
    for mode in ("serverless", "instance"):
        made = serving(settings(ENDPOINT_MODE=mode), response.name)
        check_parameter("CreateEndpointConfig", "ProductionVariants", made.production_variants)
        assert ("ServerlessConfig" in made.production_variants[0]) == (mode == "serverless")
        assert made.enable_network_isolation == (mode == "instance"), "serverless endpoints exclude it"
    assert response.hyper_parameters == {"workflow_name": WORKFLOW, "champion_version": "3"}
    assert response.champion == Champion(
        model_version=3,
        model_package_arn=shapes.PACKAGE.format(3),
        endpoint_name=shapes.endpoint().endpoint_name,
    )


def test_a_champion_that_nobody_can_read_is_no_champion() -> None:
    bench = Bench()
    bench.endpoints = FakeEndpoints(failures={WORKFLOW: MalformedRecord("x")})
    response = bench.prepare()
    assert response.champion is None
    assert len(response.input_data_config) == 2


def test_a_champion_without_an_artefact_is_not_compared() -> None:
    bench = Bench()
    bench.endpoints = FakeEndpoints(shapes.endpoint())
    response = bench.prepare()
    assert response.champion is not None
    assert len(response.input_data_config) == 2


@pytest.mark.parametrize("version", [2, 3])
def test_a_version_is_found_again(version: int) -> None:
    bench = Bench()
    assert bench.prepare().restored_model_url is None
    bench.endpoints = FakeEndpoints(shapes.endpoint(model_version=3, model_package_arn=shapes.PACKAGE.format(3)))
    url = "s3://bucket/models/m/job/output/model.tar.gz"
    bench.registry = FakeRegistry(artifacts={shapes.PACKAGE.format(version): url})
    response = bench.prepare(restore_version=version)
    assert (response.restored_version, response.restored_model_url) == (version, url)


@pytest.mark.parametrize(
    ("version", "problem"),
    [
        (4, "there is no version 4"),
        (1, "there is no version 1"),
        (0, "restore_version"),
        ("2b", "restore"),
    ],
)
def test_no_other_version_can_be_restored(version: object, problem: str) -> None:
    bench = Bench()
    bench.endpoints = FakeEndpoints(shapes.endpoint(model_version=3, model_package_arn=shapes.PACKAGE.format(3)))
    with pytest.raises(InvalidInput, match=problem):
        bench.prepare(restore_version=version)


def test_nothing_can_be_restored_where_nothing_serves() -> None:
    with pytest.raises(InvalidInput, match="no model is in service"):
        Bench().prepare(restore_version=1)


@pytest.mark.parametrize("runs", [0, 4])
def test_too_few_runs(runs: int) -> None:
    bench = Bench(runs)
    with pytest.raises(InsufficientData, match="needs at least 5"):
        bench.prepare()
    assert not any("manifest" in uri for uri in bench.artifacts.writes)


def test_failed_runs_do_not_count() -> None:
    bench = Bench(4)
    bench.runs.record(WORKFLOW, [shapes.run(run_id="f", status="FAILED")])
    with pytest.raises(InsufficientData, match="4 successful runs"):
        bench.prepare()


def test_an_unknown_workflow_has_too_few_runs() -> None:
    bench = Bench()
    bench.workflows.records.clear()
    with pytest.raises(InsufficientData, match="0 successful runs"):
        bench.prepare()


def test_unreadable_rows_are_left_out_and_counted_as_examined() -> None:
    bench = Bench(10)
    bench.runs.unreadable = ["bad: cost_usd"]
    response = bench.prepare()
    assert response.runs == 11
    assert Manifest.model_validate_json(bench.artifacts.objects[response.manifest_uri]).runs == 10


@pytest.mark.parametrize("given", [None, "", 7, "a\n", "x" * 129])
def test_a_wrong_input_is_named_and_nothing_is_claimed(given: object) -> None:
    bench = Bench()
    with pytest.raises(InvalidInput, match="workflow_name"):
        bench.prepare(given)
    assert bench.workflows.claims == []


def test_a_second_execution_is_already_running() -> None:
    bench = Bench(lease_owner=OTHER, lease_expires_at=NOW + timedelta(hours=1))
    bench.executions = FakeExecutions(OTHER)
    with pytest.raises(AlreadyRunning):
        bench.prepare()
    assert bench.executions.asked == [OTHER]
    assert bench.artifacts.writes == []


@pytest.mark.parametrize(("expires_in", "running"), [(3600, False), (-1, True), (0, True)])
def test_the_lease_of_a_holder_that_ended_or_outstayed_is_taken_over(expires_in: int, running: bool) -> None:
    bench = Bench(lease_owner=OTHER, lease_expires_at=NOW + timedelta(seconds=expires_in))
    bench.executions = FakeExecutions(*([OTHER] if running else []))
    assert bench.prepare().runs == 40
    assert [lease.owner for lease in bench.workflows.steals] == [OTHER]
    assert bench.workflows.records[WORKFLOW].lease_owner == ARN


def test_two_that_take_over_at_once_do_not_both_win() -> None:
    bench = Bench(lease_owner=OTHER, lease_expires_at=NOW)
    bench.workflows.lost_races = 1
    with pytest.raises(AlreadyRunning):
        bench.prepare()


def test_bills_that_come_in_while_the_runs_are_read_are_examined_next_time() -> None:
    bench = Bench(revisions=3)
    reading = bench.runs.succeeded

    def billed_meanwhile(workflow_name: str) -> History:
        bench.workflows.records[WORKFLOW] = shapes.workflow(revisions=4)
        return reading(workflow_name)

    bench.runs.succeeded = billed_meanwhile  # type: ignore[method-assign] # a moment that is hard to meet otherwise
    assert bench.prepare().revisions == 3


def test_a_failing_store_is_not_an_empty_history() -> None:
    bench = Bench()
    bench.runs.failure = DependencyUnavailable("runs table")
    with pytest.raises(DependencyUnavailable):
        bench.prepare()


# verify_artifact ------------------------------------------------------------------------------------------------

JOB = "s3://bucket/models/runquote-rnaseq-quant-9988efc5/job"
MODEL_URL = f"{JOB}/output/model.tar.gz"
OUTPUT_URL = f"{JOB}/output/output.tar.gz"
MANIFEST_URL = "s3://bucket/datasets/x/manifest.json"


def tar(files: dict[str, bytes], kind: bytes = tarfile.REGTYPE) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as archive:
        for name, content in files.items():
            entry = tarfile.TarInfo(name)
            entry.size, entry.type = len(content), kind
            archive.addfile(entry, io.BytesIO(content))
    return buffer.getvalue()


MODEL = {"base": {"trend": {"effects": [0.0] * (trees.COLUMNS - 1)}}}


def model_files(booster: bytes = trees.ubjson(trees.booster()), **changes: object) -> dict[str, bytes]:
    metadata = {
        "schema_version": NEWEST_ARTIFACT_FORMAT,
        "workflow_name": WORKFLOW,
        "model": MODEL,
        "booster_sha256": hashlib.sha256(booster).hexdigest(),
        "twin": None,
        **changes,
    }
    return {"model.json": json.dumps(metadata).encode(), "booster.ubj": booster}


def written(**changes: bytes | None) -> FakeArtifacts:
    manifest = Manifest(
        workflow_name=WORKFLOW,
        execution_arn=ARN,
        created_at=NOW,
        runs=60,
        train_runs=48,
        holdout_runs=12,
        sha256="x",
        parts=[],
    )
    objects = {
        MODEL_URL: tar(model_files()),
        OUTPUT_URL: tar({"evaluation.json": shapes.evaluation().model_dump_json().encode()}),
        MANIFEST_URL: manifest.model_dump_json().encode(),
    }
    places = {"model": MODEL_URL, "output": OUTPUT_URL, "manifest": MANIFEST_URL}
    for name, content in changes.items():
        if content is None:
            del objects[places[name]]
        else:
            objects[places[name]] = content
    return FakeArtifacts(objects)


def verify(
    artifacts: FakeArtifacts, url: str = MODEL_URL, registry: FakeRegistry | None = None, group: str | None = None
) -> states.VerifyArtifactResponse:
    request = VerifyArtifactRequest(
        workflow_name=WORKFLOW, model_data_url=url, manifest_uri=MANIFEST_URL, model_package_group_name=group
    )
    return ArtifactVerifier(artifacts, registry or FakeRegistry()).verify(request)


def test_a_good_artefact_is_described_and_its_evaluation_published() -> None:
    artifacts = written()
    response = verify(artifacts)
    assert response.evaluation_uri == f"{JOB}/evaluation.json"
    assert Evaluation.model_validate_json(artifacts.objects[response.evaluation_uri]) == shapes.evaluation()
    assert response.description == "Trend and trees from 60 runs: median error 6.1 % on 41 held-out runs"
    assert response.metadata["median_ape"] == "0.061"
    assert response.metadata["runs"] == "60"
    check_parameter("CreateModelPackage", "CustomerMetadataProperties", response.metadata)


def test_the_workflows_group_in_the_registry_is_there_afterwards_where_it_is_asked_for() -> None:
    registry = FakeRegistry()
    verify(written(), registry=registry)
    assert registry.groups == set()  # as executions ask that began with the definition of before
    verify(written(), registry=registry, group="runquote-rnaseq")
    assert registry.groups == {"runquote-rnaseq"}
    with pytest.raises(BadArtifact):
        verify(written(model=None), registry=registry, group="runquote-other")
    assert registry.groups == {"runquote-rnaseq"}


def test_the_registry_is_told_of_the_champion_and_the_sizes_on_the_same_runs() -> None:
    slices = [piece(0.05 + number / 100, 0.07).model_dump() for number in range(9)]
    compared = {
        "slices": slices,
        "difference": {"pinball": -0.02, "standard_error": 0.005, "runs": 41},
    }
    metadata = verify(written(output=output(**compared))).metadata
    assert len(metadata) <= 50
    assert metadata["champion_median_ape"] == "0.089"
    assert metadata["baseline_coverage_90"] == "0.9"
    assert metadata["later_median_ape"] == "0.11"
    assert (metadata["difference_pinball"], metadata["difference_standard_error"]) == ("-0.02", "0.005")
    assert metadata["slice_2_input_bytes"] == "1000000000-10000000000"
    assert (metadata["slice_2_median_ape"], metadata["slice_2_champion_median_ape"]) == ("0.06", "0.07")
    check_parameter("CreateModelPackage", "CustomerMetadataProperties", metadata)


def test_an_evaluation_of_before_single_runs_were_listed_is_read() -> None:
    old = {name: value for name, value in EVALUATION.items() if name != "points"}
    assert verify(written(output=tar({"evaluation.json": json.dumps(old).encode()})))


def test_an_evaluation_as_long_as_can_be_is_read() -> None:
    point = {
        "completed_at": NOW.isoformat(),
        "input_bytes": 10**17,
        "cost_usd": 123456789.123456,
        "predicted_usd": 123456789.123456,
        "intervals": [{"coverage": share, "low_usd": 1e-9 / 3, "high_usd": 1e8 / 3} for share in (0.8, 0.9)],
    }
    points = [{"run_id": f"{number:03d}" + "\U0001f9ec" * 197, **point} for number in range(300)]
    content = Evaluation.model_validate({**EVALUATION, "points": points}).model_dump_json(indent=1).encode()
    assert verify(written(output=tar({"evaluation.json": content})))
    with pytest.raises(BadArtifact, match="points"):
        verify(written(output=output(points=[*points, points[0]])))


def test_a_trend_alone_has_no_trees() -> None:
    metadata = {"model.json": model_files(booster_sha256=None)["model.json"]}
    assert verify(written(model=tar(metadata)))


GOOD_MODEL = tar(model_files())
EVALUATION = json.loads(shapes.evaluation().model_dump_json())


def output(**changes: object) -> bytes:
    return tar({"evaluation.json": json.dumps({**EVALUATION, **changes}).encode()})


def with_metric(name: str, value: object) -> bytes:
    return output(challenger={**EVALUATION["challenger"], name: value})


@pytest.mark.parametrize(
    "changes",
    [
        {"model": None},
        {"output": None},
        {"manifest": None},
        {"model": b""},
        {"model": b"not an archive"},
        {"model": GOOD_MODEL[:-20]},
        {"model": GOOD_MODEL[: len(GOOD_MODEL) // 2]},
        {"model": gzip.compress(b"not a tar")},
        {"model": tar({})},
        {"model": tar({**model_files(), "evil.pkl": b"x"})},
        {"model": tar({"../model.json": b"{}"})},
        {"model": tar({"/model.json": b"{}"})},
        {"model": tar({"model.json": b""}, kind=tarfile.SYMTYPE)},
        {"model": tar({"booster.ubj": b"trees"})},
        {"model": tar({"model.json": model_files()["model.json"]})},
        {"model": tar({**model_files(), "booster.ubj": b"other trees"})},
        {"model": tar({**model_files(), "model.json": b"[]"})},
        {"model": tar({**model_files(), "model.json": b"[" * 100_000})},
        {"model": tar({**model_files(), "model.json": b'{"schema_version": NaN}'})},
        {"model": tar({**model_files(), "model.json": b'{"schema_version": 1e999}'})},
        {"model": tar(model_files(trees.ubjson(trees.changed(("learner", "gradient_booster", "name"), "gblinear"))))},
        {"model": tar(model_files(model={"base": {"trend": {"effects": [0.0]}}}))},
        {"model": tar(model_files(model=[]))},
        {"model": tar(model_files(twin={"model": MODEL, "booster": "AAAA"}))},
        {"model": tar(model_files(workflow_name="other"))},
        {"model": tar(model_files(schema_version=NEWEST_ARTIFACT_FORMAT + 1))},
        {"output": tar({})},
        {"output": tar({"evaluation.json": b"{"})},
        {"output": output(workflow_name="other")},
        {"output": output(extra=1)},
        {"output": output(challenger=None)},
        {"output": with_metric("median_ape", float("nan"))},
        {"output": with_metric("pinball", float("inf"))},
        {"output": with_metric("median_ape", "0.1")},
        {"output": with_metric("coverage_80", 1.5)},
        {"output": output(profile={**EVALUATION["profile"], "runs": 61})},
        {"manifest": b"{}"},
    ],
)
def test_what_we_do_not_write_is_a_bad_artefact(changes: dict[str, bytes | None]) -> None:
    artifacts = written(**changes)
    with pytest.raises(BadArtifact):
        verify(artifacts)
    assert artifacts.writes == []


@pytest.mark.parametrize(
    "url", ["s3://bucket/else/model.tar.gz", f"{JOB}/output/../model.tar.gz", "file:///etc/passwd"]
)
def test_models_elsewhere_are_not_read(url: str) -> None:
    with pytest.raises(BadArtifact, match="not where training jobs write"):
        verify(written(), url)


def test_an_archive_that_unpacks_to_far_more_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archives, "MAX_UNPACKED_BYTES", 100_000)
    with pytest.raises(BadArtifact, match="holds more than"):
        verify(written(model=tar({"model.json": b" " * 1_000_000})))


# compare_models -------------------------------------------------------------------------------------------------

CHAMPION = Champion(model_version=3, model_package_arn=shapes.PACKAGE.format(3), endpoint_name="e")


CHAMPION_METRICS = shapes.metrics(pinball=0.05)


def judge(in_service: Champion | None = CHAMPION, **changes: object) -> CompareModelsResponse:
    return compare(shapes.evaluation(**changes), in_service, Rules())


def test_an_earlier_version_that_a_person_wants_back_is_not_judged() -> None:
    verdict = restored(2, shapes.evaluation(difference=Difference(pinball=9, standard_error=0.01)))
    assert verdict.is_better
    assert verdict.reason.startswith("Promoted: version 2 again, as a person asked; it was trained on 60 runs until ")


def test_better_by_more_than_noise_is_promoted() -> None:
    verdict = judge()
    assert verdict.is_better
    assert verdict.reason == "Promoted: median error 6.1 % against 8.9 % of version 3 on the same 41 held-out runs"


@pytest.mark.parametrize(("pinball", "error"), [(0.0, 0.0), (0.0, 0.01), (-0.019, 0.01), (-0.02, 0.01), (0.02, 0.001)])
def test_equal_or_within_noise_is_not(pinball: float, error: float) -> None:
    verdict = judge(difference=Difference(pinball=pinball, standard_error=error))
    assert not verdict.is_better
    assert verdict.reason.startswith("Not promoted: no better than version 3 beyond noise")


def learned_from(runs: int = 60, days_ago: float = 1) -> LearnedFrom:
    """The champion's history; the challenger's has 60 runs, the newest a day ago."""
    return LearnedFrom(runs=runs, latest_run_at=NOW - timedelta(days=days_ago))


EQUAL = Difference(pinball=0.001, standard_error=0.005)
"""A little worse, within noise; the champion's pinball loss is 0.05."""


@pytest.mark.parametrize(
    ("history", "difference", "why"),
    [
        (
            learned_from(days_ago=31),
            EQUAL,
            "as good as version 3 and trained on newer runs (until 31 May 2026, 30 days l",
        ),
        (learned_from(runs=40), EQUAL, "as good as version 3 and trained on more runs (60 against 40); median error"),
        (
            learned_from(days_ago=31),
            Difference(pinball=0, standard_error=0),
            "as good as version 3 and trained on newer",
        ),
    ],
)
def test_an_equal_model_with_a_much_fresher_history_is_promoted(
    history: LearnedFrom, difference: Difference, why: str
) -> None:
    verdict = judge(champion=CHAMPION_METRICS, difference=difference, champion_learned_from=history)
    assert verdict.is_better
    assert verdict.reason.startswith(f"Promoted: {why}")


@pytest.mark.parametrize(
    ("history", "difference"),
    [
        (learned_from(days_ago=30), EQUAL),
        (learned_from(runs=41), EQUAL),
        (None, EQUAL),
        (learned_from(days_ago=400), Difference(pinball=0.004, standard_error=0.0019)),
        (learned_from(days_ago=400), Difference(pinball=0.006, standard_error=0.01)),
    ],
    ids=["29 days", "46 % more", "unknown", "worse beyond noise", "worse by 12 %"],
)
def test_fresher_runs_alone_are_no_merit(history: LearnedFrom | None, difference: Difference) -> None:
    verdict = judge(champion=CHAMPION_METRICS, difference=difference, champion_learned_from=history)
    assert not verdict.is_better
    assert verdict.reason.startswith("Not promoted: no better than version 3 beyond noise")


def piece(challenger: float, champion: float | None, **changes: object) -> SizeSlice:
    values = {
        "input_bytes_range": (GB, 10 * GB),
        "runs": 9,
        "challenger_median_ape": challenger,
        "champion_median_ape": champion,
    }
    return SizeSlice.model_validate({**values, **changes})


def judged(pinball: float, error: float, champion: float = 0.1) -> SizeSlice:
    """A slice where a challenger may have a pinball loss of a quarter more than the champion's."""
    return piece(0.3, 0.2, champion_pinball=champion, difference=Difference(pinball=pinball, standard_error=error))


@pytest.mark.parametrize(
    ("slices", "is_better"),
    [
        ([judged(0.03, 0.02)], False),
        ([judged(-0.03, 0.02), judged(0.03, 0.02)], False),
        ([judged(0.03, 0.04)], True),
        ([judged(0.02, 0.001)], True),
        ([judged(0.004, 0.001, champion=0.001)], True),
        ([piece(0.30, 0.20)], False),
        ([piece(0.05, 0.09), piece(0.26, 0.20)], False),
        ([piece(0.24, 0.20)], True),
        ([piece(0.010, 0.001)], True),
        ([piece(0.50, None)], True),
    ],
)
@pytest.mark.parametrize("merit", ["better", "equal and fresher"])
def test_much_worse_on_some_sizes_is_not_promoted(slices: list[SizeSlice], is_better: bool, merit: str) -> None:
    equal: dict[str, Any] = {
        "champion": CHAMPION_METRICS,
        "difference": EQUAL,
        "champion_learned_from": learned_from(runs=20),
    }
    verdict = judge(slices=slices, **(equal if merit == "equal and fresher" else {}))
    assert verdict.is_better is is_better
    assert is_better or "but for runs of 1 GB to 10 GB much worse (median error" in verdict.reason


def trusted(pinball: float, error: float) -> TrustedRuns:
    """Runs that the champion knew of, where it has a pinball loss of 0.05."""
    return TrustedRuns(
        runs=12,
        challenger=shapes.metrics(median_ape=0.4),
        champion=CHAMPION_METRICS,
        difference=Difference(pinball=pinball, standard_error=error),
    )


@pytest.mark.parametrize(
    ("pinball", "error", "is_better"),
    [(0.02, 0.001, False), (0.02, 0.02, True), (0.012, 0.0, True), (-0.1, 0.01, True)],
)
def test_what_is_much_worse_on_runs_of_before_is_not_promoted_by_those_since(
    pinball: float, error: float, is_better: bool
) -> None:
    verdict = judge(trusted=trusted(pinball, error))
    assert verdict.is_better is is_better
    assert (
        is_better or "Not promoted: much worse on 12 runs that version 3 knew of (median error 40 %" in verdict.reason
    )


@pytest.mark.parametrize(
    ("factor", "outside", "is_better"),
    [(3.0, 0.9, False), (1 / 3, 0.9, False), (1.4, 1.0, True), (3.0, 0.4, True), (1.0, 0.0, True)],
)
def test_a_large_shift_of_answers_waits_for_a_person(factor: float, outside: float, is_better: bool) -> None:
    harmless = Shift(questions=20, input_bytes_range=(1, GB), factor=1.1, outside_80=1.0)
    shifted = Shift(questions=20, input_bytes_range=(GB, 10 * GB), factor=factor, outside_80=outside)
    verdict = judge(shifts=[harmless, shifted])
    assert verdict.is_better is is_better
    assert is_better or verdict.reason.startswith(
        f"Waits for a person: runs of 1 GB to 10 GB would be estimated at {factor:.2g} times what version 3 says."
    )


def first(challenger: float, baseline: float, pinball: float, error: float) -> CompareModelsResponse:
    return judge(
        None,
        champion=None,
        difference=None,
        challenger=shapes.metrics(median_ape=challenger),
        baseline=shapes.metrics(median_ape=baseline),
        baseline_difference=Difference(pinball=pinball, standard_error=error),
    )


@pytest.mark.parametrize(
    ("numbers", "is_better", "why"),
    [
        ((0.30, 0.70, -0.30, 0.05), True, "better than a guess by more than noise"),
        ((0.30, 0.70, -0.10, 0.09), True, "few runs, but a clearly lower error"),
        ((0.00, 0.00, 0.00, 0.00), True, "constant cost: both are right"),
        ((0.00, 0.00, 0.0004, 0.0), True, "constant cost: an interval has some width"),
        ((0.05, 0.05, 0.001, 0.01), True, "as good as a guess that is good"),
        ((0.50, 0.55, -0.01, 0.05), False, "no better than a guess"),
        ((0.60, 0.55, 0.10, 0.02), False, "worse than a guess"),
        ((0.09, 0.02, 0.10, 0.01), False, "good, but a guess is clearly better"),
    ],
)
def test_a_first_model_must_beat_a_guess_or_be_right(
    numbers: tuple[float, float, float, float], is_better: bool, why: str
) -> None:
    assert first(*numbers).is_better is is_better, why


def test_where_no_model_beats_a_guess_the_guess_is_promoted_and_says_so() -> None:
    verdict = judge(None, kind="guess", champion=None, difference=None)
    assert verdict.is_better
    assert verdict.reason == (
        "Promoted: no model is better than a guess, so the median cost of 60 runs until 31 May 2026 answers, with an "
        "interval as wide as those costs vary; median error 6.1 % on 41 held-out runs"
    )
    broken = judge(kind="guess", champion=None, difference=None, champion_problem="truncated", champion_is_broken=True)
    assert broken.is_better, "better than a model that cannot serve"


GUESSED = LearnedFrom(runs=60, latest_run_at=NOW, kind="guess")


def test_the_first_model_that_beats_a_guess_replaces_it() -> None:
    for few in (None, "only 1 runs are new to the champion, too few to judge it on"):
        verdict = judge(champion=None, difference=None, champion_problem=few, champion_learned_from=GUESSED)
        assert verdict.is_better
        assert verdict.reason.startswith("Promoted: version 3 is a guess; median error 6.1 % against 70 % of always")


@pytest.mark.parametrize("kind", ["trend", "guess", None])
def test_a_guess_replaces_a_model_only_if_it_is_better_and_a_guess_also_if_fresher(kind: ModelKind | None) -> None:
    old = learned_from(days_ago=31).model_copy(update={"kind": kind})
    verdict = judge(kind="guess", champion=CHAMPION_METRICS, difference=EQUAL, champion_learned_from=old)
    assert verdict.is_better is (kind == "guess")
    better = Difference(pinball=-0.02, standard_error=0.005)
    assert judge(kind="guess", champion=CHAMPION_METRICS, difference=better, champion_learned_from=old).is_better
    few = judge(kind="guess", champion=None, difference=None, champion_problem="few", champion_learned_from=old)
    assert not few.is_better


def test_a_reason_speaks_of_the_runs_that_judge_both() -> None:
    verdict = judge(
        evaluated_on="cross_validation",
        challenger_beside_champion=shapes.metrics(median_ape=0.043),
        difference=Difference(pinball=-0.02, standard_error=0.005, runs=7),
    )
    assert (
        verdict.reason == "Promoted: median error 4.3 % against 8.9 % of version 3 on the same 7 cross-validated runs"
    )


def test_a_reason_does_not_call_runs_unseen_that_trained_the_model() -> None:
    verdict = judge(None, champion=None, difference=None, evaluated_on="training_runs", evaluated_runs=3)
    assert verdict.reason.endswith("of always answering the median cost, on 3 training runs")


def test_a_broken_champion_is_no_bar_and_is_mentioned() -> None:
    verdict = judge(champion=None, difference=None, champion_problem="BadArtifact: truncated", champion_is_broken=True)
    assert verdict.is_better
    assert "version 3 could not be evaluated (BadArtifact: truncated)" in verdict.reason


def test_a_champion_that_nothing_judges_yet_stays() -> None:
    verdict = judge(champion=None, difference=None, champion_problem="only 1 runs are newer")
    assert not verdict.is_better
    assert "version 3 stays until there is enough to judge it by (only 1 runs are newer)" in verdict.reason


def test_a_reason_fits_into_the_registry() -> None:
    verdict = judge(champion=None, difference=None, champion_problem="x" * 5000)
    assert len(verdict.reason) == 1024


# promote --------------------------------------------------------------------------------------------------------


def promote(endpoints: FakeEndpoints, number: int, arn: str | None = None) -> int:
    uri = "s3://bucket/models/x/y/evaluation.json"
    artifacts = FakeArtifacts({uri: shapes.evaluation().model_dump_json().encode()})
    promoter = Promoter(artifacts=artifacts, endpoints=endpoints, clock=FakeClock())
    request = PromoteRequest(
        workflow_name=WORKFLOW,
        endpoint_name="runquote-rnaseq-quant-9988efc5",
        model_package_arn=arn or shapes.PACKAGE.format(number),
        evaluation_uri=uri,
    )
    return promoter.promote(request).model_version


def test_promotions_only_go_forward_and_may_be_repeated() -> None:
    endpoints = FakeEndpoints()
    assert promote(endpoints, 12) == 12
    assert promote(endpoints, 12) == 12
    record = endpoints.records[WORKFLOW]
    assert (record.model_version, record.runs, record.metrics.median_ape) == (12, 60, 0.061)
    assert record.later == shapes.later()
    with pytest.raises(StalePromotion):
        promote(endpoints, 11)
    assert endpoints.records[WORKFLOW] == record


@pytest.mark.parametrize("arn", ["", "x", "arn:aws:sagemaker:us-east-1:1:model-package/name", shapes.PACKAGE.format(0)])
def test_only_versions_are_promoted(arn: str) -> None:
    with pytest.raises(InvalidInput):
        promote(FakeEndpoints(), 0, arn or "none")


# select_workflows -----------------------------------------------------------------------------------------------


def select(*records: WorkflowRecord) -> list[states.WorkflowToRetrain]:
    selector = WorkflowSelector(FakeWorkflows(*records))
    return selector.select(SelectWorkflowsRequest(execution_name="scheduled-1")).workflows


def test_workflows_with_new_runs_are_selected_in_order() -> None:
    found = select(
        shapes.workflow("b", succeeded_runs=7, examined_runs=6),
        shapes.workflow("a", succeeded_runs=5, examined_runs=0),
        shapes.workflow("too few", succeeded_runs=4, examined_runs=0),
        shapes.workflow("done", succeeded_runs=6, examined_runs=6, revisions=2, examined_revisions=2),
        shapes.workflow("billed", succeeded_runs=6, examined_runs=6, revisions=2, examined_revisions=1),
        shapes.workflow("failures only", runs=3, succeeded_runs=0, examined_runs=0),
    )
    assert [workflow.workflow_name for workflow in found] == ["a", "b", "billed"]
    assert found[0].execution_name == names.child_execution_name("scheduled-1", "a")


def test_the_selection_fits_into_a_state() -> None:
    records = [shapes.workflow(f"\u751f{number:0126d}", succeeded_runs=5, examined_runs=0) for number in range(2000)]
    found = select(*records)
    results = [{"workflow_name": each.workflow_name, "outcome": "failed", "message": "x" * 1024} for each in found]
    payload = {"selection": {"workflows": [each.model_dump() for each in found]}, "retrainings": results}
    assert 200 * 1024 < len(json.dumps(payload)) < 256 * 1024


def due(name: str, *, tried: int | None = None, recorded: int = 0) -> WorkflowRecord:
    """A workflow with new runs, last tried and recorded so many hours ago."""
    ended = None
    if tried is not None:
        ended_at = NOW - timedelta(hours=tried)
        ended = LastRetraining(outcome="insufficient_data", reason="x", ended_at=ended_at, execution_arn=ARN)
    recorded_at = NOW - timedelta(hours=recorded)
    return shapes.workflow(
        name, succeeded_runs=5, examined_runs=0, latest_recorded_at=recorded_at, last_retraining=ended
    )


def test_who_waits_longest_comes_first_and_newcomers_take_turns_with_others() -> None:
    found = select(due("a", tried=1), due("b", tried=2), due("c", recorded=1), due("d", recorded=3), due("e"))
    assert [workflow.workflow_name for workflow in found] == ["b", "d", "a", "c", "e"]


def test_junk_takes_no_place_of_workflows_that_are_known() -> None:
    known = [due(f"known-{number}", tried=24) for number in range(40)]
    found = select(*known, *(due(f"aaa-junk-{number}", recorded=30) for number in range(2000)))
    assert {record.workflow_name for record in known} < {workflow.workflow_name for workflow in found}


def test_a_step_refuses_what_is_not_its_input() -> None:
    with pytest.raises(InvalidInput, match="execution_name"):
        run_step({}, SelectWorkflowsRequest, WorkflowSelector(FakeWorkflows()).select)
