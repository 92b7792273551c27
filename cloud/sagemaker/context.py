"""What the parts of the local SageMaker work with."""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from cloud.sagemaker.artefacts import Artefacts
from cloud.sagemaker.resources import Account, Tags
from cloud.sagemaker.runner import Runner
from cloud.sagemaker.store import Store


@dataclass(frozen=True)
class Limits:
    """Bounds that a slow or a busy machine may want otherwise. Times are in seconds."""

    training_slots: int = 2
    """Training jobs that run at once; the others wait, still InProgress."""
    training_stop_grace: float = 120
    """How long `train` may take to end after SIGTERM. SageMaker gives it 120."""
    ping_timeout: float = 240
    """How long `serve` may take until GET /ping answers 200."""
    hosting_stop_grace: float = 30
    """How long a `serve` that was replaced may take to end after SIGTERM."""


@dataclass(frozen=True)
class Context:
    """State, files, S3, and the way to run containers."""

    directory: Path
    runner: Runner
    store: Store
    artefacts: Artefacts = field(default_factory=Artefacts)
    account: Account = field(default_factory=Account)
    limits: Limits = field(default_factory=Limits)
    publish_log: Callable[[str, Path], None] = lambda _job, _log: None
    """Gets the log of every training job that ended."""

    @property
    def tags(self) -> Tags:
        """The tags of all resources."""
        return Tags(self.store)
