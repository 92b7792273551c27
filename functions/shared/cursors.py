"""The cursor of a listing: where a page ended. It holds nothing that a client may not ask for anyway."""

import base64
import binascii

from pydantic import ValidationError

from contract.base import Shape
from functions.shared.errors import ApiError


def encode(position: Shape) -> str:
    """Return the cursor of a position."""
    return base64.urlsafe_b64encode(position.model_dump_json().encode()).decode().rstrip("=")


def decode[P: Shape](cursor: str, position: type[P]) -> P:
    """Return the position that a listing goes on from.

    Raises:
        ApiError: the cursor is none of ours.
    """
    try:
        text = base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True)
        return position.model_validate_json(text)
    except (binascii.Error, ValueError, ValidationError):
        raise refusal() from None


def refusal() -> ApiError:
    """Return the error for a cursor that belongs to another question."""
    return ApiError("invalid_request", "The cursor is not one that this question was answered with: leave it out.")
