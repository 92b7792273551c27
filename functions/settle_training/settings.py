"""Settings of `settle_training`."""

from functions.shared import settings


class Settings(settings.Settings):
    """The environment of `settle_training`."""
