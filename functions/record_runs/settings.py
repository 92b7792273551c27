"""Settings of `record_runs`."""

from pydantic import Field

from functions.shared import settings


class Settings(settings.Settings):
    """The environment of `record_runs`."""

    workflow_runs_table: str
    run_changes_table: str
    workflows_table: str
    spend_table: str
    callers_table: str
    new_workflows_per_day: int = Field(ge=1)
    web_origin: str
