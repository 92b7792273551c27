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
from typing import Any

from runquote.readers.base import Finished, Known, ReaderError, Rejected, Row, complete, each_file, load_json, moment

_STATUS = {"Succeeded": "SUCCEEDED", "Failed": "FAILED", "Aborted": "CANCELLED"}
_MEMORY = re.compile(r"([0-9]+(?:\.[0-9]+)?)\s*(?:([KMGT])i?)?B?")
_POWERS = {"": 0, "K": 1, "M": 2, "G": 3, "T": 4}
_DEFAULT_CPU = 1.0
_DEFAULT_MEMORY = "2 GB"
"""What Cromwell's backends ask for where a task says nothing: https://cromwell.readthedocs.io/en/stable/RuntimeAttributes."""


def read(path: Path, known: Known) -> Iterator[Row | Rejected]:
    """Yield one run for each metadata file. Calls found in the call cache cost nothing. Raises ReaderError."""
    yield from each_file(path, (".json", ".json.gz"), lambda file: iter([_read(file, known)]))


def _read(path: Path, known: Known) -> Row | Rejected:
    metadata = load_json(path)
    if not isinstance(metadata, dict) or not isinstance(metadata.get("calls"), dict):
        raise ReaderError(f"{path}: not Cromwell metadata: it has no `calls`")
    identifier = str(metadata.get("id") or "")
    status = _STATUS.get(str(metadata.get("status")))
    started, ended = moment(metadata.get("start")), moment(metadata.get("end"))
    if not identifier:
        raise ReaderError(f"{path}: not Cromwell metadata: it has no `id`")
    if status is None or started is None or ended is None:
        return Rejected(str(path), f"is not finished: its status is {metadata.get('status')}", identifier)
    calls = list(_attempts(metadata))
    if unexpanded := [call for call in calls if "subWorkflowId" in call]:
        reason = f"{len(unexpanded)} sub-workflows are not in the file: ask with expandSubWorkflows=true"
        return Rejected(str(path), reason, identifier)
    paid = [call for call in calls if not (call.get("callCaching") or {}).get("hit")]
    cached = len(calls) - len(paid)
    notes = (
        (f"{cached} of {len(calls)} calls came from the call cache: this is cheaper than a run from scratch",)
        if cached
        else ()
    )
    finished = Finished(
        place=str(path),
        engine="cromwell",
        run_id=identifier,
        status=status,
        started_at=started,
        completed_at=ended,
        cost_usd=sum(_usd(path, call, known) for call in paid),
        workflow_name=metadata.get("workflowName"),
        tags={"cromwell.cached_calls": f"{cached} of {len(calls)}"} if cached else {},
        notes=notes,
    )
    return complete(finished, known)


def _attempts(metadata: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield every attempt of every call, those of sub-workflows too."""
    for name, attempts in metadata.get("calls", {}).items():
        for attempt in attempts:
            if isinstance(attempt.get("subWorkflowMetadata"), dict):
                yield from _attempts(attempt["subWorkflowMetadata"])
            else:
                yield {"name": name, **attempt}


def _usd(path: Path, call: dict[str, Any], known: Known) -> float:
    """Return what an attempt costs; one that never started costs nothing."""
    started, ended = moment(call.get("start")), moment(call.get("end"))
    if started is None or ended is None:
        return 0.0
    attributes = call.get("runtimeAttributes") or {}
    where = f"{path}: call {call['name']}"
    try:
        cpu = float(attributes.get("cpu") or _DEFAULT_CPU)
        memory = parse_memory(str(attributes.get("memory") or _DEFAULT_MEMORY))
    except ValueError as error:
        raise ReaderError(f"{where}: runtimeAttributes: {error}") from None
    spot = known.spot or call.get("preemptible") is True
    return known.job_usd(cpu, memory, max(0.0, (ended - started).total_seconds()), spot=spot)


def parse_memory(text: str) -> int:
    """Return the bytes of a runtime attribute like "8 GB", with powers of 1024. Raises ValueError for anything else."""
    match = _MEMORY.fullmatch(text.strip())
    if not match:
        raise ValueError(f"cannot read memory {text!r}")
    factor: int = 1024 ** _POWERS[match[2] or ""]
    return round(Fraction(match[1]) * factor)
