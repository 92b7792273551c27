"""Bills far from their estimates, and what people change of runs: on fakes, and in the tables on moto."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contract.corrections import RunChange, RunCorrection
from contract.runs import LARGEST_BILL, MAX_CHANGES, MAX_HELD_BILLS, SMALLEST_BILL, Run, RunsQuery, is_plausible_bill
from functions.record_runs.corrections import Corrector
from functions.record_runs.logic import Recorder
from functions.shared import spend
from functions.shared.adapters import aws
from functions.shared.adapters.changes_table import ChangesTable
from functions.shared.adapters.recording import RunsWriter
from functions.shared.adapters.spend_table import SpendTable
from functions.shared.adapters.workflows_table import WorkflowsTable
from functions.shared.errors import ApiError
from functions.shared.http import Caller
from functions.shared.revisions import plain, received, recorded_run
from tests.fakes import aws_faults, shapes
from tests.fakes.aws_faults import Injector
from tests.fakes.ports import FakeClock, FakeNewcomers, FakeRuns
from tests.fakes.shapes import NOW, WORKFLOW
from tests.unit.functions.conftest import writer
from tests.unit.functions.test_record_runs import rows

type Client = Any  # moto takes any botocore client, and so do these tests
ESTIMATE = shapes.run(cost_source="estimated", cost_usd=10.0, tags={"team": "genomics"})
OTHER = shapes.run(run_id="other", tags={"team": "genomics"})
PERSON = Caller("k1", "Ada")


def billed(cost_usd: float, run: Run = ESTIMATE) -> Run:
    return run.model_copy(update={"cost_source": "billed", "cost_usd": cost_usd})


def correction(reason: str = "as the invoice says", **members: object) -> RunCorrection:
    return RunCorrection.model_validate({"reason": reason, **members})


def months(client: Client) -> dict[tuple[str | None, str], tuple[float, int]]:
    return {
        (line.team, line.month): (line.spent_usd, line.runs)
        for month in ("2026-02", "2026-05")
        for line in SpendTable(client, "spend").of_month(month)
        if line.runs or line.spent_usd
    }


def counts(client: Client) -> tuple[int, int, int, int]:
    record = WorkflowsTable(client, "workflows").get(WORKFLOW)
    assert record is not None
    assert record.spend_runs == record.runs
    return record.runs, record.succeeded_runs, record.withdrawn_runs, record.revisions


@pytest.fixture
def trail(dynamodb: Client) -> ChangesTable:
    return ChangesTable(dynamodb, "changes")


@pytest.fixture
def corrector(runs: RunsWriter, trail: ChangesTable) -> Corrector:
    return Corrector(runs, trail, FakeClock())


@pytest.mark.parametrize(
    ("bill", "estimate", "plausible"),
    [(1.0, 10, True), (0.99, 10, False), (40.0, 10, True), (40.1, 10, False), (1.0, 0, True), (1.01, 0, False)],
)
def test_how_far_a_bill_may_be_from_its_estimate(bill: float, estimate: float, plausible: bool) -> None:
    assert is_plausible_bill(bill, estimate) is plausible
    assert SMALLEST_BILL < 1 < LARGEST_BILL


def test_a_history_sent_back_a_thousandfold_is_not_taken_and_the_true_bills_settle_it(
    runs: RunsWriter, dynamodb: Client
) -> None:
    history = [ESTIMATE.model_copy(update={"run_id": f"r{number}"}) for number in range(121)]
    recorder = Recorder(runs, FakeClock(), FakeNewcomers())
    recorder.record_many(rows(*history))
    before = counts(dynamodb), months(dynamodb)
    for _ in range(2):  # the same again says the same
        answer = recorder.record_many(rows(*(billed(10_000.0, run) for run in history)))
        assert (answer.accepted, answer.unchanged, answer.rejected, len(answer.held)) == (0, 0, [], 121)
    assert (counts(dynamodb), months(dynamodb)) == before
    assert [run.cost_usd for run in runs.succeeded(WORKFLOW).rows] == [10.0] * 121
    waiting, _ = runs.page(WORKFLOW, RunsQuery(held=True, limit=200), None)
    assert len(waiting) == 121
    answer = recorder.record_many(rows(*(billed(12.0, run) for run in history)))
    assert (answer.accepted, answer.held, answer.rejected) == (121, [], [])
    assert {(run.cost_usd, run.estimated_cost_usd) for run in runs.succeeded(WORKFLOW).rows} == {(12.0, 10.0)}
    assert counts(dynamodb) == (121, 121, 0, 121)
    assert runs.page(WORKFLOW, RunsQuery(held=True), None) == ([], None)
    kept = runs.get(WORKFLOW, "r7")
    assert kept is not None
    assert [(bill.cost_usd, bill.state) for bill in kept.held_bills] == [(10_000.0, "passed_over")]


def test_an_estimate_and_a_far_bill_in_one_request_whatever_their_order() -> None:
    for sent in ([ESTIMATE, billed(1e5)], [billed(1e5), ESTIMATE]):
        store = FakeRuns()
        answer = Recorder(store, FakeClock(), FakeNewcomers()).record_many(rows(*sent))
        assert (answer.accepted, answer.unchanged, len(answer.held), answer.rejected) == (1, 0, 1, [])
        assert "waits for a person" in answer.held[0].message
        assert store.runs[WORKFLOW, "run-1"].cost_usd == 10.0


def test_a_new_run_whose_own_estimate_is_far_is_recorded_with_the_estimate() -> None:
    store = FakeRuns()
    both = billed(1e5).model_copy(update={"estimated_cost_usd": 10.0})
    answer = Recorder(store, FakeClock(), FakeNewcomers()).record_one(both)
    assert (answer.accepted, len(answer.held)) == (0, 1)
    kept = store.runs[WORKFLOW, "run-1"]
    assert (kept.cost_usd, kept.cost_source, kept.bill_waits) == (10.0, "estimated", True)


def test_different_far_bills_are_all_kept_up_to_a_bound() -> None:
    store = FakeRuns([ESTIMATE])
    recorder = Recorder(store, FakeClock(), FakeNewcomers())
    for number in range(MAX_HELD_BILLS):
        assert len(recorder.record_one(billed(1000.0 + number)).held) == 1
    with pytest.raises(ApiError, match="recorded with other values"):
        recorder.record_one(billed(5000.0))
    assert recorder.record_one(billed(12.0)).accepted == 1


@given(st.lists(st.sampled_from([0.01, 9.0, 12.0, 5000.0]), min_size=1, max_size=8))
def test_sending_again_changes_nothing_whatever_came(bills: list[float]) -> None:
    known = recorded_run(ESTIMATE)
    for bill in bills:
        both = received(known, billed(bill), NOW)
        if both is not None:
            assert received(both, billed(bill), NOW) is both
            known = both
    assert known.bill_waits == (
        known.cost_source == "estimated" and any(bill.state == "waiting" for bill in known.held_bills)
    )


def test_a_person_accepts_a_bill(runs: RunsWriter, dynamodb: Client, corrector: Corrector) -> None:
    runs.record(WORKFLOW, [ESTIMATE])
    runs.record(WORKFLOW, [billed(1000.0)])
    runs.record(WORKFLOW, [billed(2000.0)])
    accept = correction(bill={"cost_usd": 2000.0, "decision": "accept"})
    story = corrector.correct(WORKFLOW, "run-1", accept, PERSON)
    assert (story.run.cost_usd, story.run.cost_source, story.run.estimated_cost_usd) == (2000.0, "billed", 10.0)
    assert [bill.state for bill in story.run.held_bills] == ["passed_over", "accepted"]
    (change,) = story.changes
    assert (change.kind, change.by, change.by_name, change.at) == ("bill_accepted", "k1", "Ada", NOW)
    assert (change.before.cost_usd, change.after, change.reason) == (10.0, story.run, "as the invoice says")
    assert counts(dynamodb) == (1, 1, 0, 1)
    assert months(dynamodb) == {("genomics", "2026-05"): (2000.0, 1)}
    assert corrector.correct(WORKFLOW, "run-1", accept, PERSON) == story
    with pytest.raises(ApiError, match="was passed over before"):
        corrector.correct(WORKFLOW, "run-1", correction(bill={"cost_usd": 1000.0, "decision": "refuse"}), PERSON)


def test_a_person_refuses_a_bill_and_it_is_asked_for_no_more(
    runs: RunsWriter, dynamodb: Client, corrector: Corrector
) -> None:
    runs.record(WORKFLOW, [ESTIMATE])
    runs.record(WORKFLOW, [billed(1000.0)])
    refuse = correction(bill={"cost_usd": 1000.0, "decision": "refuse"})
    story = corrector.correct(WORKFLOW, "run-1", refuse, PERSON)
    assert (story.run.cost_usd, story.run.bill_waits) == (10.0, False)
    again = runs.record(WORKFLOW, [billed(1000.0)])
    assert again.unchanged == {"run-1"}
    assert not again.held
    assert counts(dynamodb) == (1, 1, 0, 0), "nothing new to learn"
    assert runs.record(WORKFLOW, [billed(11.0)]).accepted == {"run-1"}
    with pytest.raises(ApiError, match="not among those that wait"):
        corrector.correct(WORKFLOW, "run-1", correction(bill={"cost_usd": 7.0, "decision": "accept"}), PERSON)


def test_a_wrong_bill_that_was_taken_is_corrected_and_comes_back_no_more(
    runs: RunsWriter, dynamodb: Client, corrector: Corrector
) -> None:
    runs.record(WORKFLOW, [ESTIMATE])
    runs.record(WORKFLOW, [billed(35.0)])
    back = {"cost_usd": 10.0, "cost_source": "estimated"}
    story = corrector.correct(WORKFLOW, "run-1", correction(values=back), PERSON)
    assert (story.run.cost_usd, story.run.cost_source, story.run.estimated_cost_usd) == (10.0, "estimated", None)
    for sent in (ESTIMATE, billed(35.0)):
        assert runs.record(WORKFLOW, [sent]).unchanged == {"run-1"}
    assert runs.record(WORKFLOW, [billed(11.0)]).accepted == {"run-1"}
    assert runs.record(WORKFLOW, [billed(35.0)]).unchanged == {"run-1"}
    assert runs.record(WORKFLOW, [billed(12.0)]).conflicts == {"run-1"}
    assert months(dynamodb) == {("genomics", "2026-05"): (11.0, 1)}
    assert [each.before.cost_usd for each in story.changes] == [35.0]


def test_every_value_can_be_corrected_and_counts_and_spend_and_dataset_follow(
    runs: RunsWriter, dynamodb: Client, corrector: Corrector
) -> None:
    runs.record(WORKFLOW, [ESTIMATE, OTHER])
    values = {
        "cost_usd": 8.0,
        "input_bytes": 7,
        "output_bytes": 3,
        "started_at": NOW.replace(month=2, day=1),
        "completed_at": NOW.replace(month=2, day=2),
        "parameters": {"paired": True},
        "tags": {"team": "imaging"},
        "engine": "nextflow",
        "purchase_option": "spot",
    }
    story = corrector.correct(WORKFLOW, "run-1", correction(values=values), PERSON)
    assert {name: getattr(story.run, name) for name in values} == values
    assert months(dynamodb) == {("imaging", "2026-02"): (8.0, 1), ("genomics", "2026-05"): (12.3, 1)}
    assert counts(dynamodb) == (2, 2, 0, 1)
    (trained, _) = sorted(runs.succeeded(WORKFLOW).rows, key=lambda run: run.cost_usd)
    assert trained == plain(story.run)
    assert type(trained) is Run
    assert runs.record(WORKFLOW, [ESTIMATE]).unchanged == {"run-1"}, "its reader sends the original again"
    assert runs.record(WORKFLOW, [plain(story.run)]).unchanged == {"run-1"}
    assert runs.record(WORKFLOW, [billed(9.0)]).accepted == {"run-1"}, "a bill comes with the original values"
    failed = corrector.correct(WORKFLOW, "run-1", correction(values={"status": "FAILED", "engine": None}), PERSON)
    assert (failed.run.engine, failed.run.cost_usd) == (None, 9.0)
    assert counts(dynamodb) == (2, 1, 0, 3)
    assert [change.number for change in failed.changes] == [1, 2]
    assert failed.changes[0] == story.changes[0], "the trail is only added to"


def test_a_withdrawn_run_counts_for_nothing_and_can_come_back(
    runs: RunsWriter, dynamodb: Client, corrector: Corrector
) -> None:
    runs.record(WORKFLOW, [ESTIMATE, OTHER])
    whole = months(dynamodb)
    corrector.correct(WORKFLOW, "run-1", correction("a test", withdrawn=True), PERSON)
    assert counts(dynamodb) == (1, 1, 1, 1)
    assert months(dynamodb) == {("genomics", "2026-05"): (12.3, 1)}
    for history in (runs.succeeded(WORKFLOW), runs.all(WORKFLOW)):
        assert [run.run_id for run in history.rows] == ["other"]
        assert not history.unreadable
    listed, _ = runs.page(WORKFLOW, RunsQuery(), None)
    assert {run.run_id: run.withdrawn for run in listed} == {"run-1": True, "other": False}
    assert [run.run_id for run in runs.recent(WORKFLOW, 20)] == ["other"]
    assert runs.record(WORKFLOW, [ESTIMATE]).unchanged == {"run-1"}, "sent again it stays withdrawn"
    runs.record(WORKFLOW, [billed(1000.0)])
    assert counts(dynamodb) == (1, 1, 1, 1)
    story = corrector.correct(WORKFLOW, "run-1", correction("it was none", withdrawn=False), PERSON)
    assert [change.kind for change in story.changes] == ["withdrawn", "restored"]
    assert story.run.bill_waits
    assert counts(dynamodb) == (2, 2, 0, 2)
    assert months(dynamodb) == whole


def test_of_two_corrections_at_once_one_wins_and_the_other_is_told(
    runs: RunsWriter, dynamodb: Client, corrector: Corrector, trail: ChangesTable
) -> None:
    runs.record(WORKFLOW, [ESTIMATE])
    rival = Corrector(writer(aws.patient_dynamodb()), trail, FakeClock())

    def overtaken() -> None:
        rival.correct(WORKFLOW, "run-1", correction("first", values={"cost_usd": 8.0}), PERSON)

    Injector([overtaken, aws_faults.through]).attach(dynamodb, "TransactWriteItems")
    with pytest.raises(ApiError, match="by somebody else meanwhile"):
        corrector.correct(WORKFLOW, "run-1", correction("second", values={"cost_usd": 9.0}), PERSON)
    assert [change.reason for change in trail.of(WORKFLOW, "run-1")] == ["first"]
    assert months(dynamodb) == {("genomics", "2026-05"): (8.0, 1)}


def test_a_bill_that_comes_while_a_person_decides_is_not_written_over(
    runs: RunsWriter, dynamodb: Client, corrector: Corrector, trail: ChangesTable
) -> None:
    runs.record(WORKFLOW, [ESTIMATE])
    other = writer(aws.patient_dynamodb())

    def overtaken() -> None:
        assert other.record(WORKFLOW, [billed(12.0)]).accepted

    Injector([overtaken, aws_faults.through]).attach(dynamodb, "TransactWriteItems")
    with pytest.raises(ApiError, match="by somebody else meanwhile"):
        corrector.correct(WORKFLOW, "run-1", correction(values={"cost_usd": 9.0}), PERSON)
    assert trail.of(WORKFLOW, "run-1") == []
    assert months(dynamodb) == {("genomics", "2026-05"): (12.0, 1)}


def test_who_saw_another_version_is_told() -> None:
    store = FakeRuns([ESTIMATE])
    corrector = Corrector(store, store, FakeClock())
    seen = corrector.correct(WORKFLOW, "run-1", correction(values={"cost_usd": 9.0}, version=0), PERSON).run.version
    with pytest.raises(ApiError, match="look at it again"):
        corrector.correct(WORKFLOW, "run-1", correction(values={"cost_usd": 8.0}, version=0), PERSON)
    assert corrector.correct(WORKFLOW, "run-1", correction(values={"cost_usd": 8.0}, version=seen), PERSON)


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"cost_usd": 0.0}, "must be more than 0 for a SUCCEEDED run"),
        ({"completed_at": NOW.replace(year=2025)}, "before started_at"),
        ({"completed_at": NOW.replace(year=2090)}, "in the future"),
        ({"cost_source": "estimated", "estimated_cost_usd": 3.0}, "belongs to a billed run"),
    ],
)
def test_what_would_be_no_run_is_refused(values: dict[str, object], words: str) -> None:
    store = FakeRuns([ESTIMATE])
    with pytest.raises(ApiError, match=words):
        Corrector(store, store, FakeClock()).correct(WORKFLOW, "run-1", correction(values=values), PERSON)
    assert store.trail == []


@pytest.mark.parametrize(
    "body",
    [
        {"values": {"cost_usd": 1.0}},
        {"reason": " ", "withdrawn": True},
        {"reason": "none of them"},
        {"reason": "two of them", "withdrawn": True, "values": {"cost_usd": 1.0}},
        {"reason": "nothing in it", "values": {}},
        {"reason": "no run is without a size", "values": {"input_bytes": None}},
        {"reason": "another run", "values": {"run_id": "x"}},
        {"reason": "hid\u200bden", "withdrawn": True},
    ],
)
def test_a_correction_says_what_and_why(body: dict[str, object]) -> None:
    with pytest.raises(ValueError, match="validation error"):
        RunCorrection.model_validate(body)


def test_a_run_that_is_not_there() -> None:
    store = FakeRuns()
    with pytest.raises(ApiError) as refused:
        Corrector(store, store, FakeClock()).correct(WORKFLOW, "nowhere", correction(withdrawn=True), PERSON)
    assert refused.value.code == "run_not_found"


def test_changes_have_a_largest_number_and_the_largest_fit_the_store(
    runs: RunsWriter, corrector: Corrector, trail: ChangesTable
) -> None:
    wide = {f"{number:02d}".rjust(64, "p"): "\u751f" * 256 for number in range(50)}
    tags = {f"{number:02d}".rjust(64, "t"): "\u751f" * 256 for number in range(20)}
    runs.record(WORKFLOW, [ESTIMATE.model_copy(update={"parameters": wide, "tags": tags})])
    for number in range(MAX_CHANGES):
        corrector.correct(WORKFLOW, "run-1", correction(values={"cost_usd": number + 1.0}), PERSON)
    with pytest.raises(ApiError, match="the most that are kept"):
        corrector.correct(WORKFLOW, "run-1", correction(values={"cost_usd": 77.0}), PERSON)
    changes = trail.of(WORKFLOW, "run-1")
    assert [change.number for change in changes] == list(range(1, MAX_CHANGES + 1))
    assert len(RunChange.model_dump_json(changes[0])) < 400_000
    assert sum(len(change.model_dump_json().encode()) for change in changes) < 6_000_000, "Lambda's largest answer"


def test_rebuilt_spend_is_that_of_the_runs_that_count(runs: RunsWriter, corrector: Corrector) -> None:
    runs.record(WORKFLOW, [ESTIMATE, shapes.run(run_id="other")])
    corrector.correct(WORKFLOW, "run-1", correction(withdrawn=True), PERSON)
    lines = spend.total((run, None) for run in runs.all(WORKFLOW).rows)
    assert sum(amount.runs for amount in lines.values()) == 1
