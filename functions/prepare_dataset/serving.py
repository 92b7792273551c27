"""How a model is to be served: what CreateEndpointConfig and CreateModel take, by the endpoint mode."""

from dataclasses import dataclass
from typing import Any

from functions.prepare_dataset.settings import Settings

VARIANT_NAME = "main"


@dataclass(frozen=True)
class Serving:
    """Members of CreateEndpointConfig and CreateModel (botocore's model of sagemaker)."""

    production_variants: list[dict[str, Any]]
    enable_network_isolation: bool


def serving(settings: Settings, model_name: str) -> Serving:
    """Return the single variant of an endpoint, and whether its container is cut off from the network.

    Serverless endpoints exclude network isolation:
    https://docs.aws.amazon.com/sagemaker/latest/dg/serverless-endpoints.html ("Feature exclusions").
    """
    variant: dict[str, Any] = {"VariantName": VARIANT_NAME, "ModelName": model_name, "InitialVariantWeight": 1}
    if settings.endpoint_mode == "serverless":
        variant["ServerlessConfig"] = {
            "MemorySizeInMB": settings.serverless_memory_mb,
            "MaxConcurrency": settings.serverless_max_concurrency,
        }
        return Serving([variant], enable_network_isolation=False)
    variant |= {"InstanceType": settings.instance_type, "InitialInstanceCount": 1}
    return Serving([variant], enable_network_isolation=True)
