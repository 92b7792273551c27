"""Settings of `promote`."""

from functions.shared import settings


class Settings(settings.Settings):
    """The environment of `promote`."""

    model_endpoints_table: str
    artifacts_bucket: str
