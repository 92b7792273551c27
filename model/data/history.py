"""Past runs as columns, read from the training channels; what cannot be used is set aside with its reason."""

import gzip
import json
import math
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from contract.base import MAX_BYTES, MAX_COST_USD, MIN_COST_USD
from contract.container import SetAside
from model.errors import InsufficientData

Floats = NDArray[np.float64]
Indices = NDArray[np.int64]
Booleans = NDArray[np.bool_]
MOST_FITTED = 2000
"""Runs that the bases and all choices are fitted to, at most."""
FEWEST_TO_FIT = 3
"""Fewest usable runs that make a model."""
PURCHASE_OPTION = "purchase_option"
"""A run's purchase option is learned from as if it were a parameter of this name."""


@dataclass(frozen=True)
class History:
    """Usable runs, one column for each property. Sizes in bytes (NaN where not recorded), cost in USD.

    `started_at` is in seconds since 1970.
    """

    run_ids: list[str]
    input_bytes: Floats
    output_bytes: Floats
    cost_usd: Floats
    started_at: Floats
    completed_at: list[str]
    estimated: NDArray[np.bool_]
    parameters: list[dict[str, Any]]

    def __len__(self) -> int:
        return len(self.run_ids)

    def take(self, rows: Indices) -> "History":
        """Return the runs at these positions, in this order."""
        return History(
            run_ids=[self.run_ids[i] for i in rows],
            input_bytes=self.input_bytes[rows],
            output_bytes=self.output_bytes[rows],
            cost_usd=self.cost_usd[rows],
            started_at=self.started_at[rows],
            completed_at=[self.completed_at[i] for i in rows],
            estimated=self.estimated[rows],
            parameters=[self.parameters[i] for i in rows],
        )

    def require(self, minimum: int = FEWEST_TO_FIT) -> None:
        """Raise InsufficientData when there are fewer runs than `minimum`."""
        if len(self) < minimum:
            raise InsufficientData(f"{len(self)} usable runs; a model needs at least {minimum}")


def _problem(run: dict[str, Any]) -> str | None:
    if run.get("status", "SUCCEEDED") != "SUCCEEDED":
        return f"status is {run['status']}"
    cost, size, output = run["cost_usd"], run["input_bytes"], run.get("output_bytes")
    if not (math.isfinite(cost) and 0 < cost <= MAX_COST_USD):
        return "cost is not a positive amount"
    if cost < MIN_COST_USD:  # accepted once, and no amount that anybody pays
        return f"cost is less than {MIN_COST_USD:g} USD"
    if not (math.isfinite(size) and 0 < size <= MAX_BYTES):
        return "input size is not a positive number of bytes"
    if output is not None and not (math.isfinite(output) and 0 <= output <= MAX_BYTES):
        return "output size is not a number of bytes"
    return None


def _parameters(run: dict[str, Any]) -> dict[str, Any]:
    parameters = run.get("parameters") or {}
    option = run.get(PURCHASE_OPTION)
    return {**parameters, PURCHASE_OPTION: option} if option and PURCHASE_OPTION not in parameters else parameters


def from_rows(rows: Iterable[dict[str, Any]]) -> tuple[History, list[SetAside]]:
    """Turn rows shaped as contract `Run` into columns, ordered by run_id so that row order cannot matter."""
    usable: list[dict[str, Any]] = []
    set_aside: list[SetAside] = []
    for run in rows:
        problem = _problem(run)
        if problem is None:
            usable.append(run)
        else:
            set_aside.append(SetAside(run_id=run["run_id"], reason=problem))
    usable.sort(key=lambda run: str(run["run_id"]))
    outputs = [run.get("output_bytes") for run in usable]
    history = History(
        run_ids=[run["run_id"] for run in usable],
        input_bytes=np.array([run["input_bytes"] for run in usable], dtype=float),
        output_bytes=np.array([math.nan if output is None else output for output in outputs], dtype=float),
        cost_usd=np.array([run["cost_usd"] for run in usable], dtype=float),
        started_at=np.array([datetime.fromisoformat(run["started_at"]).timestamp() for run in usable], dtype=float),
        completed_at=[run["completed_at"] for run in usable],
        estimated=np.array([run.get("cost_source") == "estimated" for run in usable], dtype=bool),
        parameters=[_parameters(run) for run in usable],
    )
    return history, set_aside


def channel_rows(folder: Path) -> Iterator[dict[str, Any]]:
    """Read every `*.jsonl.gz` part of a channel; a channel that does not exist is empty.

    Raises:
        ValueError: a part is not gzipped JSON Lines; the message names it.
    """
    for part in sorted(folder.glob("**/*.jsonl.gz")):
        try:
            with gzip.open(part, "rt", encoding="utf-8") as lines:
                for line in lines:
                    if line.strip():
                        yield json.loads(line)
        except (OSError, EOFError, zlib.error, ValueError) as error:
            raise ValueError(f"{part.relative_to(folder.parent)} cannot be read: {error}") from error


def concatenate(first: History, second: History) -> History:
    """Join two histories, ordered by run_id as each of them is."""
    joined = History(
        run_ids=first.run_ids + second.run_ids,
        input_bytes=np.concatenate([first.input_bytes, second.input_bytes]),
        output_bytes=np.concatenate([first.output_bytes, second.output_bytes]),
        cost_usd=np.concatenate([first.cost_usd, second.cost_usd]),
        started_at=np.concatenate([first.started_at, second.started_at]),
        completed_at=first.completed_at + second.completed_at,
        estimated=np.concatenate([first.estimated, second.estimated]),
        parameters=first.parameters + second.parameters,
    )
    return joined.take(np.array(sorted(range(len(joined)), key=joined.run_ids.__getitem__), dtype=np.int64))


def sample(count: int, most: int = MOST_FITTED) -> Indices:
    """Return rows to fit to: all of them, or as many as the bases' few coefficients need, drawn at random."""
    if count <= most:
        return np.arange(count)
    return np.sort(np.random.default_rng(0).choice(count, most, replace=False))
