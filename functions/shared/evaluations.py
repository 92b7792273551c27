"""Reading the evaluation that `verify_artifact` published."""

from pydantic import ValidationError

from contract.container import Evaluation
from functions.shared.errors import BadArtifact
from functions.shared.ports import Artifacts

MAX_EVALUATION_BYTES = 1024 * 1024


def parse(content: bytes, workflow_name: str) -> Evaluation:
    """Read an evaluation; NaN, infinity and text in place of a number are no metrics.

    Raises:
        BadArtifact: it is not an evaluation, or one of another workflow.
    """
    try:
        evaluation = Evaluation.model_validate_json(content, strict=True)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        place = ".".join(str(part) for part in first["loc"])
        raise BadArtifact(f"The evaluation is not readable: {place} {first['msg']}") from None
    if evaluation.workflow_name != workflow_name:
        raise BadArtifact("The evaluation is that of another workflow")
    return evaluation


def load(artifacts: Artifacts, uri: str, workflow_name: str) -> Evaluation:
    """Read a published evaluation.

    Raises:
        BadArtifact: it is missing, not an evaluation, or one of another workflow.
    """
    content = artifacts.read(uri, MAX_EVALUATION_BYTES)
    if content is None:
        raise BadArtifact(f"There is no evaluation at {uri}")
    return parse(content, workflow_name)
