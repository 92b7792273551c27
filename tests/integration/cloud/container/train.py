"""A training program in the standard library: fits y = slope * x, or does what its hyperparameters say."""

import json
import os
import signal
import sys
import time
from pathlib import Path

root = Path(os.environ.get("SAGEMAKER_BASE_DIR", "/opt/ml"))
hyperparameters = json.loads((root / "input/config/hyperparameters.json").read_text())

if hyperparameters.get("fail"):
    (root / "output/failure").write_text(hyperparameters["fail"])
    print("Giving up:", hyperparameters["fail"])
    sys.exit(3)
if hyperparameters.get("hang"):
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # Process 1 of a container ends by no other signal.
    print("hanging", flush=True)
    signal.pause()

time.sleep(float(hyperparameters.get("seconds", "0")))
rows = [
    tuple(map(float, line.split(",")))
    for file in sorted((root / "input/data/train").rglob("*.csv"))
    for line in file.read_text().splitlines()
]
slope = sum(x * y for x, y in rows) / sum(x * x for x, _ in rows)
(root / "model/model.json").write_text(json.dumps({"slope": slope, "version": hyperparameters.get("version", "1")}))
(root / "output/data/evaluation.json").write_text(json.dumps({"rows": len(rows)}))
print(f"rows={len(rows)}; slope={slope:.3f};")
