"""Settings of `conclude`."""

from functions.shared import settings


class Settings(settings.Settings):
    """The environment of `conclude`."""

    workflows_table: str
    model_endpoints_table: str
