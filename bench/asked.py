"""Histories cut into what is learned from and what is asked about: made up where a layer of the model should matter,
and public ones (`RUNQUOTE_BENCHMARK`).
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial

import numpy as np
import pandas as pd

from bench import changes, histories

SEEDS = 4
FEWEST_RUNS = 39
MOST_RUNS = 300
NOISE = 0.1
"""Standard deviation of log cost of made-up runs, which nobody can foretell."""
OUTPUT_NOISE = 0.3
"""The same of a person's estimate of the output size."""
Generator = np.random.Generator
Floats = np.ndarray


@dataclass(frozen=True)
class Case:
    """One history: past runs, and runs whose cost is asked for."""

    past: pd.DataFrame
    asked: pd.DataFrame


def frame(sizes: Floats, log_cost: Floats, **columns: object) -> pd.DataFrame:
    """Return runs as predictors are given them; sizes in bytes."""
    return pd.DataFrame(
        {
            "workflow_name": "made up",
            "run_id": [f"run-{number:05d}" for number in range(len(sizes))],
            "started_at": None,
            "input_bytes": np.round(sizes),
            "output_bytes": np.nan,
            "params": [{} for _ in sizes],
            "cost_usd": np.exp(log_cost),
        }
        | columns
    )


def sizes_of(made: Generator, count: int) -> Floats:
    """Draw sizes from 100 MB to 100 GB."""
    return np.exp(made.uniform(np.log(1e8), np.log(1e11), count))


def first(runs: pd.DataFrame, count: int) -> Case:
    """Learn from the first runs and ask about the rest."""
    return Case(runs[:count].reset_index(drop=True), runs[count:].reset_index(drop=True))


def beyond(runs: pd.DataFrame, edge: float, step: float = 1.02) -> Case:
    """Learn from runs up to a size, and ask about those so many times as large or larger."""
    small, large = runs.input_bytes <= edge, runs.input_bytes > step * edge
    return Case(runs[small].reset_index(drop=True), runs[large].reset_index(drop=True))


def interactions(count: int) -> Iterator[Case]:
    """Ten parameters of which four pairs act only together, beside effects of their own."""
    for seed in range(SEEDS):
        made = np.random.default_rng(seed)
        total = count + 200
        sizes = sizes_of(made, total)
        categories = {f"c{i}": made.integers(0, 2 + i % 3, total) for i in range(6)}
        numbers = {f"n{i}": made.choice([1, 2, 4, 8, 16], total) for i in range(4)}
        switches = {name: values == 0 for name, values in categories.items()}
        switches |= {name: values >= made.choice([2, 4, 8]) for name, values in numbers.items()}
        log_cost = np.log(0.05 + (sizes / 1e10) ** made.uniform(0.7, 1.2))
        for name in made.choice(list(switches), 4, replace=False):
            log_cost = log_cost + made.normal(0.0, 0.4) * switches[name]
        for _ in range(4):
            one, other = made.choice(list(switches), 2, replace=False)
            log_cost = log_cost + made.choice([-1, 1]) * made.uniform(0.7, 1.4) * (switches[one] & switches[other])
        params = [
            {name: f"v{values[row]}" for name, values in categories.items()}
            | {name: int(values[row]) for name, values in numbers.items()}
            for row in range(total)
        ]
        yield first(frame(sizes, log_cost + made.normal(0.0, NOISE, total), params=params), count)


def growing(*, larger: bool) -> Iterator[Case]:
    """Two parameters act on what grows and not on the overhead."""
    for seed in range(SEEDS):
        made = np.random.default_rng(seed)
        sizes = sizes_of(made, 200)
        aligner, depth = made.integers(0, 2, 200), made.choice([1, 2, 4], 200)
        growth = (sizes / 1e10) ** made.uniform(0.8, 1.1) * np.where(aligner == 0, made.uniform(2, 6), 1.0) * depth
        log_cost = np.log(made.uniform(0.3, 3.0) + growth) + made.normal(0.0, NOISE, 200)
        params = [{"aligner": f"a{one}", "depth": int(other)} for one, other in zip(aligner, depth, strict=True)]
        runs = frame(sizes, log_cost, params=params)
        yield beyond(runs, float(np.quantile(sizes, 0.6))) if larger else first(runs, 100)


def over_time(kinds: tuple[str, ...], *, inside: bool) -> Iterator[Case]:
    """Histories of `bench.changes`, asked about later runs, or about every fourth one among them."""
    for seed in range(SEEDS):
        for kind in kinds:
            runs = changes.history(kind, seed)
            case = first(runs, changes.RUNS)
            if inside:
                held = np.arange(len(case.past)) % 4 == 3
                case = Case(*(case.past[rows].reset_index(drop=True) for rows in (~held, held)))
            yield case


CHANGES = tuple(changes.KINDS)[:6]
LOADS = ("nothing changes", "load that lasts 3 days", "load that lasts 15 days", "a random walk")


def outputs_decide() -> Iterator[Case]:
    """Half of the cost goes with what is written, and people estimate that."""
    for seed in range(SEEDS):
        made = np.random.default_rng(seed)
        sizes = sizes_of(made, 200)
        written = np.round(sizes * np.exp(made.normal(-1.0, made.choice([0.1, 0.3, 0.8]), 200)))
        log_cost = np.log(0.05 + sizes / 1e10 + 3 * written / 1e10) + made.normal(0.0, NOISE, 200)
        case = first(frame(sizes, log_cost, output_bytes=written), 100)
        yield Case(case.past, estimated(case.asked))


def estimated(runs: pd.DataFrame) -> pd.DataFrame:
    """Return runs with a person's estimates of their output sizes."""
    noise = np.random.default_rng(7).normal(0.0, OUTPUT_NOISE, len(runs))
    return runs.assign(output_bytes=runs.output_bytes * np.exp(noise))


def unusual_growth() -> Iterator[Case]:
    """Cost hardly grows with size, or faster than it; asked about more than twice the largest run."""
    for seed in range(SEEDS):
        for exponent in (0.0, 0.2, 0.5, 1.0, 1.5, 2.0):
            made = np.random.default_rng(seed)
            sizes = sizes_of(made, 120)
            log_cost = exponent * np.log(sizes / 1e10) + made.normal(0.0, NOISE, 120)
            yield beyond(frame(sizes, log_cost), float(np.median(sizes)), 2.0)


def same_data(*, new: bool) -> Iterator[Case]:
    """Runs on 20 data that cost more or less than their size says; asked about the same ones, or about others."""
    for seed in range(SEEDS):
        made = np.random.default_rng(seed)
        own, sizes, which = made.normal(0.0, 0.3, 20), sizes_of(made, 20), made.integers(0, 20, 160)
        log_cost = np.log(0.1 + sizes[which] / 1e9) + own[which] + made.normal(0.0, 0.05, 160)
        runs = frame(sizes[which], log_cost)
        if not new:
            yield first(runs, 120)
            continue
        inner = np.argsort(sizes)[1:-1]
        held = np.isin(which, made.choice(inner, 5, replace=False))
        yield Case(runs[~held].reset_index(drop=True), runs[held].reset_index(drop=True))


def public(cut: Callable[[pd.DataFrame], Iterator[Case]]) -> Iterator[Case]:
    """Cut every public history of enough runs."""
    for runs in histories.public():
        if len(runs) >= FEWEST_RUNS:
            some = runs if len(runs) <= MOST_RUNS else runs.sample(MOST_RUNS, random_state=0)
            yield from cut(some.sort_index().reset_index(drop=True))


def at_random(runs: pd.DataFrame) -> Iterator[Case]:
    """Ask about a fifth of the runs, twice."""
    for seed in range(2):
        order = np.random.default_rng(seed).permutation(len(runs))
        yield first(runs.iloc[order], len(runs) - len(runs) // 5)


def with_estimates(runs: pd.DataFrame) -> Iterator[Case]:
    """Do the same with estimates of the output sizes."""
    if runs.output_bytes.notna().any():
        yield from (Case(case.past, estimated(case.asked)) for case in at_random(runs))


def repeated(runs: pd.DataFrame) -> Iterator[Case]:
    """Ask at random where most runs share their size with another."""
    if runs.groupby("input_bytes").input_bytes.transform("size").gt(1).mean() > 0.5:
        yield from at_random(runs)


def largest(runs: pd.DataFrame) -> Iterator[Case]:
    """Ask about the largest fifth."""
    yield from _enough(beyond(runs, float(runs.input_bytes.quantile(0.8))))


def far_larger(runs: pd.DataFrame) -> Iterator[Case]:
    """Ask about runs of more than twice the median size, learned from those up to it."""
    yield from _enough(beyond(runs, float(runs.input_bytes.median()), 2.0))


def latest(runs: pd.DataFrame) -> Iterator[Case]:
    """Ask about the fifth after 40 %, 60 % and 80 % in time."""
    if runs.started_at.notna().all() and runs.started_at.nunique() >= 0.3 * len(runs):
        started = pd.to_datetime(runs.started_at, utc=True, format="mixed").to_numpy()
        runs = runs.iloc[np.argsort(started, kind="stable")]
        for share in (0.4, 0.6, 0.8):
            yield first(runs[: int((share + 0.2) * len(runs))], int(share * len(runs)))


def _enough(case: Case) -> Iterator[Case]:
    if len(case.past) >= 15 and len(case.asked) >= 5:
        yield case


SETS: dict[str, Callable[[], Iterator[Case]]] = {
    **{f"interactions, {count} runs": partial(interactions, count) for count in (60, 150, 400)},
    "parameters act on growth alone": partial(growing, larger=False),
    "parameters act on growth alone, beyond": partial(growing, larger=True),
    "load that lasts, inside": partial(over_time, LOADS, inside=True),
    "load that lasts, later": partial(over_time, LOADS, inside=False),
    "changes for good, later": partial(over_time, CHANGES, inside=False),
    "output decides, estimated": outputs_decide,
    "flat or steep growth, far beyond": unusual_growth,
    "the same data again, inside": partial(same_data, new=False),
    "the same data again, new sizes": partial(same_data, new=True),
    "public, estimated outputs": partial(public, with_estimates),
    "public, repeated sizes": partial(public, repeated),
    "public, inside": partial(public, at_random),
    "public, beyond": partial(public, largest),
    "public, far beyond": partial(public, far_larger),
    "public, later": partial(public, latest),
}
"""Names of sets of histories, and how each is made."""
