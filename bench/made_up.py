"""Histories whose truth is known: an aligner that doubles what grows, a step at 10 GB, and noise."""

import math
import random
from typing import Any

ALIGNERS = ("star", "salmon")


def rows(count: int, *, noise: float = 0.1, seed: int = 0) -> list[dict[str, Any]]:
    """Return runs as the training channel holds them; `noise` is the standard deviation of log cost."""
    generator = random.Random(seed)  # noqa: S311 - made-up histories are no secret
    made = []
    for number in range(count):
        size = math.exp(generator.uniform(math.log(1e8), math.log(1e11)))
        parameters = {"aligner": generator.choice(ALIGNERS), "threads": generator.choice([1, 2, 4, 8])}
        growth = 1e-11 * size * (2.0 if parameters["aligner"] == "star" else 1.0) * (3.0 if size > 1e10 else 1.0)
        made.append(
            {
                "run_id": f"run-{number:07d}",
                "started_at": f"2025-01-{1 + number % 28:02d}T00:00:00Z",
                "completed_at": f"2025-01-{1 + number % 28:02d}T01:00:00Z",
                "input_bytes": int(size),
                "output_bytes": int(size * generator.uniform(0.2, 0.8)),
                "cost_usd": (0.05 + growth) * math.exp(generator.gauss(0.0, noise)),
                "parameters": parameters,
            }
        )
    return made
