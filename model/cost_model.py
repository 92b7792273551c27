"""The cost model of one workflow: base, trees, intervals, and past runs to show."""

from datetime import datetime
from functools import cached_property
from itertools import pairwise
from typing import Annotated, Any, Self

import numpy as np
from pydantic import Field, PrivateAttr, model_validator

from contract.base import MAX_COST_USD, BytesRange, Shape, UtcTime
from contract.container import ModelKind
from contract.predictions import SimilarRun
from model.data.features import Encoder
from model.data.history import Floats, History, Indices
from model.data.table import Table
from model.growth import core
from model.growth.base import Base
from model.growth.core import Core
from model.left_out import drift, intervals, selection
from model.left_out.repeats import Repeats

MAX_REFERENCE_RUNS = 500
"""Past runs kept inside the artefact, to show those similar to a request."""
SMALLEST_COST_USD = 1e-12
MAX_SCALE = 1e3
"""Largest scale of the errors of log cost, of which all costs span less than 50."""


class ReferenceRun(Shape):
    """A past run that can be shown as similar; `parameters` are its encoded columns."""

    run_id: str
    input_bytes: int
    output_bytes: int | None
    cost_usd: float
    completed_at: UtcTime
    parameters: tuple[float, ...]


class CostModel(Shape):
    """A trained model. All but the trees is plain data, so the class is its own file format."""

    runs: int
    input_bytes_range: BytesRange
    latest_run_at: UtcTime
    encoder: Encoder
    base: Base
    knots: Annotated[tuple[float, ...], Field(min_length=1)]
    strength: float = Field(ge=0, le=1)
    intervals: intervals.Intervals
    repeats: Repeats | None = None
    drift: drift.Drift | None
    references: tuple[ReferenceRun, ...] = Field(max_length=MAX_REFERENCE_RUNS)
    _core: Core = PrivateAttr()

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        columns, line = 1 + self.encoder.width, self.base.trend
        sound = (
            len(line.effects) == columns
            and len(self.encoder.output_effects) in {0, self.encoder.width}
            and len(self.base.two_part.coefficients) == 3 + 2 * columns
            and len(line.weights) == len(line.levels) == len(line.exponents) == len(line.overheads)
            and len(self.intervals.knots) == len(self.intervals.scales)
            and all(len(run.parameters) == self.encoder.width for run in self.references)
            and all(left < right for left, right in pairwise(self.knots))
            and all(left <= right for left, right in pairwise(self.intervals.quantiles))
            and all(0 < scale <= MAX_SCALE for scale in self.intervals.scales)
            and self.base.log_range[0] <= self.base.log_range[1]
            and self.encoder.output_bounds[0] <= self.encoder.output_bounds[1]
            and all(number.low <= number.high and number.scale > 0 for number in self.encoder.numbers)
        )
        if not sound:
            raise ValueError("the parts of the model do not fit together")
        return self

    @classmethod
    def fit(cls, history: History) -> "CostModel":
        """Train on a cleaned history.

        Raises:
            InsufficientData: under three runs.
        """
        history.require()
        encoder = Encoder.fit(history)
        table, log_cost = Table.of_history(encoder, history), np.log(history.cost_usd)
        chosen = selection.select(table, log_cost)
        log_cost = log_cost - chosen.conditions
        base = core.fit_base(table, log_cost, chosen.belief, together=chosen.together)
        base = base.mixed(chosen.inside, chosen.beyond)
        fitted = core.add_trees(base, table, log_cost) if chosen.strength > 0 else core.without_trees(base, table)
        fitted = fitted.with_strength(chosen.strength)
        model = cls(
            runs=len(history),
            input_bytes_range=(int(history.input_bytes.min()), int(history.input_bytes.max())),
            latest_run_at=max(datetime.fromisoformat(time) for time in history.completed_at),
            encoder=encoder,
            base=base,
            knots=tuple(fitted.knots.tolist()),
            strength=chosen.strength,
            intervals=chosen.intervals,
            repeats=chosen.repeats,
            drift=chosen.drift,
            references=references(history, table),
        )
        return model.with_booster(fitted.booster)

    def with_booster(self, booster: Any | None) -> "CostModel":  # noqa: ANN401 - XGBoost publishes no types
        """Attach the trees, which live in a file of their own, and return the model ready to predict."""
        self._core = Core(self.base, np.array(self.knots), booster, self.strength)
        return self

    @property
    def booster(self) -> Any | None:  # noqa: ANN401 - XGBoost publishes no types
        """The trees; None for a model that is a base alone."""
        return self._core.booster

    @property
    def kind(self) -> ModelKind:
        """Say what answers."""
        if self.base.trend.is_flat:
            return "guess"
        return "trend" if self.booster is None else "trend_and_residual"

    def log_cost(self, table: Table) -> tuple[Floats, Floats]:
        """Return the log of the typical cost, and how unsure its growth beyond the range is."""
        estimate, spread = self._core.predict(table)
        if self.repeats is not None:
            estimate = estimate + self.repeats.shift(table.log_size)
        if self.drift is not None:
            estimate = estimate + self.drift.shift(table.started_at, table.log_size)
        return np.clip(estimate, np.log(SMALLEST_COST_USD), np.log(MAX_COST_USD)), spread

    def log_quantiles(self, table: Table) -> tuple[Floats, Floats]:
        """Return the log of the typical cost, and its quantiles at intervals.LEVELS (columns) of each run (rows)."""
        estimate, spread = self.log_cost(table)
        stated = np.isfinite(table.surplus)
        scale, standard = self.intervals.scale(table.log_size, spread, stated), np.array([self.intervals.quantiles])
        if self.repeats is not None:
            scale = scale * self.repeats.scale(table.log_size)
        if self.drift is not None:
            # Neither recent runs nor changes make anybody surer of growth beyond the range, which was learned without
            # them; later runs are no surer there than inside it.
            within = (table.log_size >= self.base.log_range[0]) & (table.log_size <= self.base.log_range[1])
            factor = self.drift.scale(table.started_at, table.log_size)
            scale = np.where(within, factor, np.maximum(factor, 1.0)) * scale
            if self.drift.quantiles:
                standard = np.where((within & np.isfinite(table.started_at))[:, None], self.drift.quantiles, standard)
        quantiles = estimate[:, None] + scale[:, None] * standard
        return estimate, np.clip(quantiles, np.log(SMALLEST_COST_USD), np.log(MAX_COST_USD))

    @cached_property
    def past_runs(self) -> tuple[SimilarRun, ...]:
        """The reference runs as answers show them."""
        return tuple(
            SimilarRun(
                run_id=run.run_id,
                input_bytes=run.input_bytes,
                output_bytes=run.output_bytes,
                cost_usd=run.cost_usd,
                completed_at=run.completed_at,
            )
            for run in self.references
        )

    @cached_property
    def reference_table(self) -> Table:
        """The reference runs as the model sees them."""
        sizes = np.array([run.input_bytes for run in self.references], dtype=float)
        outputs = np.array(
            [np.nan if run.output_bytes is None else run.output_bytes for run in self.references], dtype=float
        )
        parameters = np.array([run.parameters for run in self.references]).reshape(len(sizes), -1)
        surplus = self.encoder.output_column(sizes, outputs, parameters)
        return Table(self.encoder, np.log(sizes), surplus, parameters, np.full(len(sizes), np.nan))


def references(history: History, table: Table) -> tuple[ReferenceRun, ...]:
    """Keep runs spread evenly over the sizes."""
    order = np.argsort(history.input_bytes, kind="stable")
    kept: Indices = order[np.unique(np.linspace(0, len(order) - 1, MAX_REFERENCE_RUNS).round().astype(int))]
    return tuple(
        ReferenceRun(
            run_id=history.run_ids[row],
            input_bytes=int(history.input_bytes[row]),
            output_bytes=None if np.isnan(history.output_bytes[row]) else int(history.output_bytes[row]),
            cost_usd=float(history.cost_usd[row]),
            completed_at=datetime.fromisoformat(history.completed_at[row]),
            parameters=tuple(table.parameters[row].tolist()),
        )
        for row in kept
    )
