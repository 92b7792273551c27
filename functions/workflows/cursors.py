"""The cursor of a listing: where a page ended. It holds nothing that a client may not ask for anyway."""

import base64
import binascii

from pydantic import ValidationError

from contract.runs import RunsQuery
from functions.shared.errors import ApiError
from functions.shared.ports import RunPosition


def encode(position: RunPosition) -> str:
    """Return the cursor of a position."""
    return base64.urlsafe_b64encode(position.model_dump_json().encode()).decode().rstrip("=")


def decode(query: RunsQuery) -> RunPosition | None:
    """Return the position that a query goes on from, if any.

    Raises:
        ApiError: the cursor is none of ours, or lies outside the times that the query asks for.
    """
    if query.cursor is None:
        return None
    try:
        text = base64.b64decode(query.cursor + "=" * (-len(query.cursor) % 4), altchars=b"-_", validate=True)
        position = RunPosition.model_validate_json(text)
    except (binascii.Error, ValueError, ValidationError):
        raise _refusal() from None
    # In whole seconds, as the listing looks for them.
    moment = position.completed_at.replace(microsecond=0)
    too_early = query.completed_from and moment < query.completed_from.replace(microsecond=0)
    too_late = query.completed_before and moment >= query.completed_before.replace(microsecond=0)
    if too_early or too_late:
        raise _refusal()
    return position


def _refusal() -> ApiError:
    return ApiError("invalid_request", "The cursor is not one that this question was answered with: leave it out.")
