"""How things are named in AWS. Every name is a pure function of what it names, so that a retry finds what exists."""

import hashlib
import json
import re
from datetime import datetime

SAGEMAKER_NAME_PATTERN = r"^[a-zA-Z0-9](-*[a-zA-Z0-9]){0,62}$"
"""Endpoints, endpoint configs, models, training jobs and package groups (botocore's model of SageMaker)."""
_RETIREMENT = "retirement:"


def _digest(text: str, length: int) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:length]


def resource_name(prefix: str, workflow_name: str) -> str:
    """Name the endpoint and the model package group of a workflow.

    SageMaker allows letters, digits and hyphens, so `rna_seq` and `rna-seq` share a slug: the digest of the exact
    name keeps them apart.
    """
    slug = re.sub(r"[^a-z0-9]+", "-", workflow_name.lower()).strip("-")[:20].strip("-")
    return "-".join(part for part in (prefix, slug, _digest(workflow_name, 8)) if part)


def challenger_name(prefix: str, workflow_name: str, execution_name: str) -> str:
    """Name the training job, model and endpoint config that one execution creates (each in its own namespace)."""
    return f"{resource_name(prefix, workflow_name)}-{_digest(execution_name, 10)}"


def client_token(execution_name: str) -> str:
    """Token that makes CreateModelPackage idempotent for one execution (at most 36 letters, digits and hyphens)."""
    return _digest(execution_name, 32)


def child_execution_name(parent_execution_name: str, workflow_name: str) -> str:
    """Name the `retrain` execution that a `retrain_all` execution starts (at most 80 characters)."""
    return f"{_digest(parent_execution_name, 16)}-{resource_name('retrain', workflow_name)}"


def retraining_name(workflow_name: str, after: datetime | None, restore_version: int | None = None) -> str:
    """Name the execution of `retrain` that follows one that ended at that time (at most 80 characters).

    All who ask for a retraining at the same time thus ask for the same one.
    """
    asked = f"after {after.isoformat() if after else 'none'}"
    if restore_version is not None:
        asked = f"{asked} version {restore_version}"
    return child_execution_name(asked, workflow_name)


def spend_line(team: str | None, workflow_name: str) -> str:
    """Name the line of table `spend` for a team and a workflow: a sort key has at most 1,024 bytes."""
    return _digest(json.dumps([team, workflow_name]), 32)


def run_key(workflow_name: str, run_id: str) -> str:
    """Name a run in table `run_changes`, whatever characters both hold."""
    return _digest(json.dumps([workflow_name, run_id]), 32)


def caller_name(caller_id: str) -> str:
    """Name a caller where only telling callers apart matters: neither the id of a key nor that of a person."""
    return _digest(f"caller {caller_id}", 16)


def execution_name(execution_arn: str) -> str:
    """Return the name of an execution of a standard state machine (`arn:…:execution:<machine>:<name>`)."""
    return execution_arn.rsplit(":", 1)[-1]


def retirement_owner(token: str) -> str:
    """Name the holder of a workflow's lease while that is being retired; no ARN of an execution is like it."""
    return f"{_RETIREMENT}{token}"


def is_retirement(lease_owner: str) -> bool:
    """Say whether a lease is held by a retirement, and not by an execution."""
    return lease_owner.startswith(_RETIREMENT)


def dataset_prefix(prefix: str, workflow_name: str, execution_name: str) -> str:
    """S3 key prefix of the dataset that one execution trains on; ends with a slash."""
    return f"datasets/{resource_name(prefix, workflow_name)}/{_digest(execution_name, 10)}/"


def is_holdout(workflow_name: str, run_id: str) -> bool:
    """Say whether a run is kept from training: about one in five, for ever the same ones."""
    return int(_digest(f"{workflow_name}\n{run_id}", 8), 16) < 0.2 * 2**32
