"""The committed histories are what the committed plans and prices make of the measured figures."""

import csv
import json
from datetime import datetime
from decimal import Decimal
from itertools import pairwise
from pathlib import Path

import pytest

from contract.made_up import MADE_UP_WORKFLOW
from contract.runs import Run
from examples.measure import COLUMNS, EXAMPLES
from examples.plans import PLANNERS, plan
from examples.pricing import cost_usd, requested_memory_gib
from runquote.readers.csv import read_runs

WORKFLOWS = list(PLANNERS)
Rows = list[dict[str, str]]


def history(workflow_name: str) -> Path:
    return EXAMPLES / workflow_name / "runs.csv"


@pytest.fixture(params=WORKFLOWS)
def workflow_name(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def rows(workflow_name: str) -> Rows:
    with history(workflow_name).open(newline="") as file:
        reader = csv.DictReader(file)
        assert reader.fieldnames == COLUMNS
        return list(reader)


def succeeded(rows: Rows) -> Rows:
    return [row for row in rows if row["status"] == "SUCCEEDED"]


def test_every_history_on_disk_has_a_workflow_and_a_plan() -> None:
    assert sorted(path.parent.name for path in EXAMPLES.glob("*/runs.csv")) == sorted([*WORKFLOWS, MADE_UP_WORKFLOW])
    assert sorted(path.parent.name for path in EXAMPLES.glob("*/Snakefile")) == sorted(WORKFLOWS)


def test_the_api_would_take_each_row_as_it_is(workflow_name: str) -> None:
    runs = [Run.model_validate_json(json.dumps(run)) for run in read_runs(history(workflow_name))]
    assert {run.workflow_name for run in runs} == {workflow_name}
    assert {run.cost_source for run in runs} == {"estimated"}


def test_there_are_enough_runs_and_each_has_its_own_name(rows: Rows) -> None:
    assert len({row["run_id"] for row in rows}) == len(rows)
    assert len(succeeded(rows)) >= 60


def test_sizes_and_costs_differ_widely(rows: Rows) -> None:
    sizes = [int(row["input_bytes"]) for row in succeeded(rows)]
    costs = [Decimal(row["cost_usd"]) for row in succeeded(rows)]
    assert max(sizes) >= 100 * min(sizes)
    assert max(costs) >= 20 * min(costs)


def test_each_run_was_planned_as_it_says(workflow_name: str, rows: Rows) -> None:
    for row in rows:
        name, seed, number = row["run_id"].rsplit("-", 2)
        assert name == workflow_name
        assert json.loads(row["parameters"]) == plan(name, int(seed), int(number)).parameters


def test_the_cost_is_the_stated_price_of_the_time_and_size_measured(rows: Rows) -> None:
    for row in rows:
        vcpu, memory = int(row["vcpu"]), int(row["memory_gib"])
        assert vcpu == json.loads(row["parameters"])["threads"]
        assert memory == requested_memory_gib(vcpu, int(row["peak_memory_bytes"]))
        assert row["cost_usd"] == f"{cost_usd(Decimal(row['wall_seconds']), vcpu, memory):f}"


def test_steps_fit_into_the_run_and_into_the_processors_they_had(rows: Rows) -> None:
    for row in rows:
        elapsed = datetime.fromisoformat(row["completed_at"]) - datetime.fromisoformat(row["started_at"])
        wall, cpu = float(row["wall_seconds"]), float(row["cpu_seconds"])
        assert 0 < wall < elapsed.total_seconds()
        # Each step's figures are the kernel's, counted in ticks: allow a percent and a few of them.
        assert 0 < cpu <= int(row["vcpu"]) * wall * 1.01 + 0.05, row["run_id"]


def test_runs_were_measured_one_after_the_other() -> None:
    spans = sorted(
        (row["started_at"], row["completed_at"])
        for name in WORKFLOWS
        for row in csv.DictReader(history(name).open(newline=""))
    )
    assert all(ended <= started for (_, ended), (started, _) in pairwise(spans))


def test_only_runs_that_succeeded_have_results(rows: Rows) -> None:
    for row in rows:
        assert (row["output_bytes"] != "") == (row["status"] == "SUCCEEDED")
