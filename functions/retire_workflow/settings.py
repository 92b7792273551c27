"""Settings of `retire_workflow`."""

from functions.shared import settings


class Settings(settings.Settings):
    """The environment of `retire_workflow`."""

    workflows_table: str
    model_endpoints_table: str
    name_prefix: str
    web_origin: str
