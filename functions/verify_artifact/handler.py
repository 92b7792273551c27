"""Lambda handler of `verify_artifact`."""

from collections.abc import Mapping
from functools import cache
from typing import Any

from contract.states import VerifyArtifactRequest
from functions.shared.adapters import aws
from functions.shared.adapters.s3 import ArtifactsBucket
from functions.shared.adapters.sagemaker import Registry
from functions.shared.steps import run_step
from functions.verify_artifact.logic import ArtifactVerifier
from functions.verify_artifact.settings import Settings


def handler(event: Mapping[str, Any], _context: object) -> dict[str, Any]:
    """Run the step."""
    return run_step(event, VerifyArtifactRequest, verifier().verify)


@cache
def verifier() -> ArtifactVerifier:
    """Put the function together, once."""
    return ArtifactVerifier(
        ArtifactsBucket(aws.s3(), Settings.from_environment().artifacts_bucket), Registry(aws.patient_sagemaker())
    )
