"""Settings of `verify_artifact`."""

from functions.shared import settings


class Settings(settings.Settings):
    """The environment of `verify_artifact`."""

    artifacts_bucket: str
