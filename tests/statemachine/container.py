"""A container small enough to fail on demand: it does what the `scenario` hyperparameter says."""

import json
import os
import sys
import time
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

ROOT = Path(os.environ["SAGEMAKER_BASE_DIR"])


def train() -> int:
    """Write a model that remembers the scenario, or fail with a reason."""
    hyper_parameters = json.loads((ROOT / "input/config/hyperparameters.json").read_text())
    scenario = hyper_parameters["scenario"]
    if scenario == "training_failed":
        (ROOT / "output/failure").write_text("the scenario says so")
        return 1
    if scenario == "training_endless":
        time.sleep(600)
    (ROOT / "model/model.json").write_text(json.dumps(hyper_parameters))
    (ROOT / "output/data").mkdir(parents=True, exist_ok=True)
    (ROOT / "output/data/evaluation.json").write_text("{}")
    print("median_ape=0.1;")
    return 0


def serve() -> int:
    """Answer with the model version once the file is there that the model waits for, if any, or end at once."""
    model = json.loads((ROOT / "model/model.json").read_text())
    if model["scenario"] == "endpoint_failed":
        return 1
    while model["waits_for"] and not Path(model["waits_for"]).exists():
        time.sleep(0.05)
    HTTPServer(("127.0.0.1", int(os.environ["SAGEMAKER_BIND_TO_PORT"])), Handler).serve_forever()
    return 0


class Handler(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self._answer(b"")

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["content-length"]))
        self._answer(os.environ["MODEL_VERSION"].encode())

    def _answer(self, body: bytes) -> None:
        self.send_response(200)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


if __name__ == "__main__":
    sys.exit({"train": train, "serve": serve}[sys.argv[1]]())
