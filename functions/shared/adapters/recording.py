"""Recording runs in DynamoDB: one transaction writes runs, counts them, and adds what they cost to what was spent."""

import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from contract.corrections import RunChange
from contract.runs import RecordedRun, Run
from functions.shared import spend
from functions.shared.adapters.aws import THROTTLING, code_of, unavailable
from functions.shared.adapters.changes_table import ChangesTable
from functions.shared.adapters.items import Item, from_item, to_attribute, to_item
from functions.shared.adapters.runs_table import RunsTable
from functions.shared.adapters.spend_table import spend_addition
from functions.shared.counts import Counts, counted, difference
from functions.shared.errors import DependencyUnavailable, MalformedRecord
from functions.shared.ports import Clock, Recorded
from functions.shared.revisions import is_held, is_revision, received

if TYPE_CHECKING:
    from types_boto3_dynamodb import DynamoDBClient

TRANSACTION_ACTIONS = 100
"""Most actions of a transaction (API reference, TransactWriteItems): runs, lines of spend, and one that counts."""
_CONTENTION_ATTEMPTS = 8


@dataclass(frozen=True)
class _Write:
    """A run to be written, in place of what is recorded of it if anything is."""

    run: RecordedRun
    recorded: RecordedRun | None = None

    @property
    def is_accepted(self) -> bool:
        """Whether it adds a run or a bill; an estimate that joins a bill, or a bill that is held, is only noted."""
        return self.recorded is None or is_revision(self.recorded, self.run)


class RunsWriter(RunsTable):
    """Table `workflow_runs`, what is counted beside it, and the trail of what people changed."""

    def __init__(  # noqa: PLR0913 - its tables, by name
        self,
        client: "DynamoDBClient",
        table: str,
        *,
        changes_table: str,
        workflows_table: str,
        spend_table: str,
        clock: Clock,
    ) -> None:
        super().__init__(client, table)
        self._trail = ChangesTable(client, changes_table)
        self._workflows_table = workflows_table
        self._spend_table = spend_table
        self._clock = clock

    def record(self, workflow_name: str, runs: Sequence[Run]) -> Recorded:
        """Record runs of one workflow; a transaction counts exactly the runs, bills and money that it adds."""
        recorded = Recorded()
        for chunk in _chunks(runs):
            recorded |= self._record(workflow_name, chunk)
        return recorded

    def change(self, change: RunChange) -> bool:
        """Write what a person made of a run and the trail together; return False if it was written meanwhile."""
        write = _Write(change.after, change.before)
        attempts = 0
        while True:
            try:
                self._write(change.workflow_name, [write], [self._trail.addition(change)])
            except ClientError as error:
                if self._present(error, [change.run_id, "trail"]):
                    return False
                attempts += 1
                self._wait_for_turn(attempts)
            else:
                return True

    def _record(self, workflow_name: str, sent: Mapping[str, Sequence[Run]]) -> Recorded:
        """Write runs as new; those that are there already stop the transaction, and are joined with what is there."""
        now = self._clock.now()
        new = {run_id: _all_received(None, runs, now) for run_id, runs in sent.items()}
        pending = {run_id: _Write(run) for run_id, run in new.items() if run is not None}
        done = Recorded(conflicts=frozenset(new.keys() - pending.keys()))
        attempts = 0
        while pending:
            try:
                self._write(workflow_name, list(pending.values()))
            except ClientError as error:
                present = self._present(error, list(pending))
                for run_id, item in present.items():
                    write = self._over(item, sent[run_id], now)
                    del pending[run_id]
                    if write is None:
                        done |= Recorded(conflicts=frozenset({run_id}))
                    elif write.run is write.recorded:
                        done |= Recorded(unchanged=frozenset({run_id}), held=_held(write.run, sent[run_id]))
                    else:
                        pending[run_id] = write
                if not present:
                    attempts += 1
                    self._wait_for_turn(attempts)
            else:
                for run_id, write in pending.items():
                    one = frozenset({run_id})
                    fate = Recorded(accepted=one) if write.is_accepted else Recorded(unchanged=one)
                    done |= fate | Recorded(held=_held(write.run, sent[run_id]))
                return done
        return done

    def _over(self, item: Item, sent: Sequence[Run], now: datetime) -> _Write | None:
        """Return how runs are written over a stored item; None if they contradict each other."""
        try:
            recorded = from_item(item, RecordedRun)
        except MalformedRecord:
            return None
        both = _all_received(recorded, sent, now)
        if both is not recorded and recorded.changes:
            changes = self._trail.of(recorded.workflow_name, recorded.run_id)
            both = _all_received(recorded, sent, now, [change.before for change in changes])
        if both is None or both is recorded:
            return _Write(recorded, recorded) if both else None
        return _Write(both.model_copy(update={"version": recorded.version + 1}), recorded)

    def _write(self, workflow_name: str, writes: Sequence[_Write], trail: Sequence[Any] = ()) -> None:
        counts = sum((difference(write.run, write.recorded) for write in writes), Counts())
        count: Any = {
            "Update": {
                "TableName": self._workflows_table,
                "Key": {"workflow_name": {"S": workflow_name}},
                "UpdateExpression": "SET latest_recorded_at = :now ADD runs :runs, spend_runs :runs, "
                "succeeded_runs :succeeded, withdrawn_runs :withdrawn, revisions :revisions"
                # Who runs a retired workflow again wants it back; a late bill of an old run says nothing of that.
                + (" REMOVE retired_at" if any(write.recorded is None for write in writes) else ""),
                "ExpressionAttributeValues": {
                    ":now": {"S": self._clock.now().isoformat()},
                    ":runs": {"N": str(counts.runs)},
                    ":succeeded": {"N": str(counts.succeeded_runs)},
                    ":withdrawn": {"N": str(counts.withdrawn_runs)},
                    ":revisions": {"N": str(counts.revisions)},
                },
            }
        }
        puts: list[Any] = [{"Put": {"TableName": self._table, **_put(write)}} for write in writes]
        spent = spend.total((counted(write.run), counted(write.recorded)) for write in writes)
        additions: list[Any] = [spend_addition(self._spend_table, line, amount) for line, amount in spent.items()]
        with unavailable("runs table"):
            self._client.transact_write_items(TransactItems=[*puts, *trail, count, *additions])

    def _present(self, error: ClientError, run_ids: list[str]) -> dict[str, Item]:
        """Return the stored items that stopped a transaction; none if it was only contention."""
        if code_of(error) == "TransactionInProgressException":
            return {}
        if code_of(error) != "TransactionCanceledException":
            raise error
        reasons: Any = error.response.get("CancellationReasons", [])
        codes = {reason.get("Code", "None") for reason in reasons}
        unexpected = codes - {"None", "ConditionalCheckFailed", "TransactionConflict"} - THROTTLING
        if unexpected:
            raise error
        return {
            run_id: reason.get("Item", {})
            for run_id, reason in zip(run_ids, reasons, strict=False)
            if reason.get("Code") == "ConditionalCheckFailed"
        }

    def _wait_for_turn(self, attempts: int) -> None:
        if attempts >= _CONTENTION_ATTEMPTS:
            raise DependencyUnavailable("runs table: contention")
        longest = min(0.05 * 2**attempts, 1.0)
        self._clock.pause(random.uniform(0, longest))  # noqa: S311 - jitter, not a secret


def _chunks(runs: Sequence[Run]) -> Iterator[Mapping[str, Sequence[Run]]]:
    """Group what was sent by run, estimates first, and runs into as many as one transaction takes with their spend."""
    sent: dict[str, list[Run]] = {}
    for run in sorted(runs, key=lambda run: run.cost_source == "billed"):
        sent.setdefault(run.run_id, []).append(run)
    chunk: dict[str, list[Run]] = {}
    lines: set[spend.Line] = set()
    for run_id, several in sent.items():
        line = spend.line_of(several[0])
        if len(chunk) + len(lines | {line}) + 2 > TRANSACTION_ACTIONS:
            yield chunk
            chunk, lines = {}, set()
        chunk[run_id] = several
        lines.add(line)
    if chunk:
        yield chunk


def _all_received(
    known: RecordedRun | None, sent: Sequence[Run], now: datetime, earlier: Sequence[RecordedRun] = ()
) -> RecordedRun | None:
    """Return a run with all that was sent of it; None if any of that contradicts the rest."""
    for run in sent:
        known = received(known, run, now, earlier)
        if known is None:
            return None
    return known


def _held(run: RecordedRun, sent: Sequence[Run]) -> frozenset[tuple[str, float]]:
    bills = [each.cost_usd for each in sent if each.cost_source == "billed"]
    return frozenset((run.run_id, bill) for bill in bills if is_held(run, bill))


def _put(write: _Write) -> dict[str, Any]:
    """Return the members of a Put that fails, and tells what is there, if that is not what it replaces."""
    put: dict[str, Any] = {"Item": to_item(write.run), "ReturnValuesOnConditionCheckFailure": "ALL_OLD"}
    if write.recorded is None:
        return {**put, "ConditionExpression": "attribute_not_exists(run_id)"}
    names = {"#version": "version"}
    if write.recorded.version == 0:
        first = "attribute_exists(run_id) AND attribute_not_exists(#version)"
        return {**put, "ConditionExpression": first, "ExpressionAttributeNames": names}
    return {
        **put,
        "ConditionExpression": "#version = :version",
        "ExpressionAttributeNames": names,
        "ExpressionAttributeValues": {":version": to_attribute(write.recorded.version)},
    }
