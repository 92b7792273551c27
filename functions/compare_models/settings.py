"""Settings of `compare_models`."""

from functions.compare_models.rules import Rules
from functions.shared import settings


class Settings(settings.Settings, Rules):
    """The environment of `compare_models`."""

    artifacts_bucket: str
