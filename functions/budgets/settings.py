"""Settings of `budgets`."""

from functions.shared import settings


class Settings(settings.Settings):
    """The environment of `budgets`."""

    spend_table: str
    budgets_table: str
    workflows_table: str
    web_origin: str
