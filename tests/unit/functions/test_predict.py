"""`predict` on fakes: what is answered, and what is said when a model does not answer."""

import io
from datetime import timedelta
from typing import Any

import pytest

from contract.base import MAX_COST_USD
from contract.container import Invocation, InvocationResponse
from contract.made_up import MADE_UP_WORDS, MADE_UP_WORKFLOW
from contract.predictions import BatchRequest, EdgeOfEvidence, Interval, PredictionRequest
from contract.total import total
from contract.workflows import LastRetraining, RetrainOutcome
from functions.predict.logic import Predictor
from functions.shared.errors import (
    ApiError,
    DependencyUnavailable,
    EndpointMissing,
    MalformedRecord,
    ModelFailed,
    ModelTimedOut,
    ModelWarming,
)
from functions.shared.observability import metrics
from tests.fakes import shapes
from tests.fakes.ports import FakeClock, FakeEndpoints, FakeModels, FakePredictions, FakeWorkflows
from tests.fakes.shapes import GB, NOW, WORKFLOW
from tests.unit.functions.conftest import lines


def predictor(
    endpoints: FakeEndpoints | None = None,
    models: FakeModels | None = None,
    workflows: FakeWorkflows | None = None,
    keeper: FakePredictions | None = None,
    clock: FakeClock | None = None,
) -> Predictor:
    return Predictor(
        endpoints=endpoints or FakeEndpoints(shapes.endpoint()),
        workflows=workflows or FakeWorkflows(shapes.workflow()),
        models=models or FakeModels(),
        keeper=keeper or FakePredictions(),
        clock=clock or FakeClock(),
        stale_after_days=30,
    )


def request(**changes: object) -> PredictionRequest:
    return PredictionRequest.model_validate({"workflow_name": WORKFLOW, "input_bytes": 120 * GB, **changes})


def test_a_prediction_comes_from_the_model_and_its_record() -> None:
    models = FakeModels()
    prediction = predictor(models=models).predict(request(output_bytes=GB, parameters={"paired": True}))
    assert prediction.cost_usd == 30
    assert [interval.coverage for interval in prediction.intervals] == [0.5, 0.8, 0.9]
    assert len(prediction.outcomes_usd) == 20
    assert prediction.warnings == []
    assert (prediction.model.version, prediction.model.runs, prediction.model.median_ape) == (3, 60, 0.08)
    assert (prediction.model.coverage_80, prediction.model.coverage_90) == (0.8, 0.9)
    assert prediction.model.later_median_ape == 0.11
    assert (prediction.model.later_coverage_80, prediction.model.later_coverage_90) == (0.75, 0.83)
    assert prediction.extrapolation_factor == 1
    asked = models.invocations[0][1].rows[0]
    assert (asked.input_bytes, asked.output_bytes, asked.parameters) == (120 * GB, GB, {"paired": True})
    assert asked.started_at == NOW


def test_a_model_without_enough_later_runs_says_nothing_of_them() -> None:
    model = predictor(endpoints=FakeEndpoints(shapes.endpoint(later=None))).predict(request()).model
    assert (model.later_median_ape, model.later_coverage_80, model.later_coverage_90) == (None, None, None)


def test_how_far_out_is_told_as_the_model_says_it() -> None:
    def far(invocation: Invocation) -> InvocationResponse:
        row = shapes.row(extrapolated=True, extrapolation_factor=4.2)
        return InvocationResponse(model_version=3, predictions=[row] * len(invocation.rows))

    assert predictor(models=FakeModels(far)).predict(request()).extrapolation_factor == 4.2


def test_the_container_says_which_version_answered() -> None:
    def newer(invocation: Invocation) -> InvocationResponse:
        return shapes.answer(invocation).model_copy(update={"model_version": 4})

    def silent(invocation: Invocation) -> InvocationResponse:
        return shapes.answer(invocation).model_copy(update={"model_version": None})

    assert predictor(models=FakeModels(newer)).predict(request()).model.version == 4
    assert predictor(models=FakeModels(silent)).predict(request()).model.version == 3


def test_beyond_the_past_runs_it_warns_in_plain_words() -> None:
    prediction = predictor().predict(request(input_bytes=2000 * GB))
    assert prediction.extrapolated
    assert [(warning.code, warning.message) for warning in prediction.warnings] == [
        (
            "outside_training_range",
            "Largest past run used 480 GB; you entered 2 TB. Treat this as a rough guide.",
        )
    ]


def test_every_other_warning() -> None:
    record = shapes.endpoint(
        runs=9, trained_at=NOW - timedelta(days=45), profile=shapes.profile(runs=9, estimated_share=1.0)
    )
    models = FakeModels(
        lambda _: InvocationResponse(
            model_version=None, predictions=[shapes.row(extrapolated=True, unknown_parameters=["aligner=star"])]
        )
    )
    prediction = predictor(FakeEndpoints(record), models).predict(request(input_bytes=GB))
    assert [warning.code for warning in prediction.warnings] == [
        "outside_training_range",
        "few_runs",
        "stale_model",
        "estimated_costs",
        "unknown_parameter",
    ]
    messages = " ".join(warning.message for warning in prediction.warnings)
    assert "Smallest past run used 10 GB; you entered 1 GB." in messages
    assert "only 9 past runs" in messages
    assert "45 days ago, on 17 April 2026" in messages
    assert '"aligner=star"' in messages


def test_estimates_learned_from_made_up_runs_say_so_and_no_others() -> None:
    record = shapes.endpoint(workflow_name=MADE_UP_WORKFLOW, profile=shapes.profile(estimated_share=1.0))
    warnings = predictor(FakeEndpoints(record)).predict(request(workflow_name=MADE_UP_WORKFLOW)).warnings
    assert [(warning.code, warning.message) for warning in warnings] == [("made_up_runs", MADE_UP_WORDS)]
    own = shapes.endpoint(workflow_name="wgs-demo")
    assert predictor(FakeEndpoints(own)).predict(request(workflow_name="wgs-demo")).warnings == []


def test_an_unknown_workflow_is_not_found_and_near_names_are_suggested() -> None:
    workflows = FakeWorkflows(*(shapes.workflow(name) for name in ("rnaseq-quant", "rna_seq", "gwas-assoc")))
    with pytest.raises(ApiError) as caught:
        predictor(FakeEndpoints(), workflows=workflows).predict(request(workflow_name="rnaseq-qant"))
    assert caught.value.code == "workflow_not_found"
    assert '"rnaseq-quant"' in caught.value.message
    assert "gwas" not in caught.value.message


@pytest.mark.parametrize(
    ("known", "words"),
    [
        (["b", "a"], "There are some of a and b."),
        ([f"w{index}" for index in range(7)], "There are some of w0, w1, w2, w3, w4 and 2 more."),
        ([], "There are none of any workflow."),
    ],
)
def test_an_unknown_workflow_that_resembles_none_is_told_what_there_is(known: list[str], words: str) -> None:
    with pytest.raises(ApiError) as caught:
        predictor(FakeEndpoints(), workflows=FakeWorkflows(*(shapes.workflow(name) for name in known))).predict(
            request(workflow_name="rnaseq-quant")
        )
    assert caught.value.message == f'We have no past runs of "rnaseq-quant". {words}'


def _ended(outcome: RetrainOutcome, reason: str) -> LastRetraining:
    return LastRetraining(outcome=outcome, reason=reason, ended_at=NOW, execution_arn="arn")


NOT_PROMOTED = "Not promoted: first model, and this one is no better than a trivial guess; median error 75 %"


@pytest.mark.parametrize(
    ("succeeded", "last", "words"),
    [
        (3, None, "it has 3 successful runs recorded, and a first model needs 5."),
        (1, _ended("insufficient_data", "too few"), "it has 1 successful run recorded, and a first model needs 5."),
        (7, None, "it has 7 successful runs recorded, and the next retraining trains one."),
        (7, _ended("insufficient_data", "x"), "it has 7 successful runs recorded, and the next retraining trains one."),
        (
            7,
            _ended("no_update", NOT_PROMOTED),
            "it has 7 successful runs, but its latest retraining, on 1 June 2026, ended without one: "
            f"{NOT_PROMOTED}. The next retraining tries again.",
        ),
        (
            7,
            _ended("failed", "AlgorithmError: , exit code: 137"),
            "it has 7 successful runs, but its latest retraining, on 1 June 2026, failed: Training was killed (exit "
            "code 137), most often because its memory did not suffice. The next retraining tries again.",
        ),
    ],
)
def test_a_workflow_without_a_model_says_why_it_has_none(
    succeeded: int, last: LastRetraining | None, words: str
) -> None:
    record = shapes.workflow(succeeded_runs=succeeded, last_retraining=last)
    with pytest.raises(ApiError) as caught:
        predictor(FakeEndpoints(), workflows=FakeWorkflows(record)).predict(request())
    assert caught.value.code == "model_not_ready"
    assert caught.value.message == f'"rnaseq-quant" has no model yet: {words}'


@pytest.mark.parametrize(
    ("failure", "code", "status", "retry_after"),
    [
        (EndpointMissing("gone"), "endpoint_misconfigured", 503, 60),
        (ModelFailed("424"), "model_error", 502, None),
        (ModelWarming("throttled"), "model_warming", 503, 5),
        (ModelTimedOut("hangs"), "model_timeout", 504, 5),
    ],
)
def test_what_a_failing_model_means(failure: Exception, code: str, status: int, retry_after: int | None) -> None:
    models = FakeModels(failure=failure)
    with pytest.raises(ApiError) as caught:
        predictor(models=models).predict(request())
    error = caught.value
    assert (error.code, error.status, error.retry_after_seconds) == (code, status, retry_after)
    assert len(models.invocations) == 1
    assert "runquote-" not in error.message
    assert "arn" not in error.message
    assert ("EndpointMisconfigured" in metrics.metric_set) == (code == "endpoint_misconfigured")


def test_a_malformed_record_is_misconfigured_and_counted() -> None:
    models = FakeModels()
    endpoints = FakeEndpoints(failures={WORKFLOW: MalformedRecord("endpoint_name: Field required")})
    with pytest.raises(ApiError, match="not in service") as caught:
        predictor(endpoints, models).predict(request())
    assert caught.value.code == "endpoint_misconfigured"
    assert "EndpointMisconfigured" in metrics.metric_set
    assert models.invocations == []


def test_metrics_of_a_prediction() -> None:
    predictor().predict(request())
    assert metrics.metric_set["Predictions"]["Value"] == [1]
    assert metrics.metric_set["ModelAge"]["Value"] == [3 * 86400]
    assert "PredictionLatency" in metrics.metric_set


def test_one_log_line_for_each_prediction_without_its_parameters(log: io.StringIO) -> None:
    prediction = predictor().predict(request(parameters={"secret": "hunter2"}))
    (line,) = lines(log)
    assert line["prediction_id"] == prediction.prediction_id
    assert (line["workflow_name"], line["input_bytes"], line["cost_usd"], line["model_version"]) == (
        WORKFLOW,
        120 * GB,
        30,
        3,
    )
    assert "hunter2" not in log.getvalue()


def batch(*rows: dict[str, Any]) -> BatchRequest:
    return BatchRequest(requests=list(rows))


def test_a_batch_answers_each_row_in_order_and_asks_each_model_once() -> None:
    models = FakeModels()
    endpoints = FakeEndpoints(shapes.endpoint(), shapes.endpoint(workflow_name="rna_seq"))
    rows: list[dict[str, Any]] = [
        {"workflow_name": WORKFLOW, "input_bytes": 4 * GB},
        {"workflow_name": WORKFLOW, "input_bytes": "4"},
        {"workflow_name": "rna_seq", "input_bytes": 8 * GB},
        {"workflow_name": "nobody", "input_bytes": 8 * GB},
        {"workflow_name": WORKFLOW, "input_bytes": 12 * GB},
    ]
    response = predictor(endpoints, models).predict_batch(batch(*rows), "request-1")
    kinds = [getattr(answer, "cost_usd", None) or getattr(answer, "error", None) for answer in response.predictions]
    assert kinds == [1, "invalid_request", 2, "workflow_not_found", 3]
    assert response.predictions[1].model_dump()["request_id"] == "request-1"
    assert all(row.started_at == NOW for _, asked in models.invocations for row in asked.rows)
    assert sorted((name, len(asked.rows)) for name, asked in models.invocations) == [("rna_seq", 1), (WORKFLOW, 2)]
    assert sorted(endpoints.gets) == ["nobody", "rna_seq", WORKFLOW]
    answered = [answer for answer in response.predictions if not hasattr(answer, "error")]
    medians = sum((answer.outcomes_usd[9] + answer.outcomes_usd[10]) / 2 for answer in answered)
    assert response.total.cost_usd == pytest.approx(medians, rel=0.05)


def test_the_store_failing_fails_a_whole_batch() -> None:
    endpoints = FakeEndpoints(failures={WORKFLOW: DependencyUnavailable("endpoints table")})
    with pytest.raises(DependencyUnavailable):
        predictor(endpoints).predict_batch(batch({"workflow_name": WORKFLOW, "input_bytes": 1}), "request-1")


def test_one_failing_model_fails_only_its_rows() -> None:
    def reply(invocation: Invocation) -> InvocationResponse:
        if invocation.rows[0].input_bytes == 1:
            raise ModelFailed("424")
        return shapes.answer(invocation)

    endpoints = FakeEndpoints(shapes.endpoint(), shapes.endpoint(workflow_name="other"))
    rows = [{"workflow_name": WORKFLOW, "input_bytes": 1}, {"workflow_name": "other", "input_bytes": GB}]
    response = predictor(endpoints, FakeModels(reply)).predict_batch(batch(*rows), "request-1")
    assert [answer.model_dump().get("error") for answer in response.predictions] == ["model_error", None]
    assert response.total.cost_usd == 0.25


def test_past_its_budget_a_batch_asks_no_more_models() -> None:
    clock = FakeClock()
    models = FakeModels()

    def slow(invocation: Invocation) -> InvocationResponse:
        clock.advance(100)
        return shapes.answer(invocation)

    models.reply = slow
    names = [f"w{number}" for number in range(20)]
    subject = Predictor(
        endpoints=FakeEndpoints(*(shapes.endpoint(workflow_name=name) for name in names)),
        workflows=FakeWorkflows(),
        models=models,
        keeper=FakePredictions(),
        clock=clock,
        stale_after_days=30,
    )
    rows = [{"workflow_name": name, "input_bytes": GB} for name in names]
    response = subject.predict_batch(batch(*rows), "request-1")
    late = [answer.model_dump().get("error") for answer in response.predictions].count("model_timeout")
    assert late >= 12
    assert len(models.invocations) == 20 - late


def test_the_total_is_simulated_the_same_way_every_time() -> None:
    rows = [{"workflow_name": WORKFLOW, "input_bytes": 40 * GB} for _ in range(50)]
    first, second = (predictor().predict_batch(batch(*rows), "r").total for _ in range(2))
    assert first == second
    other = predictor().predict_batch(batch(*rows[:-1], {**rows[0], "input_bytes": 41 * GB}), "r").total
    assert other != first


def test_independent_runs_average_out_and_extrapolated_ones_do_not() -> None:
    subject = predictor()
    inside = [subject.predict(request(input_bytes=400 * GB)) for _ in range(50)]
    beyond = [subject.predict(request(input_bytes=800 * GB)) for _ in range(50)]

    def relative_width(predictions: list[Any]) -> float:
        summed = total(predictions, "seed")
        width = next(interval for interval in summed.intervals if interval.coverage == 0.8)
        assert width.low_usd < width.high_usd
        return (width.high_usd - width.low_usd) / summed.cost_usd

    one = relative_width([inside[0], inside[0]])
    assert relative_width(inside) < 0.35 * one
    shared = relative_width(beyond)
    outcomes = beyond[0].outcomes_usd
    alone = (outcomes[17] + outcomes[18] - outcomes[1] - outcomes[2]) / (outcomes[9] + outcomes[10])
    assert shared == pytest.approx(alone, rel=0.1)


def test_the_total_of_many_skewed_runs_lies_in_its_own_intervals() -> None:
    skewed = predictor().predict(request(input_bytes=400 * GB))
    outcomes = [value * (1 + (level / 10) ** 4) for level, value in enumerate(skewed.outcomes_usd)]
    summed = total([skewed.model_copy(update={"outcomes_usd": outcomes})] * 500, "seed")
    assert all(interval.low_usd < summed.cost_usd < interval.high_usd for interval in summed.intervals)
    assert summed.cost_usd > 500 * skewed.cost_usd


def test_a_total_ends_where_any_cost_does() -> None:
    """Far beyond experience a single outcome may reach the bound; two of them must not break the answer."""
    absurd = predictor().predict(request(input_bytes=400 * GB)).model_copy(update={"outcomes_usd": [MAX_COST_USD] * 20})
    summed = total([absurd, absurd], "seed")
    assert summed.cost_usd == MAX_COST_USD
    assert {interval.high_usd for interval in summed.intervals} == {MAX_COST_USD}


def test_the_total_of_one_run_is_its_own() -> None:
    prediction = predictor().predict(request())
    assert total([prediction], "seed").intervals == prediction.intervals
    assert total([], "seed").model_dump() == {"cost_usd": 0, "intervals": [], "outcomes_usd": [], "left_out": 0}


def _beyond(size: int, **changes: Any) -> Any:  # noqa: ANN401 - a test may look into what may be None
    """Ask for a run of a size that the model, which knows 10 to 480 GB, calls that far from its range."""
    factor = size / min(max(size, 10 * GB), 480 * GB)
    edge = EdgeOfEvidence(input_bytes=480 * GB, cost_usd=120, intervals=shapes.row(120).intervals)
    row = shapes.row(extrapolated=factor != 1, extrapolation_factor=factor, **{"edge": edge, **changes})
    models = FakeModels(lambda _: InvocationResponse(model_version=3, predictions=[row]))
    return predictor(models=models).predict(request(input_bytes=size)).beyond_evidence


def test_far_beyond_all_past_runs_it_says_that_they_cannot_tell_and_what_would_help() -> None:
    assert _beyond(480 * GB * 30) is None
    found = _beyond(480 * GB * 24_381)
    assert found.message == (
        "Past runs cannot tell what this run will cost: the largest read 480 GB, and this one reads 24,381 times "
        "as much."
    )
    assert found.advice == "Run one at 4.8 TB and one at 48 TB first, and record what they cost."
    assert found.edge.cost_usd == 120
    assert _beyond(480 * GB * 40).advice == "Run one at 4.8 TB first, and record what it costs."


def test_far_below_all_past_runs_it_says_so_too() -> None:
    found = _beyond(1)
    assert "the smallest read 10 GB, 10,000,000,000 times as much as this one." in found.message
    assert found.advice == "Run one at 1 GB and one at 100 MB first, and record what they cost."


def test_an_interval_over_a_thousandfold_is_no_answer() -> None:
    def intervals(high: float) -> list[Interval]:
        return [Interval(coverage=coverage, low_usd=1, high_usd=high) for coverage in (0.8, 0.9)]

    assert _beyond(120 * GB, intervals=intervals(1000)) is None
    found = _beyond(120 * GB, intervals=intervals(1001), edge=None)
    assert "a thousand times as much would be no surprise" in found.message
    assert (found.advice, found.edge) == ("Record more runs like this one first.", None)


@pytest.mark.parametrize(
    ("coverage_80", "runs", "words"),
    [
        (
            12 / 18,
            18,
            "Of 18 runs that it was checked on, only 67 % cost what its 80 % interval said; so few runs",
        ),
        (0.5, 40, "only 50 % cost what its 80 % interval said: expect costs outside of the interval more often"),
        (0.79, 100, None),
        (0.5, None, None),
    ],
)
def test_intervals_that_held_far_less_often_than_promised_are_said_with_the_answer(
    coverage_80: float, runs: int | None, words: str | None
) -> None:
    record = shapes.endpoint(metrics=shapes.metrics(coverage_80=coverage_80), evaluated_runs=runs)
    prediction = predictor(FakeEndpoints(record)).predict(request())
    told = [each.message for each in prediction.warnings if each.code == "intervals_too_narrow"]
    assert len(told) == (0 if words is None else 1)
    assert words is None or words in told[0]
    assert prediction.model.evaluated_runs == runs


def test_a_guess_says_that_it_is_one() -> None:
    prediction = predictor(FakeEndpoints(shapes.endpoint(kind="guess"))).predict(request())
    (warning,) = prediction.warnings
    assert warning.code == "no_better_than_guess"
    assert "this is the median of what they cost, whatever is asked" in warning.message
