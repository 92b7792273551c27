"""`python -m bench.gate`: which poisoned histories would replace a model, and how many honest ones wait for a person.

A model learned from the first part of a history is in service. Then come the runs that really came (honest), or those
and wrong ones. Training, evaluation and decision are those of production. Histories are made up, and those of
`RUNQUOTE_BENCHMARK` where that is set.
"""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta

import numpy as np

from bench import accuracy, histories, made_up
from contract.names import is_holdout
from contract.states import Champion, CompareModelsResponse
from functions.compare_models.logic import compare
from functions.compare_models.rules import Rules
from model.container import artifact, evaluation
from model.cost_model import CostModel
from model.data.history import concatenate, from_rows
from model.train import without_outliers

KNOWN = 0.6
"""Share of the runs that the model in service learned from."""
MOST_RUNS = 300
FEWEST_RUNS = 40
CHAMPION = Champion(model_version=1, model_package_arn="group/1", endpoint_name="endpoint")
Rows = list[dict[str, object]]
Poison = Callable[[Rows, Rows, np.random.Generator], Rows]


def fakes(share: float, factor: float, *, last_day: bool = False, large_only: bool = False) -> Poison:
    """Return what adds wrong runs: copies of real ones at so many times their cost, a share of all runs."""

    def poison(known: Rows, later: Rows, generator: np.random.Generator) -> Rows:
        real = known + later
        pool = sorted(real, key=lambda row: int(row["input_bytes"]))[-len(real) // 4 :] if large_only else real  # type: ignore[call-overload]
        begin, end = (_time(later[0]), _time(later[-1])) if later else (_time(known[-1]), _time(known[-1]))
        begin = end - timedelta(days=1) if last_day else begin
        made: Rows = []
        for number in range(max(1, round(share * len(real)))):
            copied = pool[generator.integers(len(pool))]
            when = (begin + (end - begin) * generator.random()).isoformat()
            made.append(
                copied
                | {
                    "run_id": f"fake-{number}",
                    "started_at": when,
                    "completed_at": when,
                    "cost_usd": float(copied["cost_usd"]) * factor,  # type: ignore[arg-type]
                }
            )
        return later + made

    return poison


POISONS: dict[str, Poison] = {
    "honest": lambda _, later, __: later,
    "as many x 10": fakes(1.0, 10),
    "as many / 10": fakes(1.0, 0.1),
    "as many x 3": fakes(1.0, 3),
    "half as many x 3": fakes(0.5, 3),
    "4 % in the last day x 3": fakes(0.04, 3, last_day=True),
    "10 % in the last day x 3": fakes(0.1, 3, last_day=True),
    "10 % in the last day / 5": fakes(0.1, 0.2, last_day=True),
    "20 % x 10": fakes(0.2, 10),
    "30 % large x 5": fakes(0.3, 5, large_only=True),
    "as many x 100": fakes(1.0, 100),
    "thrice as many x 10": fakes(3.0, 10),
}


def report() -> None:
    """Print a line for each history and poison that would replace the model in service, and the counts."""
    counts = {name: [0, 0, 0] for name in POISONS}
    for name, known, later in _histories():
        champion = _trained(name, known, [], None)[0]
        for poison, spoil in POISONS.items():
            verdict = _trained(name, known, spoil(known, later, np.random.default_rng(0)), champion)[1]
            counts[poison][0] += 1
            counts[poison][1] += verdict.is_better
            counts[poison][2] += "a person" in verdict.reason
            if verdict.is_better or poison == "honest":
                print(f"{name:<40} {poison:<26} {verdict.reason}", flush=True)
    print(f"\n{'':<26}  histories  promoted  wait for a person")
    for poison, (histories_, promoted, waiting) in counts.items():
        print(f"{poison:<26}  {histories_:>9}  {promoted:>8}  {waiting:>17}")


def _histories() -> Iterator[tuple[str, Rows, Rows]]:
    for noise in (0.05, 0.2, 0.6):
        rows: Rows = sorted(made_up.rows(120, noise=noise), key=_time)
        yield f"made up, noise {noise}", rows[:72], rows[72:]
    for history in histories.public():
        if len(history) >= FEWEST_RUNS and history.started_at.notna().all():
            rows = accuracy.rows(history.sort_values("started_at").iloc[:MOST_RUNS])
            cut = int(KNOWN * len(rows))
            yield str(history.workflow_name.iloc[0]), rows[:cut], rows[cut:]


def _time(row: dict[str, object]) -> datetime:
    return datetime.fromisoformat(str(row["started_at"])).astimezone(UTC)


def _trained(
    name: str, known: Rows, later: Rows, champion: artifact.Artifact | None
) -> tuple[artifact.Artifact, CompareModelsResponse]:
    parts: list[list[dict[str, object]]] = [[], []]
    for row in known + later:
        parts[is_holdout(name, str(row["run_id"]))].append(row)
    train, holdout = (from_rows(part)[0] for part in parts)
    train, holdout, set_aside = without_outliers(train, holdout)
    trained = artifact.Artifact(
        workflow_name=name,
        trained_at=max(map(_time, known + later)) + timedelta(hours=1),
        served=CostModel.fit(concatenate(train, holdout)),
        twin=CostModel.fit(train),
    )
    result = evaluation.evaluate(trained, train, holdout, champion, set_aside)
    return trained, compare(result, None if champion is None else CHAMPION, Rules())


if __name__ == "__main__":
    report()
