"""What training and answering cost, in CPU time after imports, on made-up histories with two parameters."""

import time
from collections.abc import Callable
from functools import partial
from typing import Any

from bench import made_up
from contract.container import InvocationRow
from model.container import answers
from model.cost_model import CostModel
from model.data.history import from_rows
from model.left_out import cleaning

SIZES = (100, 1_000, 10_000, 100_000)
BATCH = 500


def _train(rows: list[dict[str, Any]]) -> CostModel:
    return CostModel.fit(cleaning.set_outliers_aside(from_rows(rows)[0])[0])


def _seconds(work: Callable[[], object], times: int = 1) -> float:
    start = time.process_time()
    for _ in range(times):
        work()
    return (time.process_time() - start) / times


def report() -> None:
    """Print one line for each measurement."""
    model = _train(made_up.rows(200))
    for count in SIZES:
        print(f"train on {count:>7,} runs: {_seconds(partial(_train, made_up.rows(count))):6.2f} s CPU", flush=True)
    request = InvocationRow(input_bytes=5 * 10**9, output_bytes=2 * 10**9, parameters={"aligner": "star", "threads": 4})
    batch = [request.model_copy(update={"input_bytes": 10**9 + 10**8 * number}) for number in range(BATCH)]
    one = _seconds(lambda: answers.predict(model, [request], explain=True, similar_runs=5), 200)
    many = _seconds(lambda: answers.predict(model, batch, explain=True, similar_runs=5), 10)
    print(f"answer 1 row: {one * 1e3:.2f} ms CPU; {BATCH} rows: {many * 1e3:.0f} ms CPU ({model.kind})")
