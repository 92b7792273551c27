"""Changes a recorded run as a person asks, and keeps what it was."""

from pydantic import ValidationError

from contract import validation_words
from contract.base import STORED
from contract.corrections import BillDecision, ChangeKind, RunChange, RunCorrection, RunStory, RunValues
from contract.runs import MAX_CHANGES, RecordedRun
from contract.validation_words import quoted
from functions.shared.errors import ApiError
from functions.shared.http import Caller
from functions.shared.observability import logger
from functions.shared.ports import Clock, RunKeeper, RunTrail
from functions.shared.revisions import settled
from functions.shared.stories import find, story


class Corrector:
    """Corrects and withdraws runs, and decides on bills that wait."""

    def __init__(self, runs: RunKeeper, trail: RunTrail, clock: Clock) -> None:
        self._runs = runs
        self._trail = trail
        self._clock = clock

    def correct(self, workflow_name: str, run_id: str, correction: RunCorrection, caller: Caller) -> RunStory:
        """Change a run; asking for what is so already changes nothing.

        Raises:
            ApiError: there is no such run, the change makes no run of it, or it was changed by somebody else meanwhile.
            DependencyUnavailable: the store does not answer; asking again is safe.
        """
        before = find(self._runs, workflow_name, run_id)
        after = self._changed(before, correction)
        if after != before:
            if correction.version not in {None, before.version}:
                raise _overtaken(run_id)
            if before.changes >= MAX_CHANGES:
                message = f"Run {quoted(run_id)} was changed {MAX_CHANGES} times, which is the most that are kept."
                raise ApiError("run_conflict", message)
            numbers = {"version": before.version + 1, "changes": before.changes + 1}
            change = RunChange(
                workflow_name=workflow_name,
                run_id=run_id,
                number=before.changes + 1,
                kind=_kind(correction),
                at=self._clock.now(),
                by=caller.id,
                by_name=caller.name,
                reason=correction.reason,
                before=before,
                after=after.model_copy(update=numbers),
            )
            if not self._runs.change(change):
                raise _overtaken(run_id)
            logger.info("run changed", extra={"workflow_name": workflow_name, "kind": change.kind, "by": caller.id})
        return story(self._runs, self._trail, workflow_name, run_id)

    def _changed(self, run: RecordedRun, correction: RunCorrection) -> RecordedRun:
        if correction.withdrawn is not None:
            return settled(run.model_copy(update={"withdrawn": correction.withdrawn}))
        if correction.bill is not None:
            return _decided(run, correction.bill)
        return self._corrected(run, correction.values or RunValues())

    def _corrected(self, run: RecordedRun, values: RunValues) -> RecordedRun:
        given = values.model_dump(include=values.model_fields_set)
        source = given.get("cost_source", run.cost_source)
        if source == "estimated":
            given["estimated_cost_usd"] = values.estimated_cost_usd
        elif run.cost_source == "estimated":
            given.setdefault("estimated_cost_usd", run.cost_usd)
        try:
            changed = RecordedRun.model_validate(run.model_dump() | given, context=STORED)
        except ValidationError as error:
            raise ApiError("invalid_request", validation_words.sentence(error, RecordedRun)) from None
        if changed.ends_after(self._clock.now()):
            raise ApiError("invalid_request", "The end lies in the future (completed_at).")
        return settled(changed)


def _decided(run: RecordedRun, decision: BillDecision) -> RecordedRun:
    state = {"accept": "accepted", "refuse": "refused"}[decision.decision]
    found = next((bill for bill in run.held_bills if bill.cost_usd == decision.cost_usd), None)
    if found is None or found.state not in {"waiting", state}:
        became = "is not among those that wait" if found is None else f"was {found.state.replace('_', ' ')} before"
        raise ApiError("run_conflict", f"A bill of ${decision.cost_usd:,} for run {quoted(run.run_id)} {became}.")
    if found.state == state:
        return run
    bills = [bill.model_copy(update={"state": state}) if bill is found else bill for bill in run.held_bills]
    taken = {"cost_usd": found.cost_usd, "cost_source": "billed", "estimated_cost_usd": run.cost_usd}
    return settled(run.model_copy(update={"held_bills": bills, **(taken if state == "accepted" else {})}))


def _kind(correction: RunCorrection) -> ChangeKind:
    if correction.bill is not None:
        return "bill_accepted" if correction.bill.decision == "accept" else "bill_refused"
    if correction.withdrawn is not None:
        return "withdrawn" if correction.withdrawn else "restored"
    return "corrected"


def _overtaken(run_id: str) -> ApiError:
    message = f"Run {quoted(run_id)} was changed by somebody else meanwhile: look at it again, and then decide."
    return ApiError("run_changed", message)
