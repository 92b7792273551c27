"""Settings of `retrainings`."""

from functions.shared import settings


class Settings(settings.Settings):
    """The environment of `retrainings`."""

    workflows_table: str
    retrain_state_machine_arn: str
    web_origin: str
