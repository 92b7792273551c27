"""Base and trees together: the estimate of log cost, before intervals."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np

from model import residual, trend
from model.features import Encoder
from model.history import Floats, History, Indices


@dataclass(frozen=True)
class Table:
    """Runs as the model sees them: log size, output surplus, parameter columns, start (NaN where unknown)."""

    log_size: Floats
    surplus: Floats
    parameters: Floats
    started_at: Floats

    @classmethod
    def of(
        cls,
        encoder: Encoder,
        input_bytes: Floats,
        output_bytes: Floats,
        parameters: Sequence[dict[str, Any]],
        started_at: Floats,
    ) -> "Table":
        """Turn runs or requests into the model's columns."""
        surplus = encoder.output_column(input_bytes, output_bytes)
        return cls(np.log(input_bytes), surplus, encoder.parameter_columns(parameters), started_at)

    @classmethod
    def of_history(cls, encoder: Encoder, history: History) -> "Table":
        """Turn a history into the model's columns."""
        return cls.of(encoder, history.input_bytes, history.output_bytes, history.parameters, history.started_at)

    @cached_property
    def columns(self) -> Floats:
        """The base's columns: an unknown output counts as the usual one."""
        return np.column_stack([np.nan_to_num(self.surplus), self.parameters])

    def take(self, rows: Indices) -> "Table":
        """Return some of the rows."""
        return Table(self.log_size[rows], self.surplus[rows], self.parameters[rows], self.started_at[rows])

    def __len__(self) -> int:
        return len(self.log_size)


@dataclass(frozen=True)
class Core:
    """A fitted base, and trees on what it leaves with the share of their answer that is used."""

    base: trend.Trend
    knots: Floats
    booster: Any | None
    strength: float

    def predict(self, table: Table) -> tuple[Floats, Floats]:
        """Return log cost, and the disagreement about it among the base's members."""
        level, spread = self.base.size_part(table.log_size)
        return level + table.columns @ self.base.effect_column + self.strength * self.trees(table), spread

    def trees(self, table: Table) -> Floats:
        """Return the trees' answer at full strength, in log cost."""
        if self.booster is None:
            return np.zeros(len(table))
        answer = residual.smooth(self.booster, self.knots, table.log_size, table.surplus, table.parameters)
        return self.base.noise * answer

    def with_strength(self, strength: float) -> "Core":
        """Return the same core with another share of the trees; without them when that is nothing."""
        return replace(self, strength=strength, booster=self.booster if strength > 0 else None)


def fit(table: Table, log_cost: Floats) -> Core:
    """Fit the base and, with enough runs, the trees at full strength."""
    base = trend.fit(table.log_size, table.columns, log_cost)
    booster = None
    if len(table) >= residual.MINIMUM_RUNS:
        left = log_cost - base.predict(table.log_size, table.columns)
        booster = residual.fit(table.log_size, table.surplus, table.parameters, left, base.noise, trend.OUTPUT_NOISE)
    return Core(base, residual.size_knots(table.log_size), booster, 1.0)
