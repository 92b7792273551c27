"""`python -m bench.training [--runs 1000000]`: what learning from a long history takes, beside plain XGBoost.

Both learn from the same made-up rows, each in a process of its own, from rows in memory to a model that can be asked:
200 trees of depth 4 on the log of the cost (`peers.xgboost_log`) against the shipped path with cleaning, choices and
intervals. CPU time is counted from after the imports and the making of the rows; peak memory is the process's largest
resident set, rows included.
"""

import argparse
import json
import os
import resource
import subprocess
import sys
import time
from datetime import UTC, datetime
from typing import Any

from bench import made_up

RUNS = (100, 1_000, 10_000, 100_000)


def report(counts: tuple[int, ...]) -> None:
    """Print one line for each number of runs."""
    for count in counts:
        own, plain = (_in_process(who, count) for who in ("own", "plain"))
        print(
            f"train on {count:>9,} runs: {own['seconds']:6.2f} s CPU, plain XGBoost {plain['seconds']:.2f} s;"
            f" peak {own['peak_mib']:,.0f} MiB, {plain['peak_mib']:,.0f} MiB; artefact {own['artefact_kb']:,.0f} kB",
            flush=True,
        )


def _in_process(who: str, count: int) -> dict[str, float]:
    """Measure in a process of its own, so that neither inherits the other's peak."""
    command = [sys.executable, "-m", "bench.training", "--runs", str(count), "--measure", who]
    # A waiting thread spins, and that would count as CPU time: on one thread both do the same work without.
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, env=environment)
    found: dict[str, float] = json.loads(done.stdout)
    return found


def _own(rows: list[dict[str, Any]]) -> dict[str, float]:
    from model.container import artifact
    from model.cost_model import CostModel
    from model.data.history import from_rows
    from model.growth import residual
    from model.left_out import cleaning

    residual.xgboost()
    start = time.process_time()
    served = CostModel.fit(cleaning.set_outliers_aside(from_rows(rows)[0])[0])
    seconds = time.process_time() - start
    trained = artifact.Artifact(workflow_name="made-up", trained_at=datetime.now(UTC), served=served, twin=served)
    packed = artifact.pack(artifact.to_members(trained))
    return {"seconds": seconds, "peak_mib": _peak_mib(), "artefact_kb": len(packed) / 1000}


def _plain(rows: list[dict[str, Any]]) -> dict[str, float]:
    import pandas as pd

    from bench import peers

    start = time.process_time()
    peers.xgboost_log(pd.DataFrame(rows).rename(columns={"parameters": "params"}))
    return {"seconds": time.process_time() - start, "peak_mib": _peak_mib()}


def _peak_mib() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def main() -> None:
    """Read the command line."""
    parser = argparse.ArgumentParser(prog="python -m bench.training", description=__doc__)
    parser.add_argument("--runs", type=int, nargs="+", default=RUNS)
    parser.add_argument("--measure", choices=("own", "plain"), help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.measure is None:
        report(tuple(options.runs))
    else:
        rows = made_up.rows(*options.runs)
        print(json.dumps({"own": _own, "plain": _plain}[options.measure](rows)))


if __name__ == "__main__":
    main()
