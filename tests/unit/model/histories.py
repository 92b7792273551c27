"""Histories with known answers, as rows of contract `Run`."""

import math
import random
from typing import Any

from model.container.artifact import Artifact
from model.cost_model import CostModel
from model.data.history import History, from_rows

TRAINED_AT = "2026-01-01T00:00:00Z"


def make_row(number: int, size: float, cost: float, **changes: object) -> dict[str, Any]:
    return {
        "workflow_name": "rnaseq-quant",
        "run_id": f"run-{number:05d}",
        "status": "SUCCEEDED",
        "started_at": f"2025-{1 + number // 28 % 12:02d}-{1 + number % 28:02d}T00:00:00Z",
        "completed_at": f"2025-{1 + number // 28 % 12:02d}-{1 + number % 28:02d}T01:00:00Z",
        "input_bytes": int(size),
        "output_bytes": int(size * 0.5),
        "cost_usd": cost,
        "cost_source": "billed",
    } | changes


def make_rows(
    count: int,
    *,
    seed: int = 0,
    noise: float = 0.1,
    low: float = 1e8,
    high: float = 1e11,
    overhead: float = 0.05,
    per_byte: float = 1e-11,
    parameters: bool = False,
) -> list[dict[str, Any]]:
    """Costs of overhead + per_byte * size, with log-normal noise and, if asked, an aligner that doubles the growth."""
    generator = random.Random(seed)
    rows = []
    for number in range(count):
        size = math.exp(generator.uniform(math.log(low), math.log(high)))
        aligner = generator.choice(["star", "salmon"])
        growth = per_byte * size * (2.0 if parameters and aligner == "star" else 1.0)
        cost = (overhead + growth) * math.exp(generator.gauss(0.0, noise))
        chosen = {"aligner": aligner, "threads": generator.choice([1, 2, 4])} if parameters else None
        rows.append(
            make_row(number, size, cost, output_bytes=int(size * generator.uniform(0.3, 0.8)), parameters=chosen)
        )
    return rows


def make_history(rows: list[dict[str, Any]]) -> History:
    return from_rows(rows)[0]


def make_artifact(served: CostModel, twin: CostModel | None = None) -> Artifact:
    return Artifact.model_validate(
        {"workflow_name": "rnaseq-quant", "trained_at": TRAINED_AT, "served": served, "twin": twin}
    )
