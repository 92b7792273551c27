"""Settings of `rebuild_spend`."""

from functions.shared import settings


class Settings(settings.Settings):
    """The environment of `rebuild_spend`."""

    workflow_runs_table: str
    workflows_table: str
    spend_table: str
