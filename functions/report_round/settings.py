"""Settings of `report_round`."""

from functions.shared import settings


class Settings(settings.Settings):
    """The environment of `report_round`."""

    retrain_state_machine_arn: str
