"""`python -m bench`: accuracy against named peers, what training and answering cost, how the model's image starts,
and how the web app's pages do.

Accuracy needs run histories, which are not part of the project: `RUNQUOTE_BENCHMARK` names a folder with the harness
`evaluate.py` (or the folder of histories beside it). Without it accuracy is left out.
"""

import os
import subprocess
import sys
from pathlib import Path

from bench import image, pages, speed

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
PREDICTORS = ("accuracy:fit", *(f"peers:{name}" for name in PEERS))
PROTOCOLS = "random,extrap,extrap_hard,time,curve"


def main() -> int:
    """Run all benches and return the exit code."""
    speed.report()
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
    predictors = ",".join(f"bench.{predictor}" for predictor in PREDICTORS)
    command = [sys.executable, str(harness), "--predictor", predictors, "--protocol", PROTOCOLS, "--reps", "2"]
    return subprocess.run(command, check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
