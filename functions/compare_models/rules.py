"""When a challenger replaces the champion: every threshold of that decision."""

from typing import ClassVar

from pydantic import BaseModel, Field


class Rules(BaseModel):
    """The thresholds. Errors are mean pinball losses of log cost, compared run by run on the same unseen runs."""

    GOOD_MEDIAN_APE: ClassVar[float] = 0.10
    """A first model this good passes though the baseline is as good: some workflows cost the same every time."""
    CLEARLY_LOWER: ClassVar[float] = 0.8
    """A first model passes if its median error is below this share of the baseline's, noise in few runs or not."""
    HARMLESS_MEDIAN_APE: ClassVar[float] = 0.02
    HARMLESS_PINBALL: ClassVar[float] = 0.005
    """On a size slice, getting worse by less than these is never held against a challenger. A pinball loss of 0.005 is
    that of errors of about 2 %."""

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
