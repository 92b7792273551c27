"""Checks that a training job left what we write, and publishes its evaluation."""

import base64
import hashlib
import json
import math
import re
from typing import Any, get_args

from pydantic import ValidationError

from contract import trees
from contract.container import (
    ARTIFACT_MEMBERS,
    EVALUATION_FILE,
    ArtifactFormat,
    Difference,
    Evaluation,
    Metrics,
    ModelKind,
)
from contract.states import Manifest, VerifyArtifactRequest, VerifyArtifactResponse
from functions.shared import evaluations, words
from functions.shared.errors import BadArtifact
from functions.shared.observability import logger
from functions.shared.ports import Artifacts, ModelRegistry
from functions.verify_artifact.archives import MAX_ARCHIVE_BYTES, members

_FORMATS = get_args(ArtifactFormat)
MAX_SLICES = 6
"""Most slices of sizes of which the registry is told."""
_MODEL, _BOOSTER = ARTIFACT_MEMBERS
_MAX_MANIFEST_BYTES = 1024 * 1024
_MODEL_URL = re.compile(r"(?P<job>s3://[^/]+/models/[^/]+/[^/]+)/output/model\.tar\.gz")


class ArtifactVerifier:
    """Verifies artefacts."""

    def __init__(self, artifacts: Artifacts, registry: ModelRegistry) -> None:
        self._artifacts = artifacts
        self._registry = registry

    def verify(self, request: VerifyArtifactRequest) -> VerifyArtifactResponse:
        """Open what training wrote, publish the evaluation, and return what the registry is to say.

        The workflow's group in the registry is made on first use.

        Raises:
            BadArtifact: something is missing, truncated, too large, of another workflow, or not what we write.
        """
        place = _MODEL_URL.fullmatch(request.model_data_url)
        if place is None:
            raise BadArtifact(f"{request.model_data_url} is not where training jobs write models")
        job = place["job"]
        _check_model(members(self._read(request.model_data_url), ARTIFACT_MEMBERS, _MODEL_ARCHIVE), request)
        output = members(self._read(f"{job}/output/output.tar.gz"), {EVALUATION_FILE}, "output.tar.gz")
        if EVALUATION_FILE not in output:
            raise BadArtifact(f"output.tar.gz holds no {EVALUATION_FILE}")
        evaluation = evaluations.parse(output[EVALUATION_FILE], request.workflow_name)
        self._check_manifest(request, evaluation)
        evaluation_uri = f"{job}/{EVALUATION_FILE}"
        self._artifacts.write(evaluation_uri, output[EVALUATION_FILE], "application/json")
        if request.model_package_group_name is not None:
            self._registry.ensure_group(request.model_package_group_name)
        logger.info(
            "artefact verified",
            extra={"workflow_name": request.workflow_name, "median_ape": evaluation.challenger.median_ape},
        )
        return VerifyArtifactResponse(
            evaluation_uri=evaluation_uri, description=_description(evaluation), metadata=_metadata(evaluation)
        )

    def _read(self, uri: str) -> bytes:
        content = self._artifacts.read(uri, MAX_ARCHIVE_BYTES)
        if content is None:
            raise BadArtifact(f"{uri.rsplit('/', 1)[1]} is missing")
        return content

    def _check_manifest(self, request: VerifyArtifactRequest, evaluation: Evaluation) -> None:
        content = self._artifacts.read(request.manifest_uri, _MAX_MANIFEST_BYTES)
        if content is None:
            raise BadArtifact("The dataset's manifest is missing")
        try:
            manifest = Manifest.model_validate_json(content)
        except ValidationError:
            raise BadArtifact("The dataset's manifest is not readable") from None
        if manifest.workflow_name != request.workflow_name:
            raise BadArtifact("The dataset is that of another workflow")
        used = evaluation.profile.runs + evaluation.set_aside_runs
        if used > manifest.runs:
            raise BadArtifact(f"The evaluation speaks of {used} runs; the dataset holds {manifest.runs}")


_MODEL_ARCHIVE = "model.tar.gz"


def _check_model(files: dict[str, bytes], request: VerifyArtifactRequest) -> None:
    """Check the model's metadata, and its trees; that the model works, its container tries before it serves."""
    if _MODEL not in files:
        raise BadArtifact(f"{_MODEL_ARCHIVE} holds no {_MODEL}")
    try:
        metadata: Any = json.loads(files[_MODEL], parse_constant=_refuse_constant, parse_float=_finite)
    except (ValueError, RecursionError):
        raise BadArtifact(f"{_MODEL} is not JSON") from None
    if not isinstance(metadata, dict) or metadata.get("schema_version") not in _FORMATS:
        raise BadArtifact(f"{_MODEL} has no format (schema_version) from {_FORMATS[0]} to {_FORMATS[-1]}")
    if metadata.get("workflow_name") != request.workflow_name:
        raise BadArtifact(f"{_MODEL} is that of another workflow")
    booster = files.get(_BOOSTER)
    digest = None if booster is None else hashlib.sha256(booster).hexdigest()
    if metadata.get("booster_sha256") != digest:
        raise BadArtifact(f"{_BOOSTER} is not the one that {_MODEL} names")
    _check_trees(metadata, booster)


def _check_trees(metadata: dict[str, Any], booster: bytes | None) -> None:
    """Check the trees of the model, and of the twin that stands for it in the next comparison."""
    try:
        twin: Any = metadata.get("twin")
        _check_booster(metadata["model"], booster)
        if twin is not None:
            content = twin.get("booster")
            _check_booster(twin["model"], None if content is None else base64.b64decode(content, validate=True))
    except (AttributeError, KeyError, TypeError) as error:
        raise BadArtifact(f"{_MODEL} is not what we write") from error
    except ValueError as error:
        raise BadArtifact(f"{_BOOSTER}: {error}") from error


def _check_booster(model: dict[str, Any], booster: bytes | None) -> None:
    # The base knows all columns but the size, which the trees have besides.
    columns = 1 + len(model["base"]["trend"]["effects"])
    if booster is not None:
        trees.check(booster, columns)


_KINDS: dict[ModelKind, str] = {
    "trend": "Trend alone",
    "trend_and_residual": "Trend and trees",
    "guess": "Median of past costs",
}


def _refuse_constant(name: str) -> None:
    raise ValueError(f"{name} is no JSON number")


def _finite(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise ValueError(f"{text[:40]} is beyond all numbers")
    return number


def _description(evaluation: Evaluation) -> str:
    error = words.percent(evaluation.challenger.median_ape)
    runs = words.counted(evaluation.profile.runs, "run")
    kind = _KINDS[evaluation.kind]
    judged = words.counted(evaluation.evaluated_runs, words.EVALUATED_RUN[evaluation.evaluated_on])
    return f"{kind} from {runs}: median error {error} on {judged}"


def _metadata(evaluation: Evaluation) -> dict[str, str]:
    """Return what the registry keeps beside the evaluation itself: at most 50 short strings."""
    described = {
        **_numbers("", evaluation.challenger),
        "runs": str(evaluation.profile.runs),
        "kind": evaluation.kind,
        "evaluated_on": evaluation.evaluated_on,
        "evaluated_runs": str(evaluation.evaluated_runs),
        "set_aside_runs": str(evaluation.set_aside_runs),
        "trained_at": evaluation.trained_at.isoformat(),
        "latest_run_at": evaluation.profile.latest_run_at.isoformat(),
        **_numbers("later_", None if evaluation.later is None else evaluation.later.metrics),
        **_numbers("baseline_", evaluation.baseline),
        **_numbers("champion_", evaluation.champion),
        **_numbers("difference_", evaluation.difference),
    }
    for number, piece in enumerate(evaluation.slices[:MAX_SLICES], start=1):
        low, high = piece.input_bytes_range
        described |= {
            f"slice_{number}_input_bytes": f"{low}-{high}",
            f"slice_{number}_median_ape": f"{piece.challenger_median_ape:.9g}",
        }
        if piece.champion_median_ape is not None:
            described[f"slice_{number}_champion_median_ape"] = f"{piece.champion_median_ape:.9g}"
    return described


def _numbers(prefix: str, shape: Metrics | Difference | None) -> dict[str, str]:
    values = {} if shape is None else shape.model_dump(exclude_none=True)
    return {f"{prefix}{name}": f"{value:.9g}" for name, value in values.items()}
