"""How a model is to be served: CreateEndpointConfig's ProductionVariants."""

from typing import Any

from functions.prepare_dataset.settings import Settings

VARIANT_NAME = "main"


def production_variants(settings: Settings, model_name: str) -> list[dict[str, Any]]:
    """Return the single variant of an endpoint (botocore's model of sagemaker, CreateEndpointConfig)."""
    variant: dict[str, Any] = {"VariantName": VARIANT_NAME, "ModelName": model_name, "InitialVariantWeight": 1}
    if settings.endpoint_mode == "serverless":
        variant["ServerlessConfig"] = {
            "MemorySizeInMB": settings.serverless_memory_mb,
            "MaxConcurrency": settings.serverless_max_concurrency,
        }
    else:
        variant |= {"InstanceType": settings.instance_type, "InitialInstanceCount": 1}
    return [variant]
