"""The made-up history: always the same, marked as what it is, and with a truth that the model finds."""

import csv
import io
import itertools
import json
from datetime import UTC, datetime

import pytest
from pydantic import ValidationError

from contract.container import InvocationRow, RowPrediction
from contract.made_up import MADE_UP_WORKFLOW
from contract.runs import Run
from examples import made_up
from examples.made_up import HISTORY, MadeUpRun, true_usd
from model.container import answers
from model.cost_model import CostModel
from model.data.history import from_rows
from runquote.readers.csv import read_runs

ASKED_AT = datetime(2026, 11, 29, tzinfo=UTC)


@pytest.fixture(scope="module")
def runs() -> list[Run]:
    return [Run.model_validate_json(json.dumps(run)) for run in read_runs(HISTORY)]


def test_the_committed_file_is_what_the_generator_writes() -> None:
    written = io.StringIO()
    writer = csv.DictWriter(written, made_up.COLUMNS, lineterminator="\n")
    writer.writeheader()
    writer.writerows(made_up.history())
    assert HISTORY.read_text() == written.getvalue(), "run `python -m examples.made_up`"


def test_it_is_of_the_scale_of_real_work(runs: list[Run]) -> None:
    assert len(runs) == 120
    assert 20e9 <= min(run.input_bytes for run in runs) < 40e9
    assert 800e9 < max(run.input_bytes for run in runs) <= 1e12
    done = [run for run in runs if run.status == "SUCCEEDED"]
    assert 105 <= len(done) < 120
    assert 1 < min(run.cost_usd for run in done) < 5
    assert 200 < max(run.cost_usd for run in done) < 1000
    assert 40 <= sum(run.purchase_option == "spot" for run in runs) <= 80


def test_every_run_and_every_team_is_marked_as_made_up(runs: list[Run]) -> None:
    assert {run.workflow_name for run in runs} == {MADE_UP_WORKFLOW}
    assert all(run.tags and run.tags["origin"] == "made-up" for run in runs)
    assert all(run.tags and run.tags["team"].startswith("demo-") for run in runs)
    assert all(run.run_id.startswith("demo-") for run in runs)


def test_a_real_run_cannot_be_recorded_under_the_name(runs: list[Run]) -> None:
    document = runs[0].model_dump(mode="json") | {"tags": {"team": "genomics"}}
    with pytest.raises(ValidationError, match="kept for made-up runs"):
        Run.model_validate_json(json.dumps(document))


def test_a_genome_of_30x_takes_what_was_published() -> None:
    day = datetime(2026, 10, 1, tzinfo=UTC)
    genome = MadeUpRun(60, "haplotypecaller", 30, "on_demand", day)
    assert 250 < genome.vcpu_hours < 384  # at most that with the slower programs of 2015
    deep = MadeUpRun(70, "deepvariant", 30, "on_demand", day)
    assert made_up.CALL["deepvariant"] * deep.input_gb == pytest.approx(343, rel=0.01)
    assert 5 < true_usd(genome) < 20


def test_predictions_lie_near_the_truth_and_intervals_cover_it(runs: list[Run]) -> None:
    rows = [run.model_dump(mode="json") for run in runs]
    model = CostModel.fit(from_rows([row for row in rows if row["status"] == "SUCCEEDED"])[0])
    errors, covered = [], []
    for size, caller, coverage, option in itertools.product(
        [30, 60, 120, 250, 500, 900], made_up.CALL, [15, 30, 40], made_up.SCATTER
    ):
        truth = true_usd(MadeUpRun(size, caller, coverage, option, ASKED_AT))
        prediction = ask(model, size, {"caller": caller, "coverage": coverage, "purchase_option": option})
        errors.append(prediction.cost_usd / truth - 1)
        interval = next(each for each in prediction.intervals if each.coverage == 0.8)
        covered.append(interval.low_usd <= truth <= interval.high_usd)
    assert max(map(abs, errors)) < 0.15
    assert sorted(map(abs, errors))[len(errors) // 2] < 0.06
    assert sum(covered) / len(covered) > 0.95


def ask(model: CostModel, size: float, parameters: dict[str, str | int]) -> RowPrediction:
    row = InvocationRow(input_bytes=int(size * 1e9), parameters=dict(parameters), started_at=ASKED_AT)
    return answers.predict(model, [row], explain=False, similar_runs=0)[0]
