"""What the model promises whatever the history: sensible, positive, calibrated, explained."""

import math
import random
from itertools import pairwise
from typing import Any

import numpy as np
import pytest

from contract.container import InvocationRow, RowPrediction
from model.container import answers, evaluation
from model.cost_model import CostModel
from model.data.features import Encoder
from model.data.history import from_rows
from model.data.table import Table
from model.errors import InsufficientData
from model.growth import core
from model.left_out import cleaning, selection
from tests.unit.model.histories import make_artifact, make_history, make_row, make_rows


def ask(model: CostModel, *rows: InvocationRow) -> list[RowPrediction]:
    return answers.predict(model, rows, explain=True, similar_runs=5)


def ask_sizes(model: CostModel, *sizes: float) -> list[RowPrediction]:
    return ask(model, *(InvocationRow(input_bytes=int(size)) for size in sizes))


def fit(rows: list[dict[str, Any]]) -> CostModel:
    return CostModel.fit(cleaning.set_outliers_aside(make_history(rows))[0])


def check_sane(prediction: RowPrediction) -> None:
    assert 0 < prediction.cost_usd < math.inf
    assert [interval.coverage for interval in prediction.intervals] == [0.5, 0.8, 0.9]
    inner_low = inner_high = prediction.cost_usd
    for interval in prediction.intervals:
        assert 0 < interval.low_usd <= inner_low <= inner_high <= interval.high_usd < math.inf
        inner_low, inner_high = interval.low_usd, interval.high_usd
    assert len(prediction.outcomes_usd) == 20
    assert prediction.outcomes_usd == sorted(prediction.outcomes_usd)
    explained = sum(effect.effect_usd for effect in prediction.explanation)
    assert explained == pytest.approx(prediction.cost_usd, rel=1e-9)
    assert prediction.explanation[0].factor == "typical_run"
    assert len(prediction.explanation) <= 5


def without_output(rows: list[dict[str, Any]], every: int) -> list[dict[str, Any]]:
    return [row | {"output_bytes": None} if number % every == 0 else row for number, row in enumerate(rows)]


HISTORIES = {
    "three runs": make_rows(3),
    "five runs": make_rows(5, parameters=True),
    "fourteen runs": make_rows(14, parameters=True),
    "forty runs with parameters": make_rows(40, parameters=True),
    "constant cost": [make_row(n, 10 ** (8 + n / 10), 0.25) for n in range(30)],
    "identical inputs": [make_row(n, 5e9, 0.25 * (1 + n % 3)) for n in range(30)],
    "identical runs": [make_row(n, 5e9, 0.25) for n in range(8)],
    "two sizes": [make_row(n, 1e9 * (1 + n % 2), 0.25 * (1 + n % 2)) for n in range(20)],
    "no output": without_output(make_rows(40), 1),
    "some output": without_output(make_rows(40), 3),
    "empty output": [row | {"output_bytes": 0} for row in make_rows(40)],
    "tiny": make_rows(40, low=1e3, high=1e5, overhead=1e-4, per_byte=1e-9),
    "huge": make_rows(40, low=1e14, high=1e16, overhead=10, per_byte=1e-10),
    "from tiny to huge": make_rows(60, low=1e3, high=1e16, overhead=1e-4, per_byte=1e-10),
    "falling": [make_row(n, 1e8 * 1.2**n, 100 * 1.2**-n) for n in range(30)],
    "very noisy": make_rows(60, noise=2.0),
}


@pytest.mark.parametrize("rows", HISTORIES.values(), ids=HISTORIES.keys())
def test_any_history_makes_a_sane_model(rows: list[dict[str, Any]]) -> None:
    model = fit(rows)
    for prediction in ask_sizes(model, 1, 1e3, 1e6, 1e9, 5e9, 1e10, 1e12, 1e15, 1e17):
        check_sane(prediction)
    low, high = model.input_bytes_range
    check_sane(ask(model, InvocationRow(input_bytes=low, output_bytes=0))[0])
    check_sane(ask(model, InvocationRow(input_bytes=high, output_bytes=10**17, parameters={"aligner": "none"}))[0])


RISING = [name for name in HISTORIES if name != "falling"]


@pytest.mark.parametrize("name", RISING)
def test_cost_rises_with_input_size(name: str) -> None:
    model = fit(HISTORIES[name])
    costs = [prediction.cost_usd for prediction in ask_sizes(model, *np.geomspace(1e3, 1e17, 200))]
    assert all(later >= earlier * (1 - 1e-9) for earlier, later in pairwise(costs))


def test_cost_falls_where_the_runs_say_so_beyond_doubt() -> None:
    costs = [prediction.cost_usd for prediction in ask_sizes(fit(HISTORIES["falling"]), 2e8, 2e9, 2e10)]
    assert costs == sorted(costs, reverse=True)


@pytest.mark.parametrize("count", [0, 1, 2])
def test_fewer_than_three_runs_are_insufficient(count: int) -> None:
    with pytest.raises(InsufficientData, match=f"{count} usable runs; a model needs at least 3"):
        CostModel.fit(make_history(make_rows(count)))


def test_constant_cost_is_learned() -> None:
    for prediction in ask_sizes(fit(HISTORIES["constant cost"]), 2e8, 2e9, 1e11):
        assert prediction.cost_usd == pytest.approx(0.25, rel=0.1)


def test_trees_follow_what_no_smooth_base_can() -> None:
    rows = make_rows(200, noise=0.02)
    for row in rows:
        row["cost_usd"] *= 3.0 if row["input_bytes"] > 1e9 else 1.0
    model = fit(rows)
    assert model.kind == "trend_and_residual"
    costs = [prediction.cost_usd for prediction in ask_sizes(model, *np.geomspace(1e7, 1e14, 400))]
    assert all(later >= earlier * (1 - 1e-9) for earlier, later in pairwise(costs))
    assert ask_sizes(model, 3e9)[0].cost_usd == pytest.approx(3 * 0.08, rel=0.15)


def test_growth_continues_beyond_the_range() -> None:
    model = fit(make_rows(100, noise=0.05))
    inside, beyond = ask_sizes(model, 5e10, 1e12)
    assert not inside.extrapolated
    assert inside.extrapolation_factor == 1
    assert beyond.extrapolated
    assert beyond.extrapolation_factor == pytest.approx(1e12 / model.input_bytes_range[1])
    assert beyond.cost_usd == pytest.approx(10.05, rel=0.25)


def test_far_from_all_past_runs_the_edge_of_their_sizes_is_told() -> None:
    model = fit(make_rows(100, noise=0.05))
    smallest, largest = model.input_bytes_range
    row = InvocationRow(input_bytes=40 * largest, output_bytes=1)
    inside, near, far, tiny = ask(
        model, *(row.model_copy(update={"input_bytes": size}) for size in (largest, 2 * largest, 40 * largest, 1))
    )
    assert (inside.edge, near.edge) == (None, None)
    assert far.edge is not None
    assert tiny.edge is not None
    assert (far.edge.input_bytes, tiny.edge.input_bytes) == (largest, smallest)
    (there,) = ask_sizes(model, largest)
    assert (far.edge.cost_usd, far.edge.intervals) == (there.cost_usd, there.intervals)


def relative_width(prediction: RowPrediction) -> float:
    return prediction.intervals[-1].high_usd / prediction.intervals[-1].low_usd


def narrow_history(count: int, exponent: float, noise: float, seed: int) -> list[dict[str, Any]]:
    """Return runs of one to four gigabytes that cost about size to the power of `exponent`."""
    generator = random.Random(seed)
    sizes = [math.exp(generator.uniform(math.log(1e9), math.log(4e9))) for _ in range(count)]
    return [
        make_row(number, size, (size / 2e9) ** exponent * math.exp(generator.gauss(0, noise)))
        for number, size in enumerate(sizes)
    ]


@pytest.mark.parametrize("seed", range(4))
def test_costs_that_fall_among_some_runs_and_rise_among_others_are_learned(seed: int) -> None:
    for prediction in ask_sizes(fit(narrow_history(60, -0.3, 0.1, seed)), 1e9, 4e9, 1e11):
        check_sane(prediction)


def test_intervals_widen_beyond_the_range() -> None:
    model = fit(make_rows(100))
    widths = [relative_width(prediction) for prediction in ask_sizes(model, 9e10, 3e11, 1e12, 1e13)]
    assert widths == sorted(widths)
    assert widths[-1] > 1.5 * widths[0]


def test_intervals_cover_new_runs_as_often_as_they_say() -> None:
    model = fit(make_rows(150, seed=1, noise=0.3))
    metrics = evaluation.score(model, make_history(make_rows(1000, seed=2, noise=0.3))).metrics()
    assert metrics.coverage_80 == pytest.approx(0.8, abs=0.06)
    assert metrics.coverage_90 == pytest.approx(0.9, abs=0.05)


def test_of_very_many_held_out_runs_some_judge(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(evaluation, "MOST_JUDGED", 50)
    train, holdout = make_history(make_rows(20)), make_history(make_rows(99, seed=1))
    model = CostModel.fit(train)
    found = evaluation.evaluate(make_artifact(model, model), train, holdout, None, [])
    assert (found.evaluated_on, found.evaluated_runs) == ("holdout", 50)
    assert found.profile.runs == 119


def test_many_evaluated_runs_are_listed_evenly_over_time() -> None:
    rows = [
        row | {"completed_at": f"2026-01-01T00:{n // 60:02d}:{n % 60:02d}Z"} for n, row in enumerate(make_rows(999))
    ]
    held = make_history(rows[::-1])
    points = evaluation.list_runs(held, evaluation.score_median(held, held))
    assert len(points) == 300
    numbers = [int(point.run_id.removeprefix("run-")) for point in points]
    assert (numbers[0], numbers[-1]) == (0, 998)
    assert {later - earlier for earlier, later in pairwise(numbers)} <= {3, 4}


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"status": "FAILED"}, "status is FAILED"),
        ({"cost_usd": 0}, "cost is not a positive amount"),
        ({"cost_usd": math.nan}, "cost is not a positive amount"),
        ({"input_bytes": 0}, "input size is not a positive number of bytes"),
        ({"output_bytes": -1}, "output size is not a number of bytes"),
    ],
)
def test_unusable_rows_are_set_aside(change: dict[str, Any], reason: str) -> None:
    history, set_aside = from_rows([make_row(1, 1e9, 1.0), make_row(2, 1e9, 1.0) | change])
    assert history.run_ids == ["run-00001"]
    assert [(entry.run_id, entry.reason) for entry in set_aside] == [("run-00002", reason)]


def test_parameters_count_and_are_explained() -> None:
    model = fit(make_rows(120, parameters=True))
    star, salmon = ask(
        model,
        *(InvocationRow(input_bytes=5 * 10**10, parameters={"aligner": name}) for name in ("star", "salmon")),
    )
    assert star.cost_usd == pytest.approx(2 * salmon.cost_usd, rel=0.2)
    effects = {effect.factor: effect.effect_usd for effect in star.explanation}
    assert effects["aligner"] > 0
    assert effects["input_size"] > 0
    assert {effect.factor: effect.effect_usd for effect in salmon.explanation}["aligner"] < 0


def test_many_parameters_are_explained_by_four_effects() -> None:
    generator = random.Random(0)
    rows = make_rows(80)
    for row in rows:
        row["parameters"] = {f"p{number}": generator.choice([1, 2, 4]) for number in range(8)}
        row["cost_usd"] *= row["parameters"]["p1"]
    prediction = ask(fit(rows), InvocationRow(input_bytes=10**10, parameters={f"p{n}": 4 for n in range(8)}))[0]
    check_sane(prediction)
    assert len(prediction.explanation) == 5
    assert prediction.explanation[-1].factor == "other_factors"


def test_what_training_never_saw_is_named() -> None:
    model = fit(make_rows(60, parameters=True))
    asked = {"aligner": "bowtie", "threads": 64, "genome": "GRCh38"}
    prediction = ask(model, InvocationRow(input_bytes=10**10, parameters=asked))[0]
    assert prediction.unknown_parameters == ["aligner=bowtie", "threads=64", "genome"]
    check_sane(prediction)
    known = ask(model, InvocationRow(input_bytes=10**10, parameters={"aligner": "star", "threads": 2}))[0]
    assert known.unknown_parameters == []


def test_similar_runs_are_near_in_size_and_parameters() -> None:
    model = fit(make_rows(300, parameters=True))
    prediction = ask(model, InvocationRow(input_bytes=10**10, parameters={"aligner": "star", "threads": 2}))[0]
    assert len(prediction.similar_runs) == 5
    ratios = [run.input_bytes / 1e10 for run in prediction.similar_runs]
    assert all(0.4 < ratio < 2.5 for ratio in ratios)


def test_runs_with_the_same_categories_are_more_similar() -> None:
    rows = make_rows(300, parameters=True)
    aligners = {row["run_id"]: row["parameters"]["aligner"] for row in rows}
    model = fit(rows)
    for aligner in ("star", "salmon"):
        asked = InvocationRow(input_bytes=10**10, parameters={"aligner": aligner, "threads": 2})
        assert {aligners[run.run_id] for run in ask(model, asked)[0].similar_runs} == {aligner}


def test_a_rough_output_size_moves_the_estimate_little() -> None:
    model = fit(make_rows(120))
    plain, rough = ask(
        model, InvocationRow(input_bytes=10**10), InvocationRow(input_bytes=10**10, output_bytes=2 * 10**10)
    )
    assert rough.cost_usd == pytest.approx(plain.cost_usd, rel=0.1)


def test_output_size_that_decides_the_cost_is_used() -> None:
    generator = random.Random(4)
    rows = [
        make_row(n, size, 1e-10 * output, output_bytes=int(output))
        for n in range(120)
        for size in [10 ** generator.uniform(8, 11)]
        for output in [size * math.exp(generator.gauss(0, 1))]
    ]
    small, large = ask(
        fit(rows),
        InvocationRow(input_bytes=10**10, output_bytes=5 * 10**9),
        InvocationRow(input_bytes=10**10, output_bytes=2 * 10**10),
    )
    assert large.cost_usd > 2.5 * small.cost_usd


def test_lasting_conditions_shift_only_runs_near_in_time() -> None:
    rows = make_rows(150, noise=0.05)
    for number, row in enumerate(rows):
        row["cost_usd"] *= 2.0 if number % 50 < 15 else 1.0
        row["started_at"] = f"2025-{1 + number // 28:02d}-{1 + number % 28:02d}T00:00:00Z"
    model = fit(rows)
    assert model.drift is not None
    assert model.drift.terms
    slow, usual, far, unknown = ask(
        model,
        *(
            InvocationRow.model_validate({"input_bytes": 10**10, "started_at": start})
            for start in (rows[107]["started_at"], rows[130]["started_at"], "2035-01-01T00:00:00Z", None)
        ),
    )
    assert slow.cost_usd > 1.4 * usual.cost_usd
    assert far.cost_usd == pytest.approx(unknown.cost_usd)
    for prediction in (slow, usual, far, unknown):
        check_sane(prediction)
    assert "recent_runs" in {effect.factor for effect in slow.explanation}
    assert "recent_runs" not in {effect.factor for effect in unknown.explanation}


def dated(number: int) -> str:
    return f"2025-{1 + number // 28:02d}-{1 + number % 28:02d}T00:00:00Z"


def test_conditions_may_touch_only_runs_of_a_size() -> None:
    rows = make_rows(200, noise=0.05)
    for number, row in enumerate(rows):
        row["cost_usd"] *= 3.0 if number % 50 < 20 and row["input_bytes"] > 5e9 else 1.0
        row["started_at"] = dated(number)
    model = fit(rows)
    times = [rows[number]["started_at"] for number in (110, 135)]
    asked = [{"input_bytes": size, "started_at": start} for size in (10**9, 5 * 10**10) for start in times]
    small_slow, small_usual, large_slow, large_usual = ask(model, *map(InvocationRow.model_validate, asked))
    assert large_slow.cost_usd > 1.8 * large_usual.cost_usd
    assert small_slow.cost_usd < 1.3 * small_usual.cost_usd


@pytest.mark.parametrize("since", [60, 75, 100])
@pytest.mark.parametrize("noise", [0.05, 0.15])
def test_a_change_for_good_holds_for_all_later_runs(since: int, noise: float) -> None:
    rows = make_rows(120, noise=noise)
    for number, row in enumerate(rows):
        row["cost_usd"] *= 0.5 if number >= since else 1.0
        row["started_at"] = dated(number)
    asked = [{"input_bytes": 10**10, "started_at": start} for start in (dated(20), dated(125), dated(300), None)]
    before, soon, later, undated = ask(fit(rows), *map(InvocationRow.model_validate, asked))
    assert soon.cost_usd == pytest.approx(before.cost_usd / 2, rel=0.12)
    assert later.cost_usd == pytest.approx(before.cost_usd / 2, rel=0.12)
    assert soon.cost_usd < undated.cost_usd < before.cost_usd, "who does not say when, gets what runs cost on the whole"
    assert relative_width(soon) < relative_width(undated)


def test_after_a_change_intervals_lie_around_what_runs_cost_since() -> None:
    rows = make_rows(300, noise=0.05)
    for number, row in enumerate(rows):
        row["cost_usd"] *= 0.5 if number >= 50 else 1.0
        row["started_at"] = dated(number)
    later = make_rows(100, noise=0.05, seed=1)
    asked = [{"input_bytes": row["input_bytes"], "started_at": dated(310)} for row in later]
    answered = ask(fit(rows), *map(InvocationRow.model_validate, asked))
    costs = [row["cost_usd"] / 2 for row in later]
    middle, *_, widest = zip(*(each.intervals for each in answered), strict=True)
    assert 85 <= sum(each.low_usd <= cost <= each.high_usd for each, cost in zip(widest, costs, strict=True)) <= 97
    assert 40 <= sum(each.low_usd <= cost <= each.high_usd for each, cost in zip(middle, costs, strict=True)) <= 60


def test_a_change_makes_nobody_surer_of_growth_beyond_the_range() -> None:
    rows = make_rows(120, noise=0.05)
    for number, row in enumerate(rows):
        row["cost_usd"] *= 0.5 if number >= 60 else 1.0
        row["started_at"] = dated(number)
    far = 5 * max(row["input_bytes"] for row in rows)
    asked = [{"input_bytes": far, "started_at": start} for start in (dated(130), None)]
    dated_far, undated_far = ask(fit(rows), *map(InvocationRow.model_validate, asked))
    assert relative_width(dated_far) >= 0.99 * relative_width(undated_far)


def test_of_two_changes_both_hold() -> None:
    rows = make_rows(150, noise=0.05)
    for number, row in enumerate(rows):
        row["cost_usd"] *= (1.0, 0.5, 1.5)[(number >= 50) + (number >= 110)]
        row["started_at"] = dated(number)
    asked = [{"input_bytes": 10**10, "started_at": dated(number)} for number in (20, 80, 130, 250)]
    first, second, third, later = ask(fit(rows), *map(InvocationRow.model_validate, asked))
    assert second.cost_usd == pytest.approx(0.5 * first.cost_usd, rel=0.12)
    assert third.cost_usd == pytest.approx(1.5 * first.cost_usd, rel=0.12)
    assert later.cost_usd == pytest.approx(third.cost_usd, rel=0.05)


@pytest.mark.parametrize("phase", range(6))
def test_conditions_that_come_and_go_are_no_change(phase: int) -> None:
    rows = make_rows(150, noise=0.05)
    for number, row in enumerate(rows):
        row["cost_usd"] *= math.exp(0.4 * math.sin(number / 12 + phase))
        row["started_at"] = dated(number)
    model = fit(rows)
    assert model.drift is not None
    assert model.drift.terms
    assert not model.drift.changes


@pytest.mark.parametrize("seed", range(6))
def test_where_nothing_changed_no_change_is_seen(seed: int) -> None:
    rows = make_rows(120, noise=0.2, seed=seed)
    for number, row in enumerate(rows):
        row["started_at"] = dated(number)
    model = fit(rows)
    assert model.drift is not None
    assert not model.drift.changes


def test_runs_later_than_all_others_get_the_width_that_later_runs_needed() -> None:
    rows = make_rows(150, noise=0.1)
    for number, row in enumerate(rows):
        row["cost_usd"] *= 1.5 ** (number // 30)
        row["started_at"] = dated(number)
    model = fit(rows)
    asked = [{"input_bytes": 10**10, "started_at": start} for start in (None, dated(300))]
    undated, later = ask(model, *map(InvocationRow.model_validate, asked))
    assert relative_width(later) > 1.2 * relative_width(undated)
    check_sane(later)
    largest = model.input_bytes_range[1]
    asked = [{"input_bytes": size, "started_at": dated(300)} for size in (largest, largest + 1, 2 * largest)]
    edge, beyond, further = ask(model, *map(InvocationRow.model_validate, asked))
    assert relative_width(beyond) >= 0.999 * relative_width(edge), "nobody knows more beyond the range than inside it"
    assert relative_width(further) > relative_width(beyond)


def test_a_parameter_may_be_named_as_a_factor_of_ours() -> None:
    rows = make_rows(40, noise=0.05)
    for number, row in enumerate(rows):
        row["parameters"] = {"input_size": "large" if number % 2 else "small"}
        row["cost_usd"] *= 3.0 if number % 2 else 1.0
    asked = {"input_bytes": 10**10, "parameters": {"input_size": "large"}}
    (prediction,) = ask(fit(rows), InvocationRow.model_validate(asked))
    notes = {effect.factor: effect.note for effect in prediction.explanation}
    assert len(notes) == len(prediction.explanation)
    assert notes["parameter input_size"] == "input_size is large, against the average run"
    assert notes["input_size"].startswith("10 GB of input")


def test_a_square_law_is_believed_with_ten_runs() -> None:
    rows = [make_row(number, size, 1e-20 * size**2) for number, size in enumerate(np.geomspace(1e9, 1e11, 10))]
    assert ask_sizes(fit(rows), 4e11)[0].cost_usd == pytest.approx(1600, rel=0.35)


def same_data_again(count: int, data: int, effect: float, seed: int = 5) -> list[dict[str, Any]]:
    """Return runs on a few pieces of data, each of which costs more or less than its size says."""
    generator = random.Random(seed)
    pieces = [(10 ** generator.uniform(8.5, 10.5), math.exp(generator.gauss(0, effect))) for _ in range(data)]
    return [
        make_row(number, size, (0.05 + 1e-11 * size) * factor * math.exp(generator.gauss(0, 0.05)))
        for number, (size, factor) in ((number, pieces[number % data]) for number in range(count))
    ]


def test_the_same_data_again_costs_what_it_did() -> None:
    rows = same_data_again(120, 20, 0.3)
    model = fit(rows)
    assert model.repeats is not None
    known = ask_sizes(model, *(row["input_bytes"] for row in rows[:20]))
    means = [float(np.mean([row["cost_usd"] for row in rows[number::20]])) for number in range(20)]
    assert float(np.median([abs(a.cost_usd / b - 1) for a, b in zip(known, means, strict=True)])) < 0.05
    new = ask_sizes(model, *(row["input_bytes"] * 1.01 for row in rows[:20]))
    assert relative_width(known[0]) < 0.7 * relative_width(new[0])
    for prediction in (*known, *new):
        check_sane(prediction)


def test_repeated_sizes_that_tell_nothing_change_hardly_anything() -> None:
    model = fit(same_data_again(120, 20, 0.0))
    assert model.repeats is not None
    assert model.repeats.shrinkage is None
    assert model.repeats.unseen < 1.5


@pytest.mark.parametrize("data", [8, 20])
def test_intervals_hold_at_sizes_without_past_runs(data: int) -> None:
    held = []
    for seed in range(8):
        rows = sorted(same_data_again(120, data, 0.3, seed), key=lambda row: float(row["input_bytes"]))
        sizes = sorted({row["input_bytes"] for row in rows})
        new = set(sizes[2:-2:3])
        model = fit([row for row in rows if row["input_bytes"] not in new])
        asked = [row for row in rows if row["input_bytes"] in new]
        for row, answer in zip(asked, ask_sizes(model, *(row["input_bytes"] for row in asked)), strict=True):
            held.append(answer.intervals[-1].low_usd <= row["cost_usd"] <= answer.intervals[-1].high_usd)
    assert float(np.mean(held)) > 0.8


def test_larger_runs_may_disprove_that_cost_grows_with_size() -> None:
    generator = random.Random(3)
    sizes = [math.exp(generator.uniform(math.log(1e9), math.log(1e11))) for _ in range(60)]
    rows = [make_row(number, size, 0.5 * math.exp(generator.gauss(0, 0.3))) for number, size in enumerate(sizes)]
    history = make_history(rows)
    table, log_cost = Table.of_history(Encoder.fit(history), history), np.log(history.cost_usd)
    chosen = selection.select(table, log_cost)
    assert chosen.belief < 1
    believed, proven = (
        core.fit_base(table, log_cost, belief).mixed(0.0, chosen.beyond) for belief in (1.0, chosen.belief)
    )
    far, columns = np.array([math.log(1e13)]), table.recorded[:1] * 0
    for base in (believed, proven):
        assert base.predict(far, columns)[0][0] > math.log(0.4)
    assert proven.predict(far, columns)[0][0] < believed.predict(far, columns)[0][0]


def test_a_proportional_law_keeps_its_prior() -> None:
    history = make_history(make_rows(60, noise=0.2))
    chosen = selection.select(Table.of_history(Encoder.fit(history), history), np.log(history.cost_usd))
    assert chosen.belief == 1


def test_a_few_data_run_often_say_little_about_growth() -> None:
    off = []
    for seed in range(5):
        beyond = ask_sizes(fit(same_data_again(120, 12, 0.3, seed)), 1e12)[0]
        off.append(abs(math.log(beyond.cost_usd / 10.05)))
    assert float(np.mean(off)) < 1.2
