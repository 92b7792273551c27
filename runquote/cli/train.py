"""`runquote train`: learn from the runs that are recorded, now rather than when the schedule says so."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Annotated

import typer
from rich.progress import BarColumn, Progress, SpinnerColumn, TaskID, TextColumn, TimeElapsedColumn

from contract.retrainings import Retraining
from contract.states import MINIMUM_RUNS
from runquote.cli.output import Format, print_csv, print_json, print_table, say, stderr
from runquote.cli.session import FAILURE, CommandError, FormatOption, Session, workflow_names
from runquote.client import Client
from runquote.training import follow

INTERRUPTED = 130
_OUTCOMES = {
    "running": "under way",
    "promoted": "promoted",
    "no_update": "no update",
    "insufficient_data": "too few runs",
    "already_running": "already running",
    "failed": "failed",
}


def train(
    context: typer.Context,
    workflows: Annotated[
        list[str] | None,
        typer.Argument(help="Names of workflows; without any, all that have new runs.", autocompletion=workflow_names),
    ] = None,
    restore_version: Annotated[
        int | None,
        typer.Option(
            "--restore",
            min=1,
            metavar="VERSION",
            help="Train nothing: put the model of this version in service again, or one that waits for a person.",
        ),
    ] = None,
    wait: Annotated[bool, typer.Option(help="Follow the retrainings to their ends.")] = True,
    format: FormatOption = Format.TABLE,
) -> None:
    """Retrain workflows now, and follow how far they are.

    A retraining that is under way already is followed. A new model is promoted only if it is better than the one in
    service, so "no update" is no failure; neither are too few runs. Exits with 1 if a retraining failed.
    """
    if restore_version is not None and len(workflows or []) != 1:
        raise typer.BadParameter("--restore is about one workflow: name it")
    session: Session = context.obj
    with session.client() as client:
        names = _names(client, workflows or [])
        if wait:
            retrainings = _follow(client, names, restore_version)
        else:
            retrainings = [client.retrain(name, restore_version) for name in names]
    _show(retrainings, format)
    if any(each.status in ("failed", "already_running") for each in retrainings):
        raise typer.Exit(FAILURE)


def _names(client: Client, wanted: list[str]) -> list[str]:
    known = client.workflows(retired=bool(wanted))
    if not wanted:
        due = [each for each in known if each.new_runs]
        few = [each.workflow_name for each in due if each.succeeded_runs < MINIMUM_RUNS]
        if few:
            say(f"Left alone, since a first model needs {MINIMUM_RUNS} successful runs: {', '.join(few)}", style="dim")
        return [each.workflow_name for each in due if each.workflow_name not in few]
    unknown = [name for name in wanted if name not in {each.workflow_name for each in known}]
    if unknown:
        raise CommandError(f"There are no runs of {', '.join(unknown)}: `runquote models list` shows what there is")
    return list(dict.fromkeys(wanted))


def _follow(client: Client, names: list[str], restore_version: int | None) -> list[Retraining]:
    latest: dict[str, Retraining] = {}
    try:
        with _progress(names) as tell:
            for retraining in follow(client, names, restore_version=restore_version):
                latest[retraining.workflow_name] = retraining
                tell(retraining)
    except KeyboardInterrupt:
        say("No longer followed; what was started goes on, and `runquote train` with its name follows it again")
        raise typer.Exit(INTERRUPTED) from None
    return [latest[name] for name in names]


@contextmanager
def _progress(names: list[str]) -> Iterator[Callable[[Retraining], None]]:
    """Show a bar for each workflow where somebody looks at a terminal, else a line for each step."""
    if not stderr().is_terminal:
        yield _Lines()
        return
    columns = (
        SpinnerColumn(finished_text=" "),
        TextColumn("{task.description}"),
        BarColumn(bar_width=20),
        TextColumn("{task.fields[step]}"),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=stderr()) as progress:
        yield _Bars(progress, names)


class _Lines:
    def __init__(self) -> None:
        self._told: dict[str, str] = {}

    def __call__(self, retraining: Retraining) -> None:
        words = _step(retraining)
        if self._told.get(retraining.workflow_name) != words:
            self._told[retraining.workflow_name] = words
            say(f"{retraining.workflow_name}: {words}")


class _Bars:
    def __init__(self, progress: Progress, names: list[str]) -> None:
        self._progress = progress
        self._tasks: dict[str, TaskID] = {
            name: progress.add_task(name, start=False, total=None, step="waiting for its turn") for name in names
        }

    def __call__(self, retraining: Retraining) -> None:
        task = self._tasks[retraining.workflow_name]
        self._progress.start_task(task)
        steps = retraining.steps
        done = sum(each.state in ("done", "skipped", "failed") for each in steps)
        self._progress.update(task, total=len(steps), completed=done, step=_step(retraining))


def _step(retraining: Retraining) -> str:
    if retraining.status != "running":
        return _OUTCOMES[retraining.status]
    return next((each.title for each in retraining.steps if each.state == "current"), "Started")


def _show(retrainings: list[Retraining], format: Format) -> None:
    if format is Format.JSON:
        print_json(retrainings=[each.model_dump(mode="json") for each in retrainings])
    elif format is Format.CSV:
        print_csv([_row(each) for each in retrainings])
    elif not retrainings:
        say("No workflow has enough new runs since its last training; name one to train it all the same")
    else:
        rows = [
            (
                each.workflow_name,
                _OUTCOMES[each.status],
                "" if each.model_version is None else each.model_version,
                f"{(each.ended_at - each.started_at).total_seconds():.0f} s" if each.ended_at else "",
                each.reason or f"Retraining {each.retraining_id}",
            )
            for each in retrainings
        ]
        print_table(["Workflow", "Outcome", "Model", "Took", "Reason"], rows, right=["Took"])


def _row(retraining: Retraining) -> dict[str, object]:
    return {
        "workflow_name": retraining.workflow_name,
        "retraining_id": retraining.retraining_id,
        "status": retraining.status,
        "model_version": "" if retraining.model_version is None else retraining.model_version,
        "started_at": f"{retraining.started_at:%Y-%m-%dT%H:%M:%SZ}",
        "ended_at": f"{retraining.ended_at:%Y-%m-%dT%H:%M:%SZ}" if retraining.ended_at else "",
        "reason": retraining.reason or "",
    }
