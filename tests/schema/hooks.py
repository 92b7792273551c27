"""What the document says in words only, for Schemathesis: a run has ended since it started, an estimate beside a cost
belongs to a bill, one choice is made at a time, and a cursor was given."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import schemathesis
from hypothesis import strategies as st

_EXAMPLES = {path.parent.name for path in (Path(__file__).parents[2] / "examples").glob("*/runs.csv")}
_PAST = st.datetimes(datetime(2000, 1, 2), datetime(2026, 1, 1), timezones=st.just(UTC))
_NOW = datetime.now(UTC)
schemathesis.openapi.format("date-time", _PAST.map(datetime.isoformat))


@schemathesis.hook
def before_call(_context: schemathesis.HookContext, case: schemathesis.Case[Any], _options: dict[str, Any]) -> None:
    """Make a request consistent in itself."""
    query = case.query if isinstance(case.query, dict) else {}
    query.pop("cursor", None)
    if case.method == "DELETE" and case.path_parameters.get("workflow_name") in _EXAMPLES:
        case.path_parameters["workflow_name"] = "nobody"  # other tests ask what the examples predict
    for since, before in (("completed_from", "completed_before"), ("asked_from", "asked_before")):
        if {since, before} <= query.keys():
            del query[before]
    if case.path == "/predictions":  # of which only one may choose
        for name in [name for name in ("workflow_name", "team", "person") if name in query][1:]:
            del query[name]
    body = case.body if isinstance(case.body, dict) else {}
    _both_times(body.get("values"))
    _estimate_of_a_bill(body.get("values"))
    runs = body.get("runs")
    for row in runs if isinstance(runs, list) else [body, body.get("values")]:
        start = _time(row.get("started_at")) if isinstance(row, dict) else None
        if isinstance(row, dict) and start and _time(row.get("completed_at")):
            row["started_at"] = row["completed_at"] = min(start, _NOW).isoformat()


def _both_times(values: object) -> None:
    """Correct the start and the end together: one of them alone may lie on the wrong side of what is recorded."""
    if isinstance(values, dict):
        times = [values[name] for name in ("started_at", "completed_at") if _time(values.get(name))]
        if len(times) == 1:
            values["started_at"] = values["completed_at"] = times[0]


def _estimate_of_a_bill(values: object) -> None:
    """Make what has an estimate beside its cost a bill, whatever is recorded."""
    if isinstance(values, dict) and isinstance(values.get("estimated_cost_usd"), int | float):
        values["cost_source"] = "billed"


def _time(value: object) -> datetime | None:
    try:
        moment = datetime.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        return None
    return moment if moment and moment.tzinfo else None
