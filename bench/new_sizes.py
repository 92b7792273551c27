"""`python -m bench.new_sizes`: what intervals are worth at a new size, where most runs repeat a few sizes.

Made-up histories, each of 120 runs on a few data that cost more or less than their size says. A quarter of the sizes
between the smallest and the largest is left out of what is learned from, and then asked about.
"""

import numpy as np
import pandas as pd

from bench import accuracy

HISTORIES = ((8, 0.05), (8, 0.3), (20, 0.1), (20, 0.3), (60, 0.3))
"""How many data, and the standard deviation of what they cost (log) at equal size."""
REPETITIONS = 40
RUNS = 120
NOISE = 0.05
"""Standard deviation of log cost among runs on the same data."""


def report() -> None:
    """Print a table: a line for each number of data and how different they are."""
    print(" data  differ by  median error  80 % covers  90 % covers  width of 90 %")
    for data, differ in HISTORIES:
        found = np.mean([_asked(data, differ, seed) for seed in range(REPETITIONS)], axis=0)
        print(
            f"{data:>5}  {differ:>9}  {found[0]:>12.3f}  {found[1]:>11.2f}  {found[2]:>11.2f}  {found[3]:>13.2f}",
            flush=True,
        )


def _asked(data: int, differ: float, seed: int) -> tuple[float, float, float, float]:
    """Return the median relative error, the coverage of both intervals with each size counted once, and the width."""
    generator = np.random.default_rng(seed)
    history = _history(generator, data, differ)
    inner = np.unique(history.input_bytes)[1:-1]
    asked = history.input_bytes.isin(generator.choice(inner, len(inner) // 4, replace=False))
    runs = history[asked].reset_index(drop=True)
    answers = accuracy.fit(history[~asked].reset_index(drop=True))(runs)
    weight = 1.0 / runs.groupby("input_bytes").input_bytes.transform("size")
    held = [
        float(
            np.average(
                (runs.cost_usd >= answers[f"lo{share}"]) & (runs.cost_usd <= answers[f"hi{share}"]), weights=weight
            )
        )
        for share in (80, 90)
    ]
    error = float((answers.point / runs.cost_usd - 1).abs().median())
    return error, held[0], held[1], float(((answers.hi90 - answers.lo90) / runs.cost_usd).median())


def _history(generator: np.random.Generator, data: int, differ: float) -> pd.DataFrame:
    sizes = np.round(np.exp(generator.uniform(np.log(1e8), np.log(1e10), data)))
    own = generator.normal(0.0, differ, data)
    which = generator.integers(data, size=RUNS)
    noise = generator.normal(0.0, NOISE, RUNS)
    return pd.DataFrame(
        {
            "workflow_name": "made up",
            "run_id": [f"run-{number}" for number in range(RUNS)],
            "started_at": None,
            "input_bytes": sizes[which],
            "output_bytes": np.nan,
            "params": [{} for _ in range(RUNS)],
            "cost_usd": (0.1 + 1e-9 * sizes[which]) * np.exp(own[which] + noise),
        }
    )


if __name__ == "__main__":
    report()
