"""Settings of `compare_models`."""

from pydantic import Field

from functions.shared import settings


class Settings(settings.Settings):
    """The environment of `compare_models`."""

    artifacts_bucket: str
    significance: float = Field(default=2, ge=0, description="Standard errors by which a challenger must be better")
    worst_slice_ratio: float = Field(
        default=1.25, ge=1, description="How much worse than the champion it may be on any size slice"
    )
