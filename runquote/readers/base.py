"""What all readers share: rows, and what a person adds to what an engine wrote down."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, ConfigDict, ValidationError, model_validator
from pydantic.alias_generators import to_camel

from contract.validation_words import value_rule
from runquote.pricing import PriceBook, price_book
from runquote.readers.costs import Cost, Priced

LONGEST_SECONDS = 10 * 365 * 86_400
"""The longest that anything can have run."""
MOST_CPUS = 100_000
MOST_MEMORY = 2**50
"""Bytes that a job can hold; more, like a longer time, is no measurement."""


class ReaderError(Exception):
    """A source cannot be read at all; the message names the file, and line and column where there are any."""


@dataclass(frozen=True)
class Row:
    """A run, and where it was read; `notes` are for the person: what was assumed about it.

    `cost` is what an estimate is made of; a run that came with its cost has none.
    """

    place: str
    run: dict[str, Any]
    notes: tuple[str, ...] = ()
    cost: Cost | None = None


@dataclass(frozen=True)
class Rejected:
    """What cannot become a run, where it was read, and why."""

    place: str
    reason: str
    run_id: str | None = None


@dataclass(frozen=True)
class Known:
    """What a person knows about runs and their engine did not write down.

    `sizes` holds input and output bytes by run id, or by the path of the file or folder that is a run, and comes before
    `input_bytes` and `output_bytes`, which hold for every run. `rate` is a name in the price book.
    """

    workflow_name: str | None = None
    input_bytes: int | None = None
    output_bytes: int | None = None
    sizes: Mapping[str, tuple[int, int | None]] = field(default_factory=dict)
    prices: PriceBook = field(default_factory=price_book)
    rate: str = "fargate"
    spot: bool = False
    parameters: Mapping[str, Any] = field(default_factory=dict)
    tags: Mapping[str, str] = field(default_factory=dict)

    def priced(  # noqa: PLR0913 - all that a task may hold
        self,
        name: str,
        *,
        vcpu: float,
        memory_bytes: float,
        seconds: float,
        rate: str | None = None,
        spot: bool | None = None,
        disk_bytes: float = 0,
        note: str = "",
    ) -> Priced:
        """Return what a task costs at a rate, of every run's unless it has one of its own."""
        _check_bounds(name, vcpu, max(memory_bytes, disk_bytes), seconds)
        rate, spot = rate or self.rate, self.spot if spot is None else spot
        usd = self.prices.job_usd(
            rate, vcpu=vcpu, memory_bytes=memory_bytes, seconds=seconds, spot=spot, disk_bytes=disk_bytes
        )
        label = f"{rate} spot" if spot else rate
        terms = self.prices.rates[rate].terms(seconds, disk_bytes)
        return Priced(name, usd, seconds, vcpu, memory_bytes, label, ", ".join([*filter(None, [note]), *terms]))


def _check_bounds(name: str, vcpu: float, most_bytes: float, seconds: float) -> None:
    for value, most, what in (
        (vcpu, MOST_CPUS, f"more than {MOST_CPUS:,} CPUs"),
        (most_bytes, MOST_MEMORY, "more than 1 PiB of memory or disk"),
        (seconds, LONGEST_SECONDS, "more than ten years"),
    ):
        if not 0 <= value <= most:
            raise ReaderError(f"task {shown(name)[1:-1]}: holds {what}, so a number in it must be wrong")


@dataclass(frozen=True)
class Finished:
    """What an engine wrote down about a run; times with a zone, cost in USD by list price as the sum of its parts."""

    place: str
    engine: str
    run_id: str
    status: str
    started_at: datetime
    completed_at: datetime
    cost: Cost
    workflow_name: str | None = None
    tags: Mapping[str, str] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    other_names: tuple[str, ...] = ()
    """By which `sizes` may know it too."""


def complete(finished: Finished, known: Known) -> Row | Rejected:
    """Join what the engine wrote down with what the person knows."""
    name = known.workflow_name or finished.workflow_name
    if not name:
        return Rejected(finished.place, "the workflow's name is not in the file: give --workflow", finished.run_id)
    every = (known.input_bytes, known.output_bytes)
    names = (finished.run_id, finished.place, *finished.other_names)
    input_bytes, output_bytes = next((known.sizes[name] for name in names if name in known.sizes), every)
    if input_bytes is None:
        reason = "the input size is not in the file: give --input, or --sizes with a line for this run"
        return Rejected(finished.place, reason, finished.run_id)
    run: dict[str, Any] = {
        "workflow_name": name,
        "run_id": finished.run_id,
        "status": finished.status,
        "started_at": finished.started_at.isoformat(),
        "completed_at": finished.completed_at.isoformat(),
        "input_bytes": input_bytes,
        "output_bytes": output_bytes,
        "cost_usd": round(finished.cost.usd, 8),
        "cost_source": "estimated",
        "parameters": dict(known.parameters) or None,
        "tags": {**finished.tags, **known.tags} or None,
        "engine": finished.engine,
        "purchase_option": "spot" if known.spot else "on_demand",
    }
    members = {name: value for name, value in run.items() if value is not None}
    return Row(finished.place, members, finished.notes, finished.cost)


def shown(text: object) -> str:
    """Return what was read as it stands in a message: quoted, and no longer than a line."""
    quoted = repr(text)
    return quoted if len(quoted) <= 100 else f"{quoted[:80]}… ({len(quoted) - 2:,} characters)"


def identity(engine: str, *parts: str) -> str:
    """Return a run id that is the same whenever the same parts are read again."""
    digest = hashlib.sha256("\0".join(parts).encode()).hexdigest()
    return f"{engine}-{digest[:16]}"


def moment(text: object) -> datetime | None:
    """Read an ISO 8601 time; one without a zone is UTC. None for anything else."""
    try:
        time = datetime.fromisoformat(str(text))
    except ValueError:
        return None
    return time if time.tzinfo else time.replace(tzinfo=UTC)


class Document(BaseModel):
    """A part of what an engine wrote as JSON: the members that we read, by their camelCase names; null is as absent."""

    model_config = ConfigDict(frozen=True, alias_generator=to_camel, allow_inf_nan=False)

    @model_validator(mode="before")
    @classmethod
    def _without_nulls(cls, content: Any) -> Any:  # noqa: ANN401 - JSON that nobody has looked at
        if isinstance(content, dict):
            return {name: value for name, value in content.items() if value is not None}
        return content


def parsed[D: Document](path: Path, kind: type[D], content: object) -> D:
    """Read a JSON value as a document. Raises ReaderError that names the member which does not fit."""
    try:
        return kind.model_validate(content)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(map(str, first["loc"])) or "the document"
        where = where if len(where) <= 200 else f"…{where[-150:]}"
        raise ReaderError(f"{path}: {where}: {value_rule(first)}") from None


def in_utc(time: datetime | None) -> datetime | None:
    """Take a time without a zone for UTC."""
    return time if time is None or time.tzinfo else time.replace(tzinfo=UTC)


Moment = Annotated[datetime | None, AfterValidator(in_utc)]
