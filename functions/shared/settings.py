"""Settings of a function: a typed model of its environment."""

import os
import sys
from collections.abc import Mapping
from typing import Literal, Self

from pydantic import BaseModel, ConfigDict, ValidationError


class SettingsError(Exception):
    """The environment of the function lacks something, or holds something wrong."""


class Settings(BaseModel):
    """What every function has; each adds its own. A field `web_origin` is the environment variable `WEB_ORIGIN`."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    powertools_service_name: str
    powertools_metrics_namespace: str
    powertools_log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL"] = "INFO"

    @classmethod
    def environment_keys(cls) -> frozenset[str]:
        """Return the environment variables that the function reads: what Terraform must set, no more and no less."""
        return frozenset(name.upper() for name in cls.model_fields)

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] = os.environ) -> Self:
        """Read the environment.

        Raises:
            SettingsError: with one line that names every missing or wrong variable.
        """
        present = {name: environment[name.upper()] for name in cls.model_fields if name.upper() in environment}
        try:
            return cls.model_validate_strings(present)
        except ValidationError as error:
            problems = [
                f"{str(problem['loc'][0]).upper()} is missing"
                if problem["type"] == "missing"
                else f"{str(problem['loc'][0]).upper()}: {problem['msg']}"
                for problem in error.errors()
            ]
            module = sys.modules[cls.__module__].__name__
            raise SettingsError(f"Settings of {module}: {'; '.join(problems)}") from None
