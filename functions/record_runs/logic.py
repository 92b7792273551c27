"""Records past runs: each row on its own. A run that is there already is kept; a bill may join its estimate."""

import json
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from math import ceil

from pydantic_core import from_json

from contract.runs import HeldRow, RecordedRun, RejectedRun, Run, RunsRequest, RunsResponse, as_sent
from contract.validation_words import quoted
from functions.shared import words
from functions.shared.errors import ApiError
from functions.shared.http import Caller, read_json, read_parsed
from functions.shared.observability import MetricUnit, logger, metrics
from functions.shared.ports import Clock, Newcomers, Recorded, RunRecorder
from functions.shared.revisions import received

_CONCURRENCY = 8


def read_runs(body: bytes) -> Run | RunsRequest:
    """Read one run, or a list of them if the body says `runs`. What the API tells beside a run is left out.

    Raises:
        ApiError: as `read_json`.
    """
    try:
        content = from_json(body)
    except ValueError:
        return read_json(body, Run)  # says where it is no JSON
    if isinstance(content, dict) and "runs" in content:
        return read_parsed(content, RunsRequest)
    return _read_run(content)


def _read_run(row: object) -> Run:
    """Read a run from parsed JSON, as JSON again: only there does a strict shape take text for a time."""
    sent = as_sent(row) if isinstance(row, dict) else row
    return read_json(json.dumps(sent).encode(), Run)


class Recorder:
    """Records runs."""

    def __init__(self, runs: RunRecorder, clock: Clock, newcomers: Newcomers) -> None:
        self._runs = runs
        self._newcomers = newcomers
        self._clock = clock

    def record_one(self, run: Run, caller_id: str = Caller.id) -> RunsResponse:
        """Record one run.

        Raises:
            ApiError: it has not ended, contradicts a run of that id (`run_conflict`), or its workflow is new and the
                caller brought as many as one may in a day (`too_many_workflows`).
            DependencyUnavailable: the store does not answer; sending the run again is safe.
        """
        self._check(run)
        response = self._record([(0, run)], [], caller_id)
        for row in response.rejected:
            wait = self._until_tomorrow() if row.error == "too_many_workflows" else None
            raise ApiError(row.error, row.message, wait)
        return response

    def record_many(self, request: RunsRequest, caller_id: str = Caller.id) -> RunsResponse:
        """Record many runs; a row that is wrong is rejected with its reason and stops no other.

        Raises:
            DependencyUnavailable: the store does not answer; sending the same runs again is safe.
        """
        rows: list[tuple[int, Run]] = []
        rejected: list[RejectedRun] = []
        for index, row in enumerate(request.runs):
            try:
                run = _read_run(row)
                self._check(run)
                rows.append((index, run))
            except ApiError as error:
                rejected.append(
                    RejectedRun(index=index, run_id=_run_id(row), error="invalid_request", message=error.message)
                )
        return self._record(rows, rejected, caller_id)

    def _record(self, rows: Sequence[tuple[int, Run]], rejected: list[RejectedRun], caller_id: str) -> RunsResponse:
        rows, beyond = self._let_in(rows, caller_id)
        rejected += beyond
        contradictions = self._contradictions(rows)
        groups: dict[str, list[Run]] = {}
        for index, run in rows:
            if index not in contradictions:
                groups.setdefault(run.workflow_name, []).append(run)
        recorded = self._store(groups)
        held: list[HeldRow] = []
        kept: list[Run] = []
        for index, run in rows:
            # Rows of one id that agree share its fate.
            fate = recorded.get(run.workflow_name, Recorded())
            if index in contradictions or run.run_id in fate.conflicts:
                rejected.append(_conflict(index, run))
            elif run.cost_source == "billed" and (run.run_id, run.cost_usd) in fate.held:
                held.append(_held(index, run))
            else:
                kept.append(run)
        new = {(run.workflow_name, run.run_id) for run in kept if run.run_id in recorded[run.workflow_name].accepted}
        accepted, unchanged = len(new), len(kept) - len(new)
        rejected.sort(key=lambda row: row.index)
        logger.info(
            "runs recorded",
            extra={
                "accepted": accepted,
                "unchanged": unchanged,
                "held": len(held),
                "rejected": len(rejected),
                "workflow_names": sorted(groups)[:20],
            },
        )
        metrics.add_metric("RunsRecorded", MetricUnit.Count, accepted)
        return RunsResponse(accepted=accepted, unchanged=unchanged, rejected=rejected, held=held)

    def _let_in(
        self, rows: Sequence[tuple[int, Run]], caller_id: str
    ) -> tuple[Sequence[tuple[int, Run]], list[RejectedRun]]:
        """Return the rows whose workflows are known or may be, and the others with the reason why not."""
        refused = self._newcomers.refused(list(dict.fromkeys(run.workflow_name for _, run in rows)), caller_id)
        if not refused:
            return rows, []
        logger.warning("new workflows refused", extra={"workflows": len(refused)})
        kept = [(index, run) for index, run in rows if run.workflow_name not in refused]
        return kept, [self._beyond(index, run) for index, run in rows if run.workflow_name in refused]

    def _beyond(self, index: int, run: Run) -> RejectedRun:
        message = (
            f"{quoted(run.workflow_name)} would be a new workflow, and who asks has brought as many today as one may "
            f"in a day ({self._newcomers.limit:,}): send this run again from {words.date(self._tomorrow())} on (UTC). "
            "Runs of workflows that are known are recorded as ever."
        )
        return RejectedRun(index=index, run_id=run.run_id, error="too_many_workflows", message=message)

    def _tomorrow(self) -> datetime:
        return self._clock.now().replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=1)

    def _until_tomorrow(self) -> int:
        return ceil((self._tomorrow() - self._clock.now()).total_seconds())

    def _contradictions(self, rows: Sequence[tuple[int, Run]]) -> set[int]:
        """Return which rows contradict others of the same run, of which estimates come first as in `received`."""
        kept: dict[tuple[str, str], RecordedRun] = {}
        found: set[int] = set()
        for index, run in sorted(rows, key=lambda row: row[1].cost_source == "billed"):
            key = (run.workflow_name, run.run_id)
            both = received(kept.get(key), run, self._clock.now())
            if both is None:
                found.add(index)
            else:
                kept[key] = both
        return found

    def _store(self, groups: Mapping[str, list[Run]]) -> dict[str, Recorded]:
        if len(groups) == 1:
            return {name: self._runs.record(name, runs) for name, runs in groups.items()}
        pool = ThreadPoolExecutor(max_workers=_CONCURRENCY)
        try:
            futures = {name: pool.submit(self._runs.record, name, runs) for name, runs in groups.items()}
            return {name: future.result() for name, future in futures.items()}
        finally:
            pool.shutdown(cancel_futures=True)

    def _check(self, run: Run) -> None:
        if run.ends_after(self._clock.now()):
            raise ApiError("invalid_request", "The end lies in the future: record a run once it ended (completed_at).")


def _run_id(row: Mapping[str, object]) -> str | None:
    run_id = row.get("run_id")
    return run_id[:200] if isinstance(run_id, str) else None


def _conflict(index: int, run: Run) -> RejectedRun:
    message = (
        f"Run {quoted(run.run_id)} of {quoted(run.workflow_name)} is recorded with other values; those are kept. "
        "Only a bill may replace an estimated cost, once. What is recorded wrongly can be corrected, with a reason: "
        "`runquote runs correct`, or PUT to the run's address."
    )
    return RejectedRun(index=index, run_id=run.run_id, error="run_conflict", message=message)


def _held(index: int, run: Run) -> HeldRow:
    message = (
        f"The bill of run {quoted(run.run_id)} of {quoted(run.workflow_name)} is far from what the run was estimated "
        "to cost. It is kept and waits for a person to accept or refuse it; until then the estimate counts."
    )
    return HeldRow(index=index, run_id=run.run_id, cost_usd=run.cost_usd, message=message)
