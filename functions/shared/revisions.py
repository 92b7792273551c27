"""What becomes of a recorded run that is sent again: a bill joins an estimate, and nothing else is ever changed."""

import json

from contract.runs import Run

_COST = {"cost_usd", "cost_source", "estimated_cost_usd"}


def joined(recorded: Run, sent: Run) -> Run | None:
    """Return a run with what both know of its cost, `recorded` itself if that is all, or None if they contradict.

    Two bills contradict each other if they differ, and so do two estimates of a run that has no bill. Once there is a
    bill, the estimate that came first is kept, and another one is no contradiction: the bill is what counts.
    """
    if recorded is sent:
        return recorded
    if _all_but_cost(recorded) != _all_but_cost(sent):
        return None
    bills = [run.cost_usd for run in (recorded, sent) if run.cost_source == "billed"]
    estimates = [estimate for run in (recorded, sent) if (estimate := _estimate(run)) is not None]
    if len(set(bills or estimates)) > 1:
        return None
    if not bills:
        return recorded
    values = {
        "cost_usd": bills[0],
        "cost_source": "billed",
        "estimated_cost_usd": estimates[0] if estimates else None,
    }
    changed = {name: value for name, value in values.items() if getattr(recorded, name) != value}
    return recorded.model_copy(update=changed) if changed else recorded


def is_revision(recorded: Run, run: Run) -> bool:
    """Say whether a run's cost is another one than was recorded: then there is something new to learn from it."""
    return recorded.cost_source != run.cost_source


def _estimate(run: Run) -> float | None:
    return run.estimated_cost_usd if run.cost_source == "billed" else run.cost_usd


def _all_but_cost(run: Run) -> str:
    """As text, because True equals 1 in Python and is another value here; 2.0 is the same number as 2."""
    values = run.model_dump(mode="json", exclude=_COST)
    parameters = values["parameters"] or {}
    values["parameters"] = {
        name: int(value) if isinstance(value, float) and value.is_integer() else value
        for name, value in parameters.items()
    } or None
    return json.dumps(values, sort_keys=True)
