"""What becomes of a recorded run that is sent again: a bill that fits joins its estimate; nothing else changes."""

import json
from collections.abc import Sequence
from datetime import datetime

from contract.base import STORED
from contract.runs import BESIDES, MAX_HELD_BILLS, HeldBill, RecordedRun, Run, is_plausible_bill

_COST = {"cost_usd", "cost_source", "estimated_cost_usd"}


def received(
    known: RecordedRun | None, sent: Run, now: datetime, earlier: Sequence[RecordedRun] = ()
) -> RecordedRun | None:
    """Return a run with what both tell of it, `known` itself if that is all, or None if they contradict each other.

    Two bills contradict each other if they differ, and so do two estimates of a run that has no bill. A bill far from
    the estimate is held beside it. Once there is a bill, the estimate that came first is kept, and another one is no
    contradiction: the bill is what counts. `earlier` is what the run was before people corrected it: who sends that
    again says nothing new, and a bill may still come in those words.
    """
    if known is None:
        return _first(sent, now)
    if not any(_all_but_cost(run) == _all_but_cost(sent) for run in (known, *earlier)):
        return None
    if any(_tells_the_cost(run, sent) for run in earlier):
        return known
    return _with_bill(known, sent, now) if sent.cost_source == "billed" else _with_estimate(known, sent.cost_usd)


def is_revision(recorded: Run, run: Run) -> bool:
    """Say whether a run's cost is another one than was recorded: then there is something new to learn from it."""
    return recorded.cost_source != run.cost_source


def is_held(run: RecordedRun, cost_usd: float) -> bool:
    """Say whether a bill of a run waits for a person."""
    return any(bill.cost_usd == cost_usd and bill.state == "waiting" for bill in run.held_bills)


def settled(run: RecordedRun) -> RecordedRun:
    """Return a run of which no bill waits that need not: one that has a bill by now waits for no other."""
    bills = run.held_bills
    if run.cost_source == "billed":
        passed = {"state": "passed_over"}
        bills = [bill.model_copy(update=passed) if bill.state == "waiting" else bill for bill in bills]
    waits = not run.withdrawn and any(bill.state == "waiting" for bill in bills)
    return run.model_copy(update={"held_bills": bills, "bill_waits": waits})


def recorded_run(run: Run) -> RecordedRun:
    """Return a run as it is kept when it is new."""
    return RecordedRun.model_validate(run.model_dump(), context=STORED)


def plain(run: RecordedRun) -> Run:
    """Return a recorded run without what has become of it."""
    return Run.model_validate(run.model_dump(exclude={*BESIDES}), context=STORED)


def _first(sent: Run, now: datetime) -> RecordedRun:
    """Record a run; a bill that is far from the estimate beside it is held like one that comes later."""
    run = recorded_run(sent)
    estimate = sent.estimated_cost_usd
    if estimate is None or (sent.status == "SUCCEEDED" and estimate == 0):
        return run
    estimated = {"cost_usd": estimate, "cost_source": "estimated", "estimated_cost_usd": None}
    both = _with_bill(run.model_copy(update=estimated), sent, now)
    return run if both is None or both.cost_source == "billed" else both


def _with_bill(known: RecordedRun, sent: Run, now: datetime) -> RecordedRun | None:
    bill = sent.cost_usd
    if known.cost_source == "billed" and known.cost_usd == bill:
        return _with_estimate(known, sent.estimated_cost_usd)
    if any(held.cost_usd == bill for held in known.held_bills):
        return known
    if known.cost_source == "billed":
        return None
    if is_plausible_bill(bill, known.cost_usd):
        joined = {"cost_usd": bill, "cost_source": "billed", "estimated_cost_usd": known.cost_usd}
        return settled(known.model_copy(update=joined))
    if len(known.held_bills) >= MAX_HELD_BILLS:
        return None
    bills = [*known.held_bills, HeldBill(cost_usd=bill, held_at=now)]
    return settled(known.model_copy(update={"held_bills": bills}))


def _with_estimate(known: RecordedRun, estimate: float | None) -> RecordedRun | None:
    if known.cost_source == "estimated":
        return known if known.cost_usd == estimate else None
    if known.estimated_cost_usd is not None or estimate is None:
        return known
    return known.model_copy(update={"estimated_cost_usd": estimate})


def _tells_the_cost(run: Run, sent: Run) -> bool:
    """Say whether a run's cost, as it was, holds the one that is sent."""
    known = {(run.cost_source, run.cost_usd), ("estimated", run.estimated_cost_usd)}
    return (sent.cost_source, sent.cost_usd) in known


def _all_but_cost(run: Run) -> str:
    """As text, because True equals 1 in Python and is another value here; 2.0 is the same number as 2."""
    values = run.model_dump(mode="json", exclude=_COST | BESIDES)
    parameters = values["parameters"] or {}
    values["parameters"] = {
        name: int(value) if isinstance(value, float) and value.is_integer() else value
        for name, value in parameters.items()
    } or None
    return json.dumps(values, sort_keys=True)
