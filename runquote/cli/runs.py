"""`runquote runs`: what became of a run, bills that wait for a person, and corrections with a reason."""

from collections.abc import Iterator
from typing import Annotated, Any, Literal

import typer

from contract.corrections import RunChange, RunStory
from contract.runs import RecordedRun
from contract.sizes import format_size
from runquote.cli.output import Format, print_csv, print_json, print_line, print_table, say
from runquote.cli.session import WORKFLOW, CommandError, Commands, FormatOption, Session, budget, pair, usage
from runquote.columns import member_of, read_cell, recognised
from runquote.sizes import format_amount

runs = typer.Typer(cls=Commands, no_args_is_help=True, help="What became of a run; bills that wait; corrections.")

WorkflowArgument = Annotated[str, WORKFLOW]
RunArgument = Annotated[str, typer.Argument(metavar="RUN", help="The id of the run.")]
ReasonOption = Annotated[str, typer.Option("--reason", help="Why, in words: it is kept with the run.")]
BillOption = Annotated[
    float | None,
    typer.Option("--bill", parser=usage(budget), metavar="USD", help="Which bill, where several wait."),
]


@runs.command("show")
def show(
    context: typer.Context, workflow: WorkflowArgument, run: RunArgument, format: FormatOption = Format.TABLE
) -> None:
    """Show a run, the bills that wait, and every change with who made it and why."""
    session: Session = context.obj
    with session.client() as client:
        _print(client.run(workflow, run), format)


@runs.command("correct")
def correct(  # noqa: PLR0913, PLR0917 - one for each option
    context: typer.Context,
    workflow: WorkflowArgument,
    run: RunArgument,
    reason: ReasonOption,
    set_: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="MEMBER=VALUE", help="A value, like cost=12.30, input=120GB or team=genomics."),
    ] = None,
    clear: Annotated[
        list[str] | None, typer.Option(metavar="MEMBER", help="A value to take away, like output or tags.team.")
    ] = None,
    format: FormatOption = Format.TABLE,
) -> None:
    """Correct values of a run. What it was stays readable; counts, spend and the next training follow."""
    given = dict(usage(_given)(text) for text in set_ or [])
    given |= {usage(_member)(name): None for name in clear or []}
    if not given:
        raise typer.BadParameter("say what to correct, with --set or --clear")
    session: Session = context.obj
    with session.client() as client:
        seen = client.run(workflow, run).run
        _print(client.correct_run(workflow, run, reason, _values(seen, given), seen.version), format)


@runs.command("withdraw")
def withdraw(  # noqa: PLR0913, PLR0917 - as above
    context: typer.Context,
    workflow: WorkflowArgument,
    run: RunArgument,
    reason: ReasonOption,
    undo: Annotated[bool, typer.Option("--undo", help="Take it back in.")] = False,
    format: FormatOption = Format.TABLE,
) -> None:
    """Take a run out of counts, spend and training; it stays listed, as withdrawn."""
    session: Session = context.obj
    with session.client() as client:
        _print(client.withdraw_run(workflow, run, reason, withdrawn=not undo), format)


@runs.command("bills")
def bills(context: typer.Context, workflow: WorkflowArgument, format: FormatOption = Format.TABLE) -> None:
    """List bills that are too far from their estimates to be taken without a person's word."""
    session: Session = context.obj
    with session.client() as client:
        waiting = [
            {"run_id": run.run_id, "estimated_usd": run.cost_usd, "bill_usd": bill, "completed_at": run.completed_at}
            for run in client.runs(workflow, held=True)
            for bill in _waiting(run)
        ]
    rows = [{**row, "completed_at": f"{row['completed_at']:%Y-%m-%dT%H:%M:%SZ}"} for row in waiting]
    if format is Format.JSON:
        print_json(workflow_name=workflow, bills=rows)
    elif format is Format.CSV:
        print_csv(rows)
    elif not rows:
        say(f"No bill of {workflow} waits")
    else:
        columns = ["Run", "Estimated", "Bill", "Completed"]
        amounts = ("estimated_usd", "bill_usd")
        cells = [(row["run_id"], *(_amount(row[name]) for name in amounts), row["completed_at"]) for row in rows]
        print_table(columns, cells, right=columns[1:3])


def _decision(decision: Literal["accept", "refuse"], words: str) -> None:
    """Make the command that decides so on a bill."""

    @runs.command(decision, help=words)
    def decide(  # noqa: PLR0913, PLR0917 - as above
        context: typer.Context,
        workflow: WorkflowArgument,
        run: RunArgument,
        reason: ReasonOption,
        bill: BillOption = None,
        format: FormatOption = Format.TABLE,
    ) -> None:
        session: Session = context.obj
        with session.client() as client:
            amount = _only_one(client.run(workflow, run).run) if bill is None else bill
            _print(client.decide_bill(workflow, run, reason, amount, decision), format)


_decision("accept", "Take a bill that waits as what the run cost.")
_decision("refuse", "Refuse a bill that waits; the estimate counts on, and the same bill is not asked about again.")


def _only_one(run: RecordedRun) -> float:
    """Return the bill that waits. Raises CommandError if none does, or several do."""
    waiting = list(_waiting(run))
    if len(waiting) != 1:
        listed = " or ".join(f"--bill {amount:g}" for amount in waiting)
        raise CommandError(f"Several bills wait: say {listed}" if waiting else f"No bill of {run.run_id} waits")
    return waiting[0]


def _waiting(run: RecordedRun) -> Iterator[float]:
    return (bill.cost_usd for bill in run.held_bills if bill.state == "waiting" and not run.withdrawn)


def _given(text: str) -> tuple[str, Any]:
    name, value = pair(text)
    column = recognised("runs", name)
    if column is None:
        member_of("runs", name)  # says what there is
        raise ValueError(f"{name!r} is nothing that can be corrected")
    return _member(column.member), read_cell(column, value)


def _member(name: str) -> str:
    member = member_of("runs", name)
    if member in {"workflow_name", "run_id", "duration"}:
        raise ValueError(f"{name} cannot be corrected: withdraw the run and record it anew")
    return member


def _values(run: RecordedRun, given: dict[str, Any]) -> dict[str, Any]:
    """Return what to send: a tag or a parameter is changed among the others that the run has."""
    values: dict[str, Any] = {}
    for name, value in given.items():
        member, dot, inner = name.partition(".")
        if not dot:
            values[member] = value
            continue
        entries = dict(values.get(member) or getattr(run, member) or {})
        if value is None:
            entries.pop(inner, None)
        else:
            entries[inner] = value
        values[member] = entries or None
    return values


def _print(story: RunStory, format: Format) -> None:
    run = story.run
    if format is Format.JSON:
        print_json(**story.model_dump(mode="json"))
        return
    if format is Format.CSV:
        print_csv([_row(change) for change in story.changes])
        return
    status = f"{run.status}, withdrawn" if run.withdrawn else run.status
    print_line(f"{run.workflow_name} {run.run_id}: {status}, {_amount(run.cost_usd)} {run.cost_source}")
    estimate = "" if run.estimated_cost_usd is None else f", estimated before at {_amount(run.estimated_cost_usd)}"
    print_line(f"{format_size(run.input_bytes)} of input, completed {run.completed_at:%Y-%m-%d %H:%M} UTC{estimate}")
    for bill in run.held_bills:
        state = bill.state.replace("_", " ")
        print_line(f"Bill of {_amount(bill.cost_usd)}, held {bill.held_at:%Y-%m-%d %H:%M} UTC: {state}")
    if story.changes:
        print_table(
            ["When", "What", "From", "To", "Who", "Why"], [tuple(_row(change).values()) for change in story.changes]
        )


def _row(change: RunChange) -> dict[str, object]:
    before, after = change.before.model_dump(mode="json"), change.after.model_dump(mode="json")
    beside = {"version", "changes", "held_bills", "bill_waits"}
    changed = [name for name in after if before[name] != after[name] and name not in beside]
    return {
        "at": f"{change.at:%Y-%m-%dT%H:%M:%SZ}",
        "kind": change.kind,
        "before": ", ".join(f"{name} {before[name]}" for name in changed),
        "after": ", ".join(f"{name} {after[name]}" for name in changed),
        "by": change.by_name or change.by,
        "reason": change.reason,
    }


def _amount(usd: object) -> str:
    return format_amount(float(str(usd)))
