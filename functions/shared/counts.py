"""What a run counts for, and how that changes when it is recorded, billed, corrected or withdrawn."""

from dataclasses import dataclass

from contract.runs import RecordedRun

_TEACHES_NOTHING = {"estimated_cost_usd", "version", "changes", "held_bills", "bill_waits"}


@dataclass(frozen=True)
class Counts:
    """Counters of a workflow's record, or what they change by."""

    runs: int = 0
    succeeded_runs: int = 0
    withdrawn_runs: int = 0
    revisions: int = 0

    def __add__(self, other: "Counts") -> "Counts":
        """Return both together."""
        return Counts(
            self.runs + other.runs,
            self.succeeded_runs + other.succeeded_runs,
            self.withdrawn_runs + other.withdrawn_runs,
            self.revisions + other.revisions,
        )


def difference(run: RecordedRun, recorded: RecordedRun | None) -> Counts:
    """Return what the counters change by if a run is written, in place of what is recorded of it if anything is."""
    if recorded is None:
        return _of(run, 1)
    return _of(run, 1) + _of(recorded, -1) + Counts(revisions=int(_teaches_anew(run, recorded)))


def counted(run: RecordedRun | None) -> RecordedRun | None:
    """Return the run whose cost was spent, if any: a withdrawn one was not."""
    return None if run is None or run.withdrawn else run


def _of(run: RecordedRun, sign: int) -> Counts:
    if run.withdrawn:
        return Counts(withdrawn_runs=sign)
    return Counts(runs=sign, succeeded_runs=sign if _trains(run) else 0)


def _trains(run: RecordedRun) -> bool:
    return run.status == "SUCCEEDED" and not run.withdrawn


def _teaches_anew(run: RecordedRun, recorded: RecordedRun) -> bool:
    """Say whether there is something that the latest training has not seen."""
    if not _trains(run) and not _trains(recorded):
        return False
    return run.model_dump(exclude=_TEACHES_NOTHING) != recorded.model_dump(exclude=_TEACHES_NOTHING)
