"""Settings of `prepare_dataset`."""

from typing import Literal

from pydantic import Field

from functions.shared import settings


class Settings(settings.Settings):
    """The environment of `prepare_dataset`."""

    workflow_runs_table: str
    workflows_table: str
    model_endpoints_table: str
    artifacts_bucket: str
    name_prefix: str
    endpoint_mode: Literal["serverless", "instance"]
    serverless_memory_mb: int = Field(ge=1024, le=6144)
    serverless_max_concurrency: int = Field(ge=1, le=200)
    instance_type: str
    lease_seconds: int = Field(ge=60)
