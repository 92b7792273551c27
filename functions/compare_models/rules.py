"""When a challenger replaces the champion: every threshold of that decision."""

from typing import ClassVar

from pydantic import BaseModel, Field

from contract import gate


class Rules(BaseModel):
    """The thresholds. Errors are mean pinball losses of log cost, compared run by run on the same unseen runs."""

    HARMLESS_MEDIAN_APE: ClassVar[float] = 0.02
    HARMLESS_PINBALL: ClassVar[float] = gate.HARMLESS_PINBALL
    """On a size slice, getting worse by less than these is never held against a challenger."""

    SHIFTED_FACTOR: ClassVar[float] = 1.5
    SHIFTED_SHARE: ClassVar[float] = 0.5
    """Answers to the same questions shift by much if the typical ones differ by more than this factor, and more than
    this share of them lie outside the 80 % intervals of the model in service (`python -m bench.gate`)."""

    significance: float = Field(default=2, ge=0, description="Standard errors by which a challenger must be better")
    worst_slice_ratio: float = Field(
        default=1.25, ge=1, description="How many times the champion's error it may have on any size slice"
    )
    equal_within: float = Field(
        default=0.1, ge=0, description="Share of the champion's error by which an equal challenger may be worse"
    )
    newer_by_days: float = Field(
        default=30,
        gt=0,
        description="Days between their newest runs from which an equal challenger replaces a champion",
    )
    more_runs_ratio: float = Field(
        default=1.5, gt=1, description="How many times the champion's runs make an equal challenger replace it"
    )
