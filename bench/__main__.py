"""`python -m bench`: accuracy against named peers, what training and answering cost, how the model's image starts,
and how the web app's pages do.

Accuracy is told with start times and without, for the model and its peers alike. It needs run histories, which are not
part of the project: `RUNQUOTE_BENCHMARK` names a folder with the harness `evaluate.py` (or the folder of histories
beside it). Without it accuracy is left out.
"""

import os
import subprocess
import sys
from pathlib import Path

from bench import image, keeping, pages, speed

PEERS = (
    "xgboost_raw",
    "xgboost_log",
    "quantile_xgboost",
    "lightgbm_log",
    "random_forest",
    "nearest_neighbours",
    "ernest",
    "power_law",
    "linear",
    "mean",
    "median",
)
WAYS = {
    "with start times, for all alike": ("accuracy:fit", *(f"peers:{name}" for name in PEERS)),
    "without start times, for all alike": ("undated:fit", *(f"undated:{name}" for name in PEERS)),
}
PROTOCOLS = "time,random,extrap,extrap_hard,curve"


def main() -> int:
    """Run all benches and return the exit code."""
    speed.report()
    keeping.report()
    image.report()
    pages.report()
    named = os.environ.get("RUNQUOTE_BENCHMARK")
    if not named:
        print("Accuracy: skipped, RUNQUOTE_BENCHMARK does not name a folder of run histories.")
        return 0
    folder = Path(named).resolve()
    harness = next((path / "evaluate.py" for path in (folder, folder.parent) if (path / "evaluate.py").exists()), None)
    if harness is None:
        print(f"Accuracy: there is no evaluate.py in {folder} or beside it.", file=sys.stderr)
        return 1
    for way, predictors in WAYS.items():
        print(way, flush=True)
        chosen = ",".join(f"bench.{predictor}" for predictor in predictors)
        command = [sys.executable, str(harness), "--predictor", chosen, "--protocol", PROTOCOLS, "--reps", "2"]
        if code := subprocess.run(command, check=False).returncode:
            return code
    return 0


if __name__ == "__main__":
    sys.exit(main())
