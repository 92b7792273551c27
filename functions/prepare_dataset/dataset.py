"""A dataset in S3: gzip-compressed JSON Lines of runs in two channels, and its manifest.

The same runs give the same bytes under the same keys, so that a repeated call changes nothing.
"""

import gzip
import hashlib
from collections.abc import Iterable
from datetime import datetime

from contract.names import is_holdout
from contract.runs import Run
from contract.states import DatasetPart, Manifest
from functions.shared.ports import Artifacts

PART_RUNS = 50_000
"""Most runs in one object: some 20 MB of JSON."""


class Dataset:
    """A dataset that is being written under a key prefix."""

    def __init__(self, artifacts: Artifacts, prefix: str) -> None:
        self._artifacts = artifacts
        self._train = _Channel(artifacts, f"{prefix}train/")
        self._holdout = _Channel(artifacts, f"{prefix}holdout/")
        self.manifest_uri = artifacts.uri(f"{prefix}manifest.json")
        self.train_uri = artifacts.uri(f"{prefix}train/")
        self.holdout_uri = artifacts.uri(f"{prefix}holdout/")

    @property
    def runs(self) -> int:
        """Runs written so far."""
        return self._train.runs + self._holdout.runs

    def write(self, runs: Iterable[Run]) -> None:
        """Write runs, each to its channel for ever."""
        for run in runs:
            channel = self._holdout if is_holdout(run.workflow_name, run.run_id) else self._train
            channel.add(run.model_dump_json(exclude_none=True).encode() + b"\n")

    def finish(self, workflow_name: str, execution_arn: str, created_at: datetime) -> Manifest:
        """Write what is left and the manifest. Each channel has an object, be it empty."""
        self._train.close()
        self._holdout.close()
        manifest = Manifest(
            workflow_name=workflow_name,
            execution_arn=execution_arn,
            created_at=created_at,
            runs=self.runs,
            train_runs=self._train.runs,
            holdout_runs=self._holdout.runs,
            sha256=_digest([*self._train.compressed, *self._holdout.compressed]),
            parts=[*self._train.parts, *self._holdout.parts],
        )
        content = manifest.model_dump_json(indent=2).encode()
        self._artifacts.write(self.manifest_uri, content, "application/json")
        return manifest


class _Channel:
    """One channel: objects of at most PART_RUNS runs each."""

    def __init__(self, artifacts: Artifacts, prefix: str) -> None:
        self._artifacts = artifacts
        self._prefix = prefix
        self._lines: list[bytes] = []
        self.runs = 0
        self.parts: list[DatasetPart] = []
        self.compressed: list[bytes] = []

    def add(self, line: bytes) -> None:
        self._lines.append(line)
        self.runs += 1
        if len(self._lines) == PART_RUNS:
            self._flush()

    def close(self) -> None:
        if self._lines or not self.parts:
            self._flush()

    def _flush(self) -> None:
        key = f"{self._prefix}part-{len(self.parts):05d}.jsonl.gz"
        content = gzip.compress(b"".join(self._lines), mtime=0)
        self._artifacts.write(self._artifacts.uri(key), content, "application/gzip")
        self.parts.append(DatasetPart(key=key, runs=len(self._lines), sha256=hashlib.sha256(content).hexdigest()))
        self.compressed.append(content)
        self._lines = []


def _digest(compressed: Iterable[bytes]) -> str:
    digest = hashlib.sha256()
    for content in compressed:
        digest.update(gzip.decompress(content))
    return digest.hexdigest()
