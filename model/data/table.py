"""Runs and requests as the model sees them: columns of numbers."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np

from model.data.features import Encoder
from model.data.history import Floats, History, Indices
from model.data.outputs import ESTIMATE_NOISE


@dataclass(frozen=True)
class Table:
    """Runs as the model sees them: log size, output surplus, parameter columns, start (NaN where unknown).

    `surplus` is NaN where no output size is known; the encoder says how far it is believed.
    """

    encoder: Encoder
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
        columns = encoder.parameter_columns(parameters)
        surplus = encoder.output_column(input_bytes, output_bytes, columns)
        return cls(encoder, np.log(input_bytes), surplus, columns, started_at)

    @classmethod
    def of_history(cls, encoder: Encoder, history: History) -> "Table":
        """Turn a history into the model's columns."""
        return cls.of(encoder, history.input_bytes, history.output_bytes, history.parameters, history.started_at)

    @cached_property
    def stated(self) -> Floats:
        """The base's columns of requests: output counts as it is expected to be, given what is stated."""
        return np.column_stack([self.encoder.expected_surplus(self.surplus), self.parameters])

    @cached_property
    def recorded(self) -> Floats:
        """The base's columns of past runs, whose output sizes are records."""
        return np.column_stack([np.nan_to_num(self.surplus), self.parameters])

    def take(self, rows: Indices) -> "Table":
        """Return some of the rows."""
        columns = (self.log_size, self.surplus, self.parameters, self.started_at)
        return Table(self.encoder, *(column[rows] for column in columns))

    def with_estimates(self) -> "Table":
        """Return the same rows as people would ask for them, who estimate output sizes."""
        errors = np.random.default_rng(1).normal(0.0, ESTIMATE_NOISE, len(self))
        return replace(self, surplus=self.surplus + errors)

    def without_output(self) -> "Table":
        """Return the same rows with no output size known."""
        return replace(self, surplus=np.full(len(self), np.nan))

    def __len__(self) -> int:
        return len(self.log_size)
