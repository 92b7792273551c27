"""Settings of `predict`."""

from pydantic import Field

from functions.shared import settings


class Settings(settings.Settings):
    """The environment of `predict`."""

    model_endpoints_table: str
    workflows_table: str
    predictions_table: str
    prediction_retention_days: int = Field(ge=1)
    web_origin: str
    stale_after_days: int = Field(ge=1)
