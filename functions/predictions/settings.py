"""Settings of `predictions`."""

from pydantic import Field

from functions.shared import settings


class Settings(settings.Settings):
    """The environment of `predictions`."""

    predictions_table: str
    prediction_retention_days: int = Field(ge=1)
    web_origin: str
