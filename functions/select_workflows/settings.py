"""Settings of `select_workflows`."""

from functions.shared import settings


class Settings(settings.Settings):
    """The environment of `select_workflows`."""

    workflows_table: str
