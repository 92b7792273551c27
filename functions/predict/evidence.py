"""Where past runs cannot tell what a run will cost: why not, what they can tell, and what would help."""

from contract.base import BytesRange
from contract.container import RowPrediction
from contract.judgement import is_beyond_evidence
from contract.predictions import BeyondEvidence, PredictionRequest
from contract.sizes import format_size

STEPS = (10, 100)
"""Runs at so many times the edge of the range would show how cost goes on from there."""


def beyond_evidence(request: PredictionRequest, row: RowPrediction, past: BytesRange) -> BeyondEvidence | None:
    """Say why past runs cannot tell the cost; None where they can."""
    if not is_beyond_evidence(row.extrapolation_factor, row.intervals):
        return None
    asked, (smallest, largest) = request.input_bytes, past
    if asked > largest:
        why = f"the largest read {format_size(largest)}, and this one reads {_times(asked / largest)} as much"
        nearer = [times * largest for times in STEPS if times * largest < asked]
    elif asked < smallest:
        why = f"the smallest read {format_size(smallest)}, {_times(smallest / asked)} as much as this one"
        nearer = [smallest // times for times in STEPS if smallest > times * asked]
    else:
        why = "those like it cost so differently that a thousand times as much would be no surprise"
        nearer = []
    return BeyondEvidence(
        message=f"Past runs cannot tell what this run will cost: {why}.", advice=_advice(nearer), edge=row.edge
    )


def _advice(nearer: list[int]) -> str:
    if not nearer:
        return "Record more runs like this one first."
    at = " and one at ".join(format_size(size) for size in nearer)
    return f"Run one at {at} first, and record what {'it costs' if len(nearer) == 1 else 'they cost'}."


def _times(factor: float) -> str:
    return f"{factor:,.0f} times" if factor >= 10 else f"{factor:.2g} times"
