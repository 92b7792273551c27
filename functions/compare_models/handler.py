"""Lambda handler of `compare_models`."""

from collections.abc import Mapping
from functools import cache
from typing import Any

from contract.states import CompareModelsRequest, CompareModelsResponse
from functions.compare_models.logic import compare, restored
from functions.compare_models.settings import Settings
from functions.shared import evaluations
from functions.shared.adapters import aws
from functions.shared.adapters.s3 import ArtifactsBucket
from functions.shared.observability import logger
from functions.shared.steps import run_step


def handler(event: Mapping[str, Any], _context: object) -> dict[str, Any]:
    """Run the step."""
    return run_step(event, CompareModelsRequest, _compare)


@cache
def settings() -> Settings:
    """Read the environment, once."""
    return Settings.from_environment()


@cache
def artifacts() -> ArtifactsBucket:
    """Return the artefacts bucket."""
    return ArtifactsBucket(aws.s3(), settings().artifacts_bucket)


def _compare(request: CompareModelsRequest) -> CompareModelsResponse:
    evaluation = evaluations.load(artifacts(), request.evaluation_uri, request.workflow_name)
    if request.restored_version is not None:
        verdict = restored(request.restored_version, evaluation)
    else:
        verdict = compare(evaluation, request.champion, settings())
    logger.info(
        "verdict",
        extra={"workflow_name": request.workflow_name, "is_better": verdict.is_better, "reason": verdict.reason},
    )
    return verdict
