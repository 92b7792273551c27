"""Settings of `workflows`."""

from functions.shared import settings


class Settings(settings.Settings):
    """The environment of `workflows`."""

    workflow_runs_table: str
    run_changes_table: str
    workflows_table: str
    model_endpoints_table: str
    artifacts_bucket: str
    name_prefix: str
    schedule_expression: str
    schedule_timezone: str
    schedule_enabled: bool
    web_origin: str
