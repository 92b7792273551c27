"""Runs from Cromwell metadata: what `GET /api/workflows/v1/{id}/metadata` answers, or `--metadata-output` writes.

The format: https://cromwell.readthedocs.io/en/stable/api/RESTAPI (WorkflowMetadataResponse, CallMetadata). `calls` maps
each call to its attempts and shards; a call of a sub-workflow holds `subWorkflowMetadata` in the same form (ask for it
with `expandSubWorkflows=true`). Cromwell reads "8 GB" as 8 * 2^30 bytes (wdl4s.parser.MemoryUnit). There is no cost
on AWS in it, so attempts are priced from what they requested.
"""

import re
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

from pydantic import Field

from runquote.readers.base import (
    Document,
    Finished,
    Known,
    Moment,
    ReaderError,
    Rejected,
    Row,
    complete,
    parsed,
    shown,
)
from runquote.readers.costs import Cost, Priced
from runquote.readers.files import each_file, load_json

_STATUS = {"Succeeded": "SUCCEEDED", "Failed": "FAILED", "Aborted": "CANCELLED"}
_MEMORY = re.compile(r"([0-9]+(?:\.[0-9]+)?)\s*(?:([KMGT])i?)?B?")
_POWERS = {"": 0, "K": 1, "M": 2, "G": 3, "T": 4}
_DISK = re.compile(r"(?<![0-9])([0-9]+)\s+(?:SSD|HDD|LOCAL)")
"""One of a list such as "local-disk 100 SSD, /mnt/data 500 HDD"; sizes are taken for GiB."""
_DEFAULT_CPU = 1.0
_DEFAULT_MEMORY = "2 GB"
"""What Cromwell's backends ask for where a task says nothing: https://cromwell.readthedocs.io/en/stable/RuntimeAttributes."""


def read(path: Path, known: Known) -> Iterator[Row | Rejected]:
    """Yield one run for each metadata file. Calls found in the call cache cost nothing. Raises ReaderError."""
    yield from each_file(path, (".json", ".json.gz"), lambda file: iter([_read(file, known)]))


class _Attributes(Document):
    cpu: float | None = Field(default=None, gt=0, le=10_000)
    memory: str = Field(default=_DEFAULT_MEMORY, max_length=100)
    disks: str | None = Field(default=None, max_length=4000)

    def disk_bytes(self) -> int:
        """Return the size of all disks that say theirs; the backend for AWS Batch lets them grow as needed."""
        return sum(int(gib) * 2**30 for gib in _DISK.findall(self.disks or ""))


class _Caching(Document):
    hit: bool | None = None


class _Call(Document):
    start: Moment = None
    end: Moment = None
    runtime_attributes: _Attributes = _Attributes()
    call_caching: _Caching = _Caching()
    preemptible: bool | None = None
    sub_workflow_id: str | None = None
    sub_workflow_metadata: "_Workflow | None" = None


class _Workflow(Document):
    calls: dict[str, list[_Call]] = Field(default_factory=dict)


class _Metadata(_Workflow):
    id: str
    status: str
    workflow_name: str | None = None
    start: Moment = None
    end: Moment = None


def _read(path: Path, known: Known) -> Row | Rejected:
    metadata = parsed(path, _Metadata, load_json(path))
    status = _STATUS.get(metadata.status)
    if status is None or metadata.start is None or metadata.end is None:
        problem = "never began to run" if status and metadata.start is None else "is not finished"
        return Rejected(str(path), f"{problem}: its status is {metadata.status}", metadata.id)
    calls = list(_attempts(metadata))
    if unexpanded := [call for _, call in calls if call.sub_workflow_id]:
        reason = f"{len(unexpanded)} sub-workflows are not in the file: ask with expandSubWorkflows=true"
        return Rejected(str(path), reason, metadata.id)
    paid = [(name, call) for name, call in calls if not call.call_caching.hit]
    cached = f"{len(calls) - len(paid)} of {len(calls)}" if len(paid) < len(calls) else ""
    finished = Finished(
        place=str(path),
        engine="cromwell",
        run_id=metadata.id,
        status=status,
        started_at=metadata.start,
        completed_at=metadata.end,
        cost=Cost.of(_priced(path, name, call, known) for name, call in paid),
        workflow_name=metadata.workflow_name,
        tags={"cromwell.cached_calls": cached} if cached else {},
        notes=("calls came from the call cache: this is cheaper than a run from scratch",) if cached else (),
    )
    return complete(finished, known)


def _attempts(workflow: _Workflow) -> Iterator[tuple[str, _Call]]:
    """Yield every attempt of every call, those of sub-workflows too, with the call's name."""
    for name, attempts in workflow.calls.items():
        for attempt in attempts:
            if attempt.sub_workflow_metadata:
                yield from _attempts(attempt.sub_workflow_metadata)
            else:
                yield name, attempt


def _priced(path: Path, name: str, call: _Call, known: Known) -> Priced:
    """Return what an attempt costs; one that never started costs nothing."""
    if call.start is None or call.end is None:
        return Priced(name, 0.0)
    attributes = call.runtime_attributes
    try:
        memory = parse_memory(attributes.memory)
    except ValueError as error:
        raise ReaderError(f"{path}: call {name}: runtimeAttributes: {error}") from None
    seconds = max(0.0, (call.end - call.start).total_seconds())
    return known.priced(
        name,
        vcpu=attributes.cpu or _DEFAULT_CPU,
        memory_bytes=memory,
        seconds=seconds,
        spot=known.spot or call.preemptible is True,
        disk_bytes=attributes.disk_bytes(),
    )


def parse_memory(text: str) -> int:
    """Return the bytes of a runtime attribute like "8 GB", with powers of 1024. Raises ValueError for anything else."""
    match = _MEMORY.fullmatch(text.strip())
    if not match:
        raise ValueError(f"cannot read memory {shown(text)}")
    factor: int = 1024 ** _POWERS[match[2] or ""]
    return round(Fraction(match[1]) * factor)
