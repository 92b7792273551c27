"""Settings of `record_runs`."""

from functions.shared import settings


class Settings(settings.Settings):
    """The environment of `record_runs`."""

    workflow_runs_table: str
    run_changes_table: str
    workflows_table: str
    spend_table: str
    web_origin: str
