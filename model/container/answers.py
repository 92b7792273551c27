"""What the container answers: cost, intervals, outcomes, explanation and similar runs of each requested row."""

import math
from collections.abc import Sequence

import numpy as np

from contract.container import InvocationRow, RowPrediction
from contract.judgement import is_beyond_evidence
from contract.predictions import EdgeOfEvidence, Effect, Interval, SimilarRun
from contract.sizes import format_size
from model.cost_model import CostModel
from model.data.history import Floats
from model.data.table import Table
from model.left_out import intervals

MAX_EFFECTS = 4
TYPICAL_RUN = "typical_run"
INPUT_SIZE = "input_size"
OUTPUT_SIZE = "output_size"
OTHER_FACTORS = "other_factors"
RECENT_RUNS = "recent_runs"
OWN_FACTORS = {TYPICAL_RUN, INPUT_SIZE, OUTPUT_SIZE, OTHER_FACTORS, RECENT_RUNS}
"""Names that mean something else than a parameter."""
OUTPUT_WEIGHT = 0.5
PARAMETER_WEIGHT = 0.5
"""How much an output ratio, or a parameter, one standard deviation away counts against one e-fold of input size."""


def predict(
    model: CostModel, rows: Sequence[InvocationRow], *, explain: bool, similar_runs: int
) -> list[RowPrediction]:
    """Answer all rows at once, in order."""
    table = _table(model, rows)
    estimates, quantiles = model.log_quantiles(table)
    costs, outcomes = np.exp(estimates), np.exp(quantiles)
    explanations = _explanations(model, rows, table, costs) if explain else [[] for _ in rows]
    similar = _similar(model, table, similar_runs)
    found = [
        RowPrediction(
            cost_usd=float(costs[position]),
            intervals=_intervals(outcomes[position]),
            outcomes_usd=outcomes[position, intervals.OUTCOMES].tolist(),
            extrapolated=_nearest(model, row) != row.input_bytes,
            extrapolation_factor=row.input_bytes / _nearest(model, row),
            unknown_parameters=model.encoder.unknown(row.parameters or {}),
            explanation=explanations[position],
            similar_runs=similar[position],
        )
        for position, row in enumerate(rows)
    ]
    return _with_edges(model, rows, found)


def _table(model: CostModel, rows: Sequence[InvocationRow]) -> Table:
    outputs = [math.nan if row.output_bytes is None else float(row.output_bytes) for row in rows]
    started = np.array([math.nan if row.started_at is None else row.started_at.timestamp() for row in rows])
    sizes = np.array([row.input_bytes for row in rows], dtype=float)
    return Table.of(model.encoder, sizes, np.array(outputs), [row.parameters or {} for row in rows], started)


def _nearest(model: CostModel, row: InvocationRow) -> int:
    """Return the size nearest to the requested one that is within the training range."""
    low, high = model.input_bytes_range
    return min(max(row.input_bytes, low), high)


def _with_edges(model: CostModel, rows: Sequence[InvocationRow], found: Sequence[RowPrediction]) -> list[RowPrediction]:
    """Add what such a run costs at the edge of the range, with its usual output, where it is too far beyond it."""
    far = [
        position
        for position, each in enumerate(found)
        if each.extrapolated and is_beyond_evidence(each.extrapolation_factor, each.intervals)
    ]
    answers = list(found)
    if not far:
        return answers
    nearest = [
        rows[position].model_copy(update={"input_bytes": _nearest(model, rows[position]), "output_bytes": None})
        for position in far
    ]
    estimates, quantiles = model.log_quantiles(_table(model, nearest))
    for position, row, estimate, ends in zip(far, nearest, estimates, quantiles, strict=True):
        edge = EdgeOfEvidence(
            input_bytes=row.input_bytes, cost_usd=float(np.exp(estimate)), intervals=_intervals(np.exp(ends))
        )
        answers[position] = answers[position].model_copy(update={"edge": edge})
    return answers


def _intervals(quantiles: Floats) -> list[Interval]:
    found = []
    for coverage in intervals.COVERAGES:
        tail = intervals.LEVELS.index(round((1 - coverage) / 2, 3))
        found.append(Interval(coverage=coverage, low_usd=float(quantiles[tail]), high_usd=float(quantiles[-1 - tail])))
    return found


def _explanations(model: CostModel, rows: Sequence[InvocationRow], table: Table, costs: Floats) -> list[list[Effect]]:
    """Walk from the typical run to each requested one, a factor at a time; each step's dollars are its effect.

    The typical run has the median input size, the usual output for it, and average parameters.
    """
    count, factors = len(table), model.encoder.factors
    parameter_names = [name for name, _ in factors]
    steps = [TYPICAL_RUN, INPUT_SIZE, OUTPUT_SIZE, *map(_factor, parameter_names), RECENT_RUNS]
    size = np.full((len(steps), count), model.base.centre)
    surplus = np.full((len(steps), count), np.nan)
    parameters = np.zeros((len(steps), count, table.parameters.shape[1]))
    size[1:], surplus[2:] = table.log_size, table.surplus
    for step, (_, columns) in enumerate(factors, start=3):
        parameters[step:, :, columns] = table.parameters[:, columns]
    started = np.full((len(steps), count), np.nan)
    started[-1] = table.started_at
    walk = Table(
        model.encoder,
        size.ravel(),
        surplus.ravel(),
        parameters.reshape(len(steps) * count, -1),
        started.ravel(),
    )
    levels = np.exp(model.log_cost(walk)[0]).reshape(len(steps), count)
    levels[-1] = costs
    changes = np.diff(levels, axis=0)
    typical_bytes = math.exp(model.base.centre)
    typical = format_size(round(typical_bytes))
    return [
        [
            Effect(
                factor=TYPICAL_RUN,
                effect_usd=float(levels[0, position]),
                note=f"a run of typical size ({typical}) with usual output and average parameters",
            ),
            *_effects(steps[1:], changes[:, position], _notes(row, parameter_names, typical_bytes)),
        ]
        for position, row in enumerate(rows)
    ]


def _factor(parameter: str) -> str:
    """Name a parameter's effect, and tell a parameter called as one of our own factors from that."""
    return f"parameter {parameter}" if parameter in OWN_FACTORS else parameter


def _effects(names: list[str], changes: Floats, notes: list[str]) -> list[Effect]:
    """Keep the largest effects; the smallest are one effect together, so that all still add up."""
    order = sorted(range(len(names)), key=lambda step: -abs(changes[step]))
    noticeable = 1e-9 * np.abs(changes).max()
    order = [step for step in order if abs(changes[step]) > noticeable or names[step] == INPUT_SIZE]
    rest: list[int] = []
    if len(order) > MAX_EFFECTS:
        order, rest = order[: MAX_EFFECTS - 1], order[MAX_EFFECTS - 1 :]
    effects = [Effect(factor=names[step], effect_usd=float(changes[step]), note=notes[step]) for step in order]
    if rest:
        note = "together: " + ", ".join(names[step] for step in rest)
        effects.append(Effect(factor=OTHER_FACTORS, effect_usd=float(changes[rest].sum()), note=note))
    return effects


def _notes(row: InvocationRow, parameter_names: list[str], typical_bytes: float) -> list[str]:
    """Say what each step after the typical run stands for, in the order of the walk."""
    values = row.parameters or {}
    return [
        f"{format_size(row.input_bytes)} of input, {_number(row.input_bytes / typical_bytes)} times a typical run",
        f"{format_size(row.output_bytes or 0)} of output, against what is usual for this input and these parameters",
        *(f"{name} is {values.get(name)}, against the average run" for name in parameter_names),
        "what runs started about then cost more or less than usual",
    ]


def _number(value: float) -> str:
    """Three significant digits, without an exponent however large."""
    digits = max(0, 2 - math.floor(math.log10(value)))
    return f"{round(value, 2 - math.floor(math.log10(value))):,.{digits}f}"


def _similar(model: CostModel, table: Table, wanted: int) -> list[list[SimilarRun]]:
    """Find the most similar past runs by log size, output ratio and parameters, nearest first."""
    if wanted == 0:
        return [[] for _ in range(len(table))]
    known = model.reference_table
    away = np.abs(table.log_size[:, None] - known.log_size)
    output = np.nan_to_num(np.abs(table.surplus[:, None] - known.surplus))
    away += OUTPUT_WEIGHT * output / max(float(np.nanstd(known.surplus)) if model.encoder.output_recorded else 0.0, 0.1)
    for column in range(known.parameters.shape[1]):
        away += PARAMETER_WEIGHT * np.abs(table.parameters[:, column, None] - known.parameters[:, column])
    nearest = np.argsort(away, axis=1, kind="stable")[:, :wanted]
    return [[model.past_runs[index] for index in indices] for indices in nearest.tolist()]
