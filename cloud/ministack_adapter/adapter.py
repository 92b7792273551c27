"""Makes ministack ours."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path

from ministack import app
from ministack.core.hypercorn_compat import install as install_reason_phrases

from cloud.ministack_adapter import (
    alarms,
    api_gateway,
    delivery,
    executions,
    lambdas,
    objects,
    sagemaker,
    sagemaker_tasks,
    schedules,
    task_parameters,
)
from cloud.ministack_adapter.journal import Journal
from cloud.ministack_adapter.journal_files import JOURNAL
from cloud.ministack_adapter.patching import existing
from cloud.ministack_adapter.snapshots import Snapshots
from cloud.sagemaker.core import SageMaker


@dataclass(frozen=True)
class Ministack:
    """ministack as we run it."""

    application: Callable[..., Awaitable[None]]
    """Its ASGI application."""
    resume: Callable[[], None]
    """Tell of the executions that the last server left behind; once requests can be served."""
    pause: Callable[[], None]
    """Let executions go no further, since the server is about to end."""


def install(our_sagemaker: SageMaker, state_directory: Path) -> Ministack:
    """Make every change. `state_directory` must be ministack's STATE_DIR."""
    install_reason_phrases()
    sagemaker.install(our_sagemaker)
    sagemaker_tasks.install(our_sagemaker)
    for part in (delivery, lambdas, objects, task_parameters, api_gateway, alarms, schedules):
        part.install()
    snapshots = Snapshots(state_directory)
    executions.install(snapshots.keep_executions)
    Journal(state_directory / JOURNAL).install()
    snapshots.install()

    def resume() -> None:
        snapshots.include_executions()
        executions.announce_aborted(executions.aborted_at_start, snapshots.keep_executions)

    return Ministack(existing(app, "app"), resume, executions.cloud_ends.set)
