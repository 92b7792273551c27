"""The cursor of a listing of runs."""

from contract.runs import RunsQuery
from functions.shared import cursors
from functions.shared.ports import RunPosition

encode = cursors.encode


def decode(query: RunsQuery) -> RunPosition | None:
    """Return the position that a query goes on from, if any.

    Raises:
        ApiError: the cursor is none of ours, or lies outside the times that the query asks for.
    """
    if query.cursor is None:
        return None
    position = cursors.decode(query.cursor, RunPosition)
    # In whole seconds, as the listing looks for them.
    moment = position.completed_at.replace(microsecond=0)
    too_early = query.completed_from and moment < query.completed_from.replace(microsecond=0)
    too_late = query.completed_before and moment >= query.completed_before.replace(microsecond=0)
    if too_early or too_late:
        raise cursors.refusal()
    return position
