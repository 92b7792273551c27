"""Settings of `change_endpoint`."""

from pydantic import Field

from functions.shared import settings


class Settings(settings.Settings):
    """The environment of `change_endpoint`."""

    model_endpoints_table: str
    endpoint_poll_seconds: int = Field(ge=1)
    endpoint_max_seconds: int = Field(ge=1)
