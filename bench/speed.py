"""What training and answering cost, in CPU time after imports, on made-up histories with two parameters."""

import math
import random
import time
from collections.abc import Callable
from typing import Any

from contract.container import InvocationRow
from model import answers, cleaning
from model.cost_model import CostModel
from model.history import from_rows

SIZES = (100, 1_000, 10_000, 100_000)
BATCH = 500


def _rows(count: int) -> list[dict[str, Any]]:
    generator = random.Random(0)  # noqa: S311 - made-up histories are no secret
    rows = []
    for number in range(count):
        size = math.exp(generator.uniform(math.log(1e8), math.log(1e11)))
        parameters = {"aligner": generator.choice(["star", "salmon"]), "threads": generator.choice([1, 2, 4, 8])}
        growth = 1e-11 * size * (2.0 if parameters["aligner"] == "star" else 1.0) * (3.0 if size > 1e10 else 1.0)
        rows.append(
            {
                "run_id": f"run-{number:06d}",
                "started_at": f"2025-01-{1 + number % 28:02d}T00:00:00Z",
                "completed_at": f"2025-01-{1 + number % 28:02d}T01:00:00Z",
                "input_bytes": int(size),
                "output_bytes": int(size * generator.uniform(0.2, 0.8)),
                "cost_usd": (0.05 + growth) * math.exp(generator.gauss(0.0, 0.1)),
                "parameters": parameters,
            }
        )
    return rows


def _train(rows: list[dict[str, Any]]) -> CostModel:
    return CostModel.fit(cleaning.set_outliers_aside(from_rows(rows)[0])[0])


def _seconds(work: Callable[[], object], times: int = 1) -> float:
    start = time.process_time()
    for _ in range(times):
        work()
    return (time.process_time() - start) / times


def report() -> None:
    """Print one line for each measurement."""
    model = _train(_rows(200))
    for count in SIZES:
        rows = _rows(count)
        print(f"train on {count:>7,} runs: {_seconds(lambda rows=rows: _train(rows)):6.2f} s CPU", flush=True)
    request = InvocationRow(input_bytes=5 * 10**9, output_bytes=2 * 10**9, parameters={"aligner": "star", "threads": 4})
    batch = [request.model_copy(update={"input_bytes": 10**9 + 10**8 * number}) for number in range(BATCH)]
    one = _seconds(lambda: answers.predict(model, [request], explain=True, similar_runs=5), 200)
    many = _seconds(lambda: answers.predict(model, batch, explain=True, similar_runs=5), 10)
    print(f"answer 1 row: {one * 1e3:.2f} ms CPU; {BATCH} rows: {many * 1e3:.0f} ms CPU ({model.kind})")
