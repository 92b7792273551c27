"""Runs from Cromwell metadata: what `GET /api/workflows/v1/{id}/metadata` answers, or `--metadata-output` writes.

The format: https://cromwell.readthedocs.io/en/stable/api/RESTAPI (WorkflowMetadataResponse, CallMetadata). `calls` maps
each call to its attempts and shards; a call of a sub-workflow holds `subWorkflowMetadata` in the same form (ask for it
with `expandSubWorkflows=true`). Cromwell reads "8 GB" as 8 * 2^30 bytes (wdl4s.parser.MemoryUnit). There is no cost
on AWS in it, so attempts are priced from what they requested.
"""

import zlib
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

from runquote.readers.asked import parse_memory
from runquote.readers.base import Document, Finished, Known, Moment, ReaderError, Rejected, Row, complete, parsed
from runquote.readers.costs import Cost
from runquote.readers.cromwell_calls import Attempt, Call, distinct
from runquote.readers.files import load_json, opened
from runquote.readers.folders import each_that_fits

__all__ = ["parse_memory", "read"]

_STATUS = {"Succeeded": "SUCCEEDED", "Failed": "FAILED", "Aborted": "CANCELLED"}
_MEMBERS = ('"id"', '"status"')
_CHUNK = 2**16
_MOST_LEFT_OUT = 0.5
"""A run of which more cannot be priced is rejected."""


def read(path: Path, known: Known) -> Iterator[Row | Rejected]:
    """Yield one run for each metadata file. Calls found in the call cache cost nothing. Raises ReaderError.

    Files of a folder that are none are passed over, and a note says which.
    """
    yield from each_that_fits(path, "Cromwell metadata", _is_metadata, lambda file: iter([_read(file, known)]))


def _is_metadata(path: Path) -> bool:
    """Say whether a file of a folder is JSON that may be metadata, by the names of its members."""
    missing = set(_MEMBERS)
    try:
        with opened(path, lines=False) as file:
            text = file.read(_CHUNK)
            if not text.lstrip().startswith("{"):
                return False
            while text and missing:
                missing -= {member for member in missing if member in text}
                more = file.read(_CHUNK)
                text = text[-len(max(_MEMBERS, key=len)) :] + more if more else ""
    except UnicodeDecodeError:
        return False
    except (ReaderError, OSError, EOFError, zlib.error):
        return True  # whatever it is, it is packed badly, and to be told
    return not missing or (path.name.endswith((".json", ".json.gz")) and "metadata" in path.name)


class _CallOrWorkflow(Call):
    sub_workflow_metadata: "_Workflow | None" = None


class _Workflow(Document):
    calls: dict[str, list[_CallOrWorkflow]] | None = None
    end: Moment = None


class _Metadata(_Workflow):
    id: str
    status: str
    workflow_name: str | None = None
    start: Moment = None


def _read(path: Path, known: Known) -> Row | Rejected:
    metadata = parsed(path, _Metadata, load_json(path))
    status = _STATUS.get(metadata.status)
    if status is None or metadata.start is None or metadata.end is None:
        problem = "never began to run" if status and metadata.start is None else "is not finished"
        return Rejected(str(path), f"{problem}: its status is {metadata.status}", metadata.id)
    attempts = list(_attempts(metadata, metadata.end))
    if reason := _refusal(metadata, attempts):
        return Rejected(str(path), reason, metadata.id)
    cost, notes, unpriced = _cost(attempts, known)
    if len(unpriced) > _MOST_LEFT_OUT * len(attempts):
        return Rejected(
            str(path), f"{len(unpriced)} of {len(attempts)} calls cannot be priced: {unpriced[0]}", metadata.id
        )
    tags = {}
    if cached := sum(each.call.is_cached for each in attempts):
        tags["cromwell.cached_calls"] = f"{cached} of {len(attempts)}"
    if unpriced:
        tags["cromwell.unpriced_calls"] = f"{len(unpriced)} of {len(attempts)}"
        notes[f"{tags['cromwell.unpriced_calls']} calls cannot be priced and are left out: {path}: {unpriced[0]}"] = (
            None
        )
    finished = Finished(
        place=str(path),
        engine="cromwell",
        run_id=metadata.id,
        status=status,
        started_at=metadata.start,
        completed_at=metadata.end,
        cost=cost,
        workflow_name=metadata.workflow_name,
        tags=tags,
        notes=tuple(notes),
    )
    return complete(finished, known)


def _refusal(metadata: _Metadata, attempts: list[Attempt]) -> str | None:
    """Return why metadata is no run of which the cost can be told, if so."""
    if metadata.calls is None and metadata.status == "Succeeded":
        return "its calls are not in the file: ask for the whole metadata"
    if unexpanded := sum(bool(each.call.sub_workflow_id) for each in attempts):
        return f"{unexpanded} sub-workflows are not in the file: ask with expandSubWorkflows=true"
    if all(each.call.is_cached for each in attempts):
        return (
            "all its calls came from the call cache: it cost nothing"
            if attempts
            else "it made no call: it cost nothing"
        )
    return None


def _cost(attempts: list[Attempt], known: Known) -> tuple[Cost, dict[str, None], list[str]]:
    """Return what attempts cost, the notes on them, and why some cannot be priced."""
    cost, unpriced = Cost(), list[str]()
    notes: dict[str, None] = {}
    for attempt in attempts:
        try:
            cost.add(attempt.priced(known, notes))
        except (ValueError, ReaderError) as error:
            unpriced.append(f"call {attempt.name}: {error}")
    return cost, notes, unpriced


def _attempts(workflow: _Workflow, end: datetime, prefix: str = "") -> Iterator[Attempt]:
    """Yield every attempt of every call, those of sub-workflows too."""
    for name, calls in (workflow.calls or {}).items():
        for call in distinct(calls):
            shard = f"[{call.shard_index}]" if call.shard_index not in (None, -1) else ""
            place = f"{prefix}{name}{shard}"
            inner = call.sub_workflow_metadata
            if inner:
                yield from _attempts(inner, inner.end or end, f"{place} ")
            else:
                yield Attempt(place, call, end)
