"""What is spent, and the budgets: sums, the tables on moto, and what people are told."""

import random
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contract.base import MAX_COST_USD
from contract.budgets import Budget, BudgetLine, RebuildSpendRequest, SpendRecord
from contract.names import spend_line
from contract.runs import Run
from contract.workflows import WorkflowRecord
from functions.budgets.logic import Budgets
from functions.rebuild_spend.logic import ATTEMPTS, SpendRebuilder
from functions.shared import spend
from functions.shared.adapters import recording, spend_table
from functions.shared.adapters.budgets_table import BudgetsTable
from functions.shared.adapters.recording import RunsWriter
from functions.shared.adapters.runs_table import RunsTable
from functions.shared.adapters.spend_table import LedgerTable, SpendTable
from functions.shared.adapters.workflows_table import WorkflowsTable
from functions.shared.errors import ApiError, DependencyUnavailable
from functions.shared.spend import Amount, Line
from tests.fakes import shapes
from tests.fakes.ports import FakeBudgets, FakeClock, FakeLedger, FakeRuns, FakeSpend, FakeWorkflows
from tests.fakes.shapes import NOW, WORKFLOW

type Client = Any  # as in `test_tables`
NOVEMBER = "2026-11"


def run(number: int, cost: float = 1.5, **changes: object) -> Run:
    ended = datetime(2026, 11, 1, 12, number % 60, tzinfo=UTC)
    values = {"run_id": f"r{number:04d}", "started_at": ended, "completed_at": ended, "cost_usd": cost}
    return shapes.run(**{**values, "tags": {"team": "genomics"}, **changes})


def lines(table: SpendTable, month: str = NOVEMBER) -> dict[tuple[str | None, str], tuple[float, int]]:
    return {(each.team, each.workflow_name): (each.spent_usd, each.runs) for each in table.of_month(month)}


@pytest.fixture
def spent(dynamodb: Client) -> SpendTable:
    return SpendTable(dynamodb, "spend")


# What a run adds


@pytest.mark.parametrize(
    ("tags", "team"),
    [
        (None, None),
        ({}, None),
        ({"team": ""}, None),
        ({"team": "  "}, None),
        ({"team": " a b "}, "a b"),
        ({"t": "x"}, None),
    ],
)
def test_the_team_is_what_the_tag_says(tags: dict[str, str] | None, team: str | None) -> None:
    assert spend.line_of(run(1, tags=tags)) == Line(NOVEMBER, team, WORKFLOW)


def test_the_month_is_that_of_completion_in_utc() -> None:
    late = datetime.fromisoformat("2026-12-01T00:30:00+02:00")
    assert spend.line_of(run(1, started_at=late, completed_at=late)).month == NOVEMBER


def test_failed_runs_cost_too_and_bills_move_the_difference() -> None:
    estimated = run(1, 1.0, cost_source="estimated")
    billed = run(1, 0.7, cost_source="billed", estimated_cost_usd=1.0)
    line = spend.line_of(billed)
    assert spend.total([(run(2, 2.0, status="FAILED"), None)]) == {line: Amount(Decimal(2), 1)}
    assert spend.total([(billed, estimated)]) == {line: Amount(Decimal("-0.3"), 0)}
    assert spend.total([(billed, billed)]) == {}, "what changes nothing is not written"


@given(st.lists(st.floats(0, MAX_COST_USD), max_size=20))
def test_sums_are_exact_and_fit_a_dynamodb_number(costs: list[float]) -> None:
    total = sum((spend.exact(cost) for cost in costs), start=Decimal(0))
    assert abs(total - sum(Decimal(repr(cost)) for cost in costs)) <= len(costs) * spend.SMALLEST_USD
    million = spend.exact(MAX_COST_USD) * 10**6 + spend.SMALLEST_USD
    assert len(million.as_tuple().digits) <= 38


def test_lines_have_names_that_fit_a_key() -> None:
    names = [spend_line(team, "w" * 128) for team in (None, "", "null", "x" * 256, "\U0001f9ec" * 256)]
    assert len(set(names)) == len(names)
    assert {len(name) for name in names} == {32}


# Recording


def test_what_is_recorded_is_spent_once(runs: RunsWriter, spent: SpendTable) -> None:
    first = [run(number, 0.1) for number in range(10)]
    runs.record(WORKFLOW, first)
    runs.record(WORKFLOW, [*first[5:], *(run(number, 0.1) for number in range(10, 13))])
    runs.record(WORKFLOW, [first[0].model_copy(update={"input_bytes": 1})])
    assert lines(spent) == {("genomics", WORKFLOW): (1.3, 13)}
    assert lines(spent, "2026-10") == {}


def test_lines_are_by_team_and_workflow(runs: RunsWriter, spent: SpendTable) -> None:
    runs.record(WORKFLOW, [run(1, 1), run(2, 2, tags={"team": "imaging"}), run(3, 4, tags=None), run(4, 8, tags=None)])
    runs.record("other", [run(1, 16, workflow_name="other", tags=None)])
    assert lines(spent) == {
        ("genomics", WORKFLOW): (1, 1),
        ("imaging", WORKFLOW): (2, 1),
        (None, WORKFLOW): (12, 2),
        (None, "other"): (16, 1),
    }


def test_a_bill_moves_what_was_spent(runs: RunsWriter, spent: SpendTable) -> None:
    estimated = [run(number, 1.0, cost_source="estimated") for number in range(3)]
    runs.record(WORKFLOW, estimated)
    runs.record(WORKFLOW, [run(0, 1.25), run(1, 0.5), run(7, 3.0)])
    assert lines(spent) == {("genomics", WORKFLOW): (5.75, 4)}
    runs.record(WORKFLOW, [run(0, 1.25), run(1, 0.5)])
    assert lines(spent) == {("genomics", WORKFLOW): (5.75, 4)}


def test_a_transaction_has_room_for_its_lines() -> None:
    chance = random.Random(1)
    history = [run(number, tags={"team": f"t{chance.randrange(90)}"}) for number in range(700)]
    for some in (history, [run(number) for number in range(700)], [run(0)], []):
        chunks = list(recording._chunks(some))
        assert [each for chunk in chunks for several in chunk.values() for each in several] == some
        actions = [len(chunk) + 1 + len({spend.line_of(each) for (each,) in chunk.values()}) for chunk in chunks]
        assert max(actions, default=0) <= recording.TRANSACTION_ACTIONS
    assert len(list(recording._chunks([run(number) for number in range(98)]))) == 1


def test_a_history_of_many_months_is_recorded_whole(runs: RunsWriter, spent: SpendTable) -> None:
    history = []
    for number in range(240):
        ended = datetime(2007 + number // 12, 1 + number % 12, 5, tzinfo=UTC)
        history.append(run(number, 1.0, started_at=ended, completed_at=ended))
    assert len(runs.record(WORKFLOW, history).accepted) == 240
    assert all(lines(spent, f"{each.completed_at:%Y-%m}") == {("genomics", WORKFLOW): (1.0, 1)} for each in history)


# Counting anew


def forget_spend(client: Client) -> None:
    """Make the tables what an early version left: runs, and no money."""
    for item in client.scan(TableName="spend")["Items"]:
        client.delete_item(TableName="spend", Key={name: item[name] for name in ("month", "line")})
    for item in client.scan(TableName="workflows")["Items"]:
        client.update_item(
            TableName="workflows", Key={"workflow_name": item["workflow_name"]}, UpdateExpression="REMOVE spend_runs"
        )


def rebuilder(client: Client, ledger: LedgerTable | None = None) -> SpendRebuilder:
    return SpendRebuilder(
        workflows=WorkflowsTable(client, "workflows"),
        runs=RunsTable(client, "runs"),
        ledger=ledger or LedgerTable(client, "spend", "workflows"),
        clock=FakeClock(),
    )


def test_runs_of_an_early_version_are_counted(
    dynamodb: Client,
    runs: RunsWriter,
    spent: SpendTable,
) -> None:
    runs.record(WORKFLOW, [run(number, 0.1, tags={"team": f"t{number % 3}"}) for number in range(150)])
    runs.record("other", [run(1, 2, workflow_name="other")])
    expected = lines(spent)
    forget_spend(dynamodb)
    runs.record("other", [run(2, 2, workflow_name="other", tags=None)])
    told = rebuilder(dynamodb).rebuild(RebuildSpendRequest())
    assert (told.workflows, told.runs) == (2, 152)
    assert lines(spent) == expected | {(None, "other"): (2, 1)}
    again = rebuilder(dynamodb).rebuild(RebuildSpendRequest())
    assert (again.workflows, again.runs) == (0, 0)
    everything = rebuilder(dynamodb).rebuild(RebuildSpendRequest(everything=True))
    assert (everything.workflows, everything.runs) == (2, 152)
    assert lines(spent) == expected | {(None, "other"): (2, 1)}


class RacingLedger(LedgerTable):
    """Somebody records a run before the first attempt is written, and its bill amid the second."""

    def __init__(self, client: Client, writer: RunsWriter) -> None:
        super().__init__(client, "spend", "workflows")
        self.writer = writer
        self.attempts = 0

    def replace(self, record: WorkflowRecord, lines: Any) -> bool:  # noqa: ANN401 - as the port says
        self.attempts += 1
        if self.attempts == 1:
            self.writer.record(WORKFLOW, [run(5000, 100, cost_source="estimated")])
        return super().replace(record, lines)

    def _unchanged(self, record: WorkflowRecord, *, is_last: bool) -> Any:  # noqa: ANN401 - as there
        action = super()._unchanged(record, is_last=is_last)
        if self.attempts == 2 and is_last:
            # The bill of a run changes no count: the time of the latest recording gives it away.
            self.writer._clock.advance(1)  # type: ignore[attr-defined] # a fake
            self.writer.record(WORKFLOW, [run(5000, 130)])
        return action


def test_what_is_recorded_meanwhile_is_neither_lost_nor_counted_twice(
    dynamodb: Client,
    runs: RunsWriter,
    spent: SpendTable,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(spend_table, "_TRANSACTION_LINES", 2)
    runs.record(WORKFLOW, [run(number, 1.0, tags={"team": f"t{number}"}) for number in range(5)])
    runs.record(WORKFLOW, [run(9999, 50)])
    forget_spend(dynamodb)
    ledger = RacingLedger(dynamodb, runs)
    rebuilder(dynamodb, ledger).rebuild(RebuildSpendRequest())
    assert ledger.attempts == 3
    teams = {(f"t{number}", WORKFLOW): (1.0, 1) for number in range(5)}
    assert lines(spent) == teams | {("genomics", WORKFLOW): (180.0, 2)}
    (record,) = WorkflowsTable(dynamodb, "workflows").all()
    assert record.spend_runs == record.runs == 7


def test_runs_that_never_stop_coming_are_given_up_on_for_now() -> None:
    workflows = FakeWorkflows(shapes.workflow(runs=1, spend_runs=0))
    busy = FakeLedger(workflows, busy=ATTEMPTS)
    clock = FakeClock()
    rebuild = SpendRebuilder(workflows=workflows, runs=FakeRuns([run(1)]), ledger=busy, clock=clock).rebuild
    with pytest.raises(DependencyUnavailable):
        rebuild(RebuildSpendRequest())
    assert len(clock.pauses) == ATTEMPTS
    assert rebuild(RebuildSpendRequest()).runs == 1


def test_what_is_no_run_is_counted_and_costs_nothing() -> None:
    workflows = FakeWorkflows(shapes.workflow(runs=2, spend_runs=0))
    history = FakeRuns([run(1)])
    history.unreadable = ["r2: cost_usd is text"]
    ledger = FakeLedger(workflows)
    rebuild = SpendRebuilder(workflows=workflows, runs=history, ledger=ledger, clock=FakeClock()).rebuild
    assert rebuild(RebuildSpendRequest()).runs == 2
    assert ledger.lines == {Line(NOVEMBER, "genomics", WORKFLOW): Amount(Decimal("1.5"), 1)}


# What people are told


def record(team: str | None, usd: float, workflow_name: str = WORKFLOW, month: str = NOVEMBER) -> SpendRecord:
    return SpendRecord(month=month, line="x", team=team, workflow_name=workflow_name, spent_usd=usd, runs=2)


def budget(team: str, limit: float) -> Budget:
    return Budget(team=team, limit_usd=limit, updated_at=NOW)


def told(*records: SpendRecord, limits: tuple[Budget, ...] = (), **workflow: Any) -> Budgets:  # noqa: ANN401 - members of a record
    workflows = FakeWorkflows(shapes.workflow(**{"runs": 4, "spend_runs": 4, **workflow}))
    return Budgets(spend=FakeSpend(*records), budgets=FakeBudgets(*limits), workflows=workflows, clock=FakeClock())


def test_a_month_against_its_limits() -> None:
    limits = (budget("zebra", 5), budget("Ape", 0.3), budget("bear", 0.3))
    spending = [
        record("Ape", 0.1),
        record("Ape", 0.2, "other"),
        record(None, 7),
        record("bear", 0.31),
        record("cat", 1),
    ]
    response = told(*spending, record("cat", 9, month="2026-10"), limits=limits).of_month(NOVEMBER)
    assert [line.team for line in response.budgets] == ["Ape", "bear", "cat", "zebra", None]
    ape, bear, cat, zebra, nobody = response.budgets
    assert (ape.spent_usd, ape.runs, ape.remaining_usd, ape.over_budget) == (0.3, 4, 0.0, False)
    assert [each.workflow_name for each in ape.workflows] == ["other", WORKFLOW]
    assert (bear.remaining_usd, bear.over_budget) == (-0.01, True)
    assert (cat.limit_usd, cat.remaining_usd, cat.over_budget, cat.spent_usd) == (None, None, False, 1)
    assert zebra == BudgetLine(
        team="zebra", limit_usd=5, spent_usd=0, runs=0, remaining_usd=5, over_budget=False, workflows=[]
    )
    assert (nobody.spent_usd, nobody.limit_usd) == (7, None)
    assert response.uncounted_runs == 0


def test_a_limit_judges_its_own_month_and_later_ones_only() -> None:
    set_in_june = budget("genomics", 5)
    earlier, same, later = (
        told(record("genomics", 9, month=month), limits=(set_in_june,)).of_month(month).budgets[0]
        for month in ("2026-05", "2026-06", "2026-07")
    )
    assert (earlier.limit_usd, earlier.remaining_usd, earlier.over_budget) == (None, None, False)
    assert (same.over_budget, later.over_budget) == (True, True)
    assert told(limits=(set_in_june,)).of_month("2026-05").budgets == [], "nor is a team listed for it"


def test_the_same_limit_again_keeps_its_date_and_another_one_has_its_own() -> None:
    clock = FakeClock()
    table = FakeBudgets(budget("genomics", 5))
    budgets = Budgets(spend=FakeSpend(), budgets=table, workflows=FakeWorkflows(), clock=clock)
    clock.time = NOW + timedelta(days=40)
    assert budgets.set("genomics", 5).updated_at == NOW
    assert budgets.set("genomics", 6).updated_at == clock.time
    assert budgets.of_month("2026-06").budgets == []


def test_the_month_is_this_one_unless_another_is_named() -> None:
    now = f"{NOW:%Y-%m}"
    assert told().of_month(None).month == now
    assert told().of_month("2020-01").month == "2020-01"


def test_runs_that_no_line_holds_are_not_kept_quiet() -> None:
    assert told(runs=60, spend_runs=2).of_month(None).uncounted_runs == 58


@pytest.mark.parametrize("team", ["genomics", "R&D/50%", "R%26D%2F50%25"])
def test_budgets_are_set_and_deleted(team: str) -> None:
    budgets = told()
    assert budgets.set(team, 10) == budget(team, 10)
    assert budgets.set(team, 20).limit_usd == 20
    assert [(line.team, line.limit_usd) for line in budgets.of_month(None).budgets] == [(team, 20)]
    assert budgets.delete(team) == budget(team, 20)
    with pytest.raises(ApiError) as caught:
        budgets.delete(team)
    assert caught.value.code == "budget_not_found"


@pytest.mark.parametrize("team", ["..", ".", "lab\u202ewgs", "lab\u200b"])
def test_a_team_that_nobody_could_address_or_see_gets_no_budget(team: str) -> None:
    with pytest.raises(ApiError, match=r"must not (be|hold)"):
        told().set(team, 1)


@pytest.mark.parametrize("team", ["", " ", "a\x00b", "x" * 257, "\n"])
def test_what_is_no_team_has_no_budget(team: str) -> None:
    with pytest.raises(ApiError, match="The team must have") as unset:
        told().set(team, 1)
    with pytest.raises(ApiError, match="The team must have") as undeleted:
        told().delete(team)
    assert unset.value.code == undeleted.value.code == "invalid_request"


def test_the_table_of_budgets(dynamodb: Client) -> None:
    table = BudgetsTable(dynamodb, "budgets")
    table.put(budget("a", 1))
    table.put(budget("a", 0.1 + 0.2))
    table.put(budget("b", 0))
    assert sorted(table.all(), key=lambda each: each.team) == [budget("a", 0.1 + 0.2), budget("b", 0)]
    assert table.delete("a") == budget("a", 0.1 + 0.2)
    assert table.delete("a") is None
