"""boto3 clients that talk to the local cloud and to nothing else, whatever the caller's environment says."""

from typing import Any

import boto3
from botocore.config import Config

from cloud.settings import CloudSettings, cloud_environment


def client_for(service: str, settings: CloudSettings) -> Any:  # noqa: ANN401 - which client depends on the name
    """Return a client of this AWS service at the local cloud."""
    environment = cloud_environment(settings, {})
    return boto3.client(  # type: ignore[call-overload]  # the service is a variable
        service,
        endpoint_url=settings.endpoint_url,
        region_name=environment["AWS_REGION"],
        aws_access_key_id=environment["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key=environment["AWS_SECRET_ACCESS_KEY"],
        config=Config(proxies={}, retries={"mode": "standard", "max_attempts": 3}),
    )
