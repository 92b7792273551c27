"""Lambda handler of `settle_training`."""

from collections.abc import Mapping
from functools import cache
from typing import Any

from contract.states import SettleTrainingRequest
from functions.settle_training.logic import TrainingSettler
from functions.shared.adapters import aws
from functions.shared.adapters.training import SageMakerTraining
from functions.shared.steps import run_step


def handler(event: Mapping[str, Any], _context: object) -> dict[str, Any]:
    """Run the step."""
    return run_step(event, SettleTrainingRequest, settler().settle)


@cache
def settler() -> TrainingSettler:
    """Put the function together, once."""
    return TrainingSettler(SageMakerTraining(aws.patient_sagemaker()))
