"""From a reader to the API: check, leave out what is older, send, and account for every row."""

import json
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from itertools import chain, islice
from typing import Any, Protocol

from pydantic import ValidationError

from contract.base import MAX_BATCH, MAX_BODY_BYTES
from contract.runs import Run, RunsResponse, as_sent
from contract.validation_words import sentence
from runquote.readers.base import ReaderError, Rejected, Row

MOST_REJECTED = 100_000


class Recorder(Protocol):
    """What records runs: a `runquote.Client`."""

    def record_runs(self, runs: Iterable[dict[str, Any]]) -> Iterator[RunsResponse]:
        """Record runs in requests, each answered before the next is read."""


@dataclass
class Summary:
    """What became of every row that was read: `read` is the sum of all other counts."""

    read: int = 0
    accepted: int = 0
    unchanged: int = 0
    held: int = 0
    too_old: int = 0
    rejected: int = 0
    valid: int = 0
    notes: Counter[str] = field(default_factory=Counter)


class Ingestion:
    """Takes rows from a reader. With no recorder nothing is sent, and rows that would have been are `valid`.

    `on_valid` sees each row that is to be sent, before it is.
    """

    def __init__(
        self,
        recorder: Recorder | None,
        since: datetime | None = None,
        on_valid: Callable[[Row], None] | None = None,
    ) -> None:
        self.summary = Summary()
        self._recorder = recorder
        self._since = since
        self._on_valid = on_valid
        self._rejected: list[tuple[Rejected, dict[str, Any] | None]] = []
        self._sent: dict[int, Row] = {}

    def run(self, rows: Iterable[Row | Rejected]) -> Iterator[tuple[Rejected, dict[str, Any] | None]]:
        """Take all rows, a request's worth at a time; yields what was rejected, with the run if there was one.

        Recording is idempotent, so an ingestion that was cut short is simply started again.
        """
        left = iter(rows)
        for row in left:
            self._take(chain([row], islice(left, MAX_BATCH - 1)))
            yield from self._rejected
            self._rejected.clear()
            if self.summary.rejected >= MOST_REJECTED:
                raise ReaderError(f"Stopped after {self.summary.rejected:,} rejected rows: mend what they say first")

    def _take(self, rows: Iterable[Row | Rejected]) -> None:
        valid = self._valid(rows)
        if self._recorder is None:
            self.summary.valid += sum(1 for _ in valid)
            return
        self._sent.clear()
        for answer in self._recorder.record_runs(valid):
            self._account(answer)

    def _valid(self, rows: Iterable[Row | Rejected]) -> Iterator[dict[str, Any]]:
        sent = 0
        for row in rows:
            self.summary.read += 1
            if isinstance(row, Rejected):
                self._reject(row, None)
                continue
            try:
                run = Run.model_validate_json(json.dumps(as_sent(row.run)))
            except (ValidationError, ValueError, TypeError) as error:
                self._reject(Rejected(row.place, _reason(error), _run_id(row)), row.run)
                continue
            if run.ends_after(datetime.now(UTC)):
                self._reject(Rejected(row.place, "completed_at: lies in the future", run.run_id), row.run)
                continue
            if self._since and run.completed_at < self._since:
                self.summary.too_old += 1
                continue
            self.summary.notes.update(row.notes)
            if self._on_valid:
                self._on_valid(row)
            if self._recorder is not None:
                self._sent[sent] = replace(row, cost=None)  # of as many rows as a request holds, that would be much
            sent += 1
            yield run.model_dump(mode="json", exclude_none=True)

    def _account(self, answer: RunsResponse) -> None:
        """Count an answer. Rows not yet answered for were read ahead into the next request."""
        self.summary.accepted += answer.accepted
        self.summary.unchanged += answer.unchanged
        self.summary.held += len(answer.held)
        for rejected in answer.rejected:
            row = self._sent[rejected.index]
            self._reject(Rejected(row.place, f"{rejected.error}: {rejected.message}", _run_id(row)), row.run)
        answered = answer.accepted + answer.unchanged + len(answer.held) + len(answer.rejected)
        for index in sorted(self._sent)[:answered]:
            del self._sent[index]

    def _reject(self, rejected: Rejected, run: dict[str, Any] | None) -> None:
        self.summary.rejected += 1
        self._rejected.append((rejected, run if run and len(str(run)) <= MAX_BODY_BYTES else None))


def _reason(error: Exception) -> str:
    if isinstance(error, ValidationError):
        return sentence(error, Run)
    return str(error)


def _run_id(row: Row) -> str | None:
    identifier = row.run.get("run_id")
    return identifier if isinstance(identifier, str) else None
