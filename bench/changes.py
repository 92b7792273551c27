"""`python -m bench.changes`: later runs after a change for good, and after conditions that only look like one.

Made-up histories of 120 runs in 60 days, asked about the 30 that follow. Costs differ at random by 3 to 20 %, which
nobody can foretell: that is the error of the truth.
"""

from collections.abc import Callable

import numpy as np
import pandas as pd

from bench import accuracy

RUNS, ASKED, DAYS = 120, 30, 60.0
REPETITIONS = 16
NOISES = (0.03, 0.06, 0.12, 0.2)
"""Standard deviations of log cost, in turns."""
Days = np.ndarray
KINDS: dict[str, Callable[[np.random.Generator, Days], np.ndarray]] = {
    "half the cost from day 30 on": lambda _, days: np.log(0.5) * (days > 30),
    "half the cost from day 36 on": lambda _, days: np.log(0.5) * (days > 36),
    "half the cost from day 45 on": lambda _, days: np.log(0.5) * (days > 45),
    "double from day 36 on": lambda _, days: np.log(2.0) * (days > 36),
    "a fifth less from day 36 on": lambda _, days: np.log(0.8) * (days > 36),
    "half from day 20, double from day 40": lambda _, days: np.log(0.5) * ((days > 20) & (days <= 40)),
    "nothing changes": lambda _, days: 0.0 * days,
    "a wave of 57 days": lambda made, days: 0.4 * np.sin(days / 9 + made.uniform(0.0, 2 * np.pi)),
    "a wave of 25 days": lambda made, days: 0.4 * np.sin(days / 4 + made.uniform(0.0, 2 * np.pi)),
    "1 % less a day": lambda _, days: -0.01 * days,
    "a random walk": lambda made, days: np.cumsum(made.normal(0.0, 0.05, len(days))),
    "load that lasts 3 days": lambda made, days: 0.3 * _load(made, days, 3.0),
    "load that lasts 15 days": lambda made, days: 0.3 * _load(made, days, 15.0),
}
"""What happens to log cost over time; the first six are changes for good."""


def report() -> None:
    """Print a table: a line for each kind."""
    print("mean error of log cost              truth  model  90 % covers  width of 90 %")
    for kind in KINDS:
        found = np.array([_asked(kind, seed) for seed in range(REPETITIONS)])
        means = np.exp(np.log(found[:, :2]).mean(axis=0))
        print(
            f"{kind:<37} {means[0]:.3f}  {means[1]:.3f}  {found[:, 2].mean():>11.2f}  {np.median(found[:, 3]):>13.2f}",
            flush=True,
        )


def _asked(kind: str, seed: int) -> tuple[float, float, float, float]:
    """Return the mean errors of truth and model, how many intervals hold, and their relative width."""
    runs = history(kind, seed)
    past, later = (part.reset_index(drop=True) for part in (runs[:RUNS], runs[RUNS:]))
    answers = accuracy.fit(past)(later)
    error = float(np.log(answers.point / later.cost_usd).abs().mean())
    held = float(((later.cost_usd >= answers.lo90) & (later.cost_usd <= answers.hi90)).mean())
    width = float(((answers.hi90 - answers.lo90) / later.cost_usd).median())
    return float(later.noise.abs().mean()), error, held, width


def history(kind: str, seed: int) -> pd.DataFrame:
    """Make runs in order of start; `noise` is what nobody can foretell of log cost."""
    made = np.random.default_rng(seed)
    count = RUNS + ASKED
    days = np.sort(made.uniform(0.0, DAYS * count / RUNS, count))
    sizes = np.exp(made.normal(np.log(3e9), made.uniform(0.8, 2.2), count))
    truth = np.log(np.exp(made.uniform(-4.0, 0.0)) + (sizes / 3e9) ** made.uniform(0.6, 1.3))
    noise = made.normal(0.0, NOISES[seed % len(NOISES)], count)
    started = pd.Timestamp("2025-01-01", tz="UTC") + pd.to_timedelta(days, "D")
    return pd.DataFrame(
        {
            "workflow_name": "made up",
            "run_id": [f"run-{number}" for number in range(count)],
            "started_at": [when.isoformat() for when in started],
            "input_bytes": np.round(sizes),
            "output_bytes": np.round(sizes * np.exp(made.normal(-1.0, 0.15, count))),
            "params": [{} for _ in range(count)],
            "cost_usd": np.exp(truth + KINDS[kind](made, days) + noise),
            "noise": noise,
        }
    )


def _load(made: np.random.Generator, days: Days, lasting: float) -> np.ndarray:
    """Return a random load, 1 at a standard deviation, that is forgotten within so many days."""
    load = [made.normal()]
    for apart in np.diff(days):
        kept = np.exp(-apart / lasting)
        load.append(kept * load[-1] + np.sqrt(1.0 - kept**2) * made.normal())
    return np.array(load)


if __name__ == "__main__":
    report()
