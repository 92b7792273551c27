"""Recording runs in DynamoDB: one transaction writes runs, counts them, and adds what they cost to what was spent."""

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from contract.runs import Run
from functions.shared import spend
from functions.shared.aws import THROTTLING, code_of, unavailable
from functions.shared.dynamodb import RunsTable
from functions.shared.errors import DependencyUnavailable, MalformedRecord
from functions.shared.items import Item, from_item, to_attribute, to_item
from functions.shared.ports import Clock, Recorded
from functions.shared.revisions import is_revision, joined
from functions.shared.spend_table import spend_addition

if TYPE_CHECKING:
    from types_boto3_dynamodb import DynamoDBClient

TRANSACTION_ACTIONS = 100
"""Most actions of a transaction (API reference, TransactWriteItems): runs, lines of spend, and one that counts."""
_CONTENTION_ATTEMPTS = 8


@dataclass(frozen=True)
class _Write:
    """A run to be written, in place of what is recorded of it if anything is."""

    run: Run
    recorded: Run | None = None

    @property
    def is_accepted(self) -> bool:
        """Whether it adds a run or a bill; an estimate that joins a bill is only noted."""
        return self.recorded is None or is_revision(self.recorded, self.run)


class RunsWriter(RunsTable):
    """Table `workflow_runs`, and what is counted beside it."""

    def __init__(
        self, client: "DynamoDBClient", table: str, *, workflows_table: str, spend_table: str, clock: Clock
    ) -> None:
        super().__init__(client, table)
        self._workflows_table = workflows_table
        self._spend_table = spend_table
        self._clock = clock

    def record(self, workflow_name: str, runs: Sequence[Run]) -> Recorded:
        """Record runs of one workflow; a transaction counts exactly the runs, bills and money that it adds."""
        recorded = Recorded()
        for chunk in _chunks(runs):
            recorded |= self._record(workflow_name, chunk)
        return recorded

    def _record(self, workflow_name: str, runs: Sequence[Run]) -> Recorded:
        """Write runs as new; those that are there already stop the transaction, and are joined with what is there."""
        pending = {run.run_id: _Write(run) for run in runs}
        recorded = Recorded()
        attempts = 0
        while pending:
            try:
                self._write(workflow_name, list(pending.values()))
            except ClientError as error:
                present = self._present(error, list(pending))
                for run_id, item in present.items():
                    write = _over(item, pending.pop(run_id).run)
                    if write is None:
                        recorded |= Recorded(conflicts=frozenset({run_id}))
                    elif write.run is write.recorded:
                        recorded |= Recorded(unchanged=frozenset({run_id}))
                    else:
                        pending[run_id] = write
                if not present:
                    attempts += 1
                    self._wait_for_turn(attempts)
            else:
                accepted = frozenset(run_id for run_id, write in pending.items() if write.is_accepted)
                return recorded | Recorded(accepted=accepted, unchanged=frozenset(pending) - accepted)
        return recorded

    def _write(self, workflow_name: str, writes: list[_Write]) -> None:
        new = [write.run for write in writes if write.recorded is None]
        revised = [write.run for write in writes if write.recorded is not None and write.is_accepted]
        count: Any = {
            "Update": {
                "TableName": self._workflows_table,
                "Key": {"workflow_name": {"S": workflow_name}},
                "UpdateExpression": "SET latest_recorded_at = :now "
                "ADD runs :runs, spend_runs :runs, succeeded_runs :succeeded, revisions :revisions",
                "ExpressionAttributeValues": {
                    ":now": {"S": self._clock.now().isoformat()},
                    ":runs": {"N": str(len(new))},
                    ":succeeded": {"N": str(sum(run.status == "SUCCEEDED" for run in new))},
                    ":revisions": {"N": str(sum(run.status == "SUCCEEDED" for run in revised))},
                },
            }
        }
        puts: list[Any] = [{"Put": {"TableName": self._table, **_put(write)}} for write in writes]
        spent = spend.total((write.run, write.recorded) for write in writes)
        additions: list[Any] = [spend_addition(self._spend_table, line, amount) for line, amount in spent.items()]
        with unavailable("runs table"):
            self._client.transact_write_items(TransactItems=[*puts, count, *additions])

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
            run_id: reason["Item"]
            for run_id, reason in zip(run_ids, reasons, strict=False)
            if reason.get("Code") == "ConditionalCheckFailed"
        }

    def _wait_for_turn(self, attempts: int) -> None:
        if attempts >= _CONTENTION_ATTEMPTS:
            raise DependencyUnavailable("runs table: contention")
        longest = min(0.05 * 2**attempts, 1.0)
        self._clock.pause(random.uniform(0, longest))  # noqa: S311 - jitter, not a secret


def _chunks(runs: Sequence[Run]) -> Iterator[Sequence[Run]]:
    """Group runs into as many as one transaction takes together with their lines of spend."""
    chunk: list[Run] = []
    lines: set[spend.Line] = set()
    for run in runs:
        line = spend.line_of(run)
        if len(chunk) + len(lines | {line}) + 2 > TRANSACTION_ACTIONS:
            yield chunk
            chunk, lines = [], set()
        chunk.append(run)
        lines.add(line)
    if chunk:
        yield chunk


def _over(item: Item, run: Run) -> _Write | None:
    """Return how a run is written over a stored item; None if they contradict each other."""
    try:
        recorded = from_item(item, Run)
    except MalformedRecord:
        return None
    both = joined(recorded, run)
    return _Write(both, recorded) if both else None


def _put(write: _Write) -> dict[str, Any]:
    """Return the members of a Put that fails, and tells what is there, if that is not what it replaces."""
    put: dict[str, Any] = {"Item": to_item(write.run), "ReturnValuesOnConditionCheckFailure": "ALL_OLD"}
    if write.recorded is None:
        return {**put, "ConditionExpression": "attribute_not_exists(run_id)"}
    # All else is equal, and a run that holds both a bill and an estimate is never written over.
    as_recorded = "cost_source = :source AND cost_usd = :cost AND attribute_not_exists(estimated_cost_usd)"
    return {
        **put,
        "ConditionExpression": as_recorded,
        "ExpressionAttributeValues": {
            ":source": to_attribute(write.recorded.cost_source),
            ":cost": to_attribute(write.recorded.cost_usd),
        },
    }
