"""`train` of the SageMaker container: history in, artefact and evaluation out.

Reads and writes the tree that SageMaker mounts (/opt/ml, or `SAGEMAKER_BASE_DIR`):

    input/config/hyperparameters.json   strings: workflow_name, champion_version (only shown)
    input/data/train, holdout           *.jsonl.gz of contract `Run`; the holdout may be empty or absent
    input/data/champion                 model.tar.gz of the model in service, when there is one
    model/                              model.json and booster.ubj, which SageMaker packs as model.tar.gz
    output/data/evaluation.json         contract `Evaluation`
    output/failure                      why it failed, in one line; the exit code is then 1

Source: https://docs.aws.amazon.com/sagemaker/latest/dg/your-algorithms-training-algo.html
"""

import json
import os
import signal
import sys
from datetime import UTC, datetime
from pathlib import Path
from types import FrameType
from typing import Any

import numpy as np

from contract.container import ARTIFACT_MEMBERS, EVALUATION_FILE, METRICS, Evaluation, SetAside
from contract.gate import beats_guess
from model import guess
from model.container import artifact, evaluation
from model.cost_model import CostModel
from model.data.history import FEWEST_TO_FIT, History, channel_rows, concatenate, from_rows
from model.errors import BadArtifact
from model.left_out import cleaning

DEFAULT_ROOT = "/opt/ml"
MAX_FAILURE_CHARACTERS = 1024
"""SageMaker shows this much of the failure file as FailureReason."""


def main() -> int:
    """Run one training and return the exit code."""
    signal.signal(signal.SIGTERM, _stop)
    root = Path(os.environ.get("SAGEMAKER_BASE_DIR", DEFAULT_ROOT))
    try:
        result = train(root)
    except Exception as error:
        reason = f"{type(error).__name__}: {error}"
        (root / "output").mkdir(parents=True, exist_ok=True)
        (root / "output" / "failure").write_text(reason[:MAX_FAILURE_CHARACTERS], encoding="utf-8")
        print(reason, file=sys.stderr)
        return 1
    for name in METRICS:
        print(f"{name}={getattr(result.challenger, name):.6g};", flush=True)
    return 0


def _stop(_signal: int, _frame: FrameType | None) -> None:
    # As process 1 of a container there is no default action for SIGTERM; nothing here needs tidying up.
    os._exit(128 + signal.SIGTERM)


def train(root: Path) -> Evaluation:
    """Train on the channels under `root` and write the artefact and the evaluation.

    Where the model is no better than a guess, the guess itself is what is written and evaluated.

    Raises:
        InsufficientData: under three usable runs.
        ValueError: the input is not what the docstring of this module says.
    """
    hyperparameters = _hyperparameters(root)
    workflow_name = hyperparameters["workflow_name"]
    train_runs, holdout_runs, set_aside = read_history(root / "input" / "data")
    champion = _read_champion(root / "input" / "data" / "champion")
    for fit in (CostModel.fit, guess.fit):
        trained = artifact.Artifact(
            workflow_name=workflow_name,
            trained_at=datetime.now(UTC),
            served=fit(concatenate(train_runs, holdout_runs)),
            twin=fit(train_runs) if len(train_runs) >= FEWEST_TO_FIT else None,
        )
        result = evaluation.evaluate(trained, train_runs, holdout_runs, champion, set_aside, fit=fit)
        if beats_guess(result):
            break
    _write(root, trained, result)
    return result


def _hyperparameters(root: Path) -> dict[str, Any]:
    path = root / "input" / "config" / "hyperparameters.json"
    values = json.loads(path.read_text(encoding="utf-8"))
    if not isinstance(values, dict) or not isinstance(values.get("workflow_name"), str):
        raise ValueError("hyperparameters.json must be an object with workflow_name")  # noqa: TRY004 - it is the content that is wrong
    return values


def read_history(data: Path) -> tuple[History, History, list[SetAside]]:
    """Read both channels; return training runs, held-out runs, and what was set aside of either.

    Raises:
        InsufficientData: under three usable runs.
    """
    train_runs, unusable = from_rows(channel_rows(data / "train"))
    holdout_runs, also_unusable = from_rows(channel_rows(data / "holdout"))
    train_runs, holdout_runs, outliers = without_outliers(train_runs, holdout_runs)
    return train_runs, holdout_runs, unusable + also_unusable + outliers


def without_outliers(train_runs: History, holdout_runs: History) -> tuple[History, History, list[SetAside]]:
    """Return training and held-out runs without those that both together show to be wrong, and those.

    Raises:
        InsufficientData: under three runs.
    """
    both = concatenate(train_runs, holdout_runs)
    both.require()
    kept, outliers = cleaning.set_outliers_aside(both)
    held = set(holdout_runs.run_ids)
    is_held = np.array([run_id in held for run_id in kept.run_ids])
    return kept.take(np.flatnonzero(~is_held)), kept.take(np.flatnonzero(is_held)), outliers


def _read_champion(folder: Path) -> artifact.Artifact | BadArtifact | None:
    archive = folder / "model.tar.gz"
    if not archive.exists():
        return None
    try:
        return artifact.from_members(artifact.unpack(archive.read_bytes()))
    except BadArtifact as error:
        return error


def _write(root: Path, trained: artifact.Artifact, result: Evaluation) -> None:
    model, data = root / "model", root / "output" / "data"
    model.mkdir(parents=True, exist_ok=True)
    data.mkdir(parents=True, exist_ok=True)
    members = artifact.to_members(trained)
    for name in ARTIFACT_MEMBERS:
        (model / name).unlink(missing_ok=True)
    for name, content in members.items():
        (model / name).write_bytes(content)
    (data / EVALUATION_FILE).write_text(result.model_dump_json(indent=1), encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main())
