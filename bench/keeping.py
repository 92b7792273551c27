"""What keeping a prediction adds to answering it: CPU of the function `predict` with and without, in turns.

DynamoDB and SageMaker are a stand-in in a process of its own, which gives the answer of a trained model and takes no
part in the time. `python -m bench.keeping`
"""

import contextlib
import io
import json
import multiprocessing
import os
import statistics
import time
from datetime import UTC, datetime
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from multiprocessing.connection import Connection
from typing import Any

from bench import made_up
from contract.container import HistoryProfile, InvocationResponse, InvocationRow, Metrics
from contract.endpoint_records import EndpointRecord

WORKFLOW = "made-up"
ROUNDS, REQUESTS = 15, 100
ASKED: dict[str, Any] = {"input_bytes": 5 * 10**9, "output_bytes": 2 * 10**9, "parameters": {"aligner": "star"}}
NOW = datetime.now(UTC)
ENVIRONMENT = {
    "POWERTOOLS_SERVICE_NAME": "predict",
    "POWERTOOLS_METRICS_NAMESPACE": "Runquote",
    "MODEL_ENDPOINTS_TABLE": "endpoints",
    "WORKFLOWS_TABLE": "workflows",
    "PREDICTIONS_TABLE": "predictions",
    "PREDICTION_RETENTION_DAYS": "400",
    "WEB_ORIGIN": "http://localhost",
    "STALE_AFTER_DAYS": "60",
    "AWS_DEFAULT_REGION": "us-east-1",
    "AWS_ACCESS_KEY_ID": "bench",
    "AWS_SECRET_ACCESS_KEY": "bench",
}


@cache
def _answers() -> dict[str, bytes]:
    """Return what the stand-in answers, by what tells a request."""
    from functions.shared.adapters.items import to_item
    from model.container import answers
    from model.cost_model import CostModel
    from model.data.history import from_rows

    model = CostModel.fit(from_rows(made_up.rows(200))[0])
    row = InvocationRow.model_validate(ASKED)
    rows = answers.predict(model, [row], explain=True, similar_runs=5)
    sizes = (10**9, 10**11)
    measured = Metrics(median_ape=0.1, pinball=0.1, coverage_80=0.8, coverage_90=0.9, width_80=0.4)
    record = EndpointRecord(
        workflow_name=WORKFLOW,
        endpoint_name="endpoint",
        model_package_arn="arn:aws:sagemaker:us-east-1:123456789012:model-package/runquote-made-up/1",
        model_version=1,
        trained_at=NOW,
        metrics=measured,
        input_bytes_range=sizes,
        runs=200,
        profile=HistoryProfile(
            runs=200,
            input_bytes_range=sizes,
            typical_output_ratio=0.4,
            estimated_share=0,
            latest_run_at=NOW,
            parameters=[],
        ),
        updated_at=NOW,
    )
    return {
        "GetItem": json.dumps({"Item": to_item(record)}).encode(),
        "PutItem": b"{}",
        "invocations": InvocationResponse(model_version=1, predictions=rows).model_dump_json().encode(),
    }


class _StandIn(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    wbufsize = -1  # head and body in one write

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["content-length"]))
        told = self.headers.get("x-amz-target", self.path).replace("/", ".").rpartition(".")[2]
        body = _answers()[told]
        self.send_response(200)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *arguments: object) -> None:
        """Say nothing."""


def _stand_in(port: Connection) -> None:
    _answers()
    server = ThreadingHTTPServer(("127.0.0.1", 0), _StandIn)
    port.send(server.server_port)
    server.serve_forever()


class _Nowhere:
    """Keeps nothing."""

    def keep(self, kept: object) -> None:
        """Do nothing."""


def _event() -> dict[str, Any]:
    return {
        "httpMethod": "POST",
        "resource": "/predictions",
        "headers": {"content-type": "application/json"},
        "requestContext": {"requestId": "bench", "identity": {"apiKeyId": "key"}},
        "body": json.dumps({"workflow_name": WORKFLOW, **ASKED}),
    }


def _milliseconds(handler: Any, event: dict[str, Any]) -> float:  # noqa: ANN401 - a Lambda handler
    with contextlib.redirect_stdout(io.StringIO()):
        started = time.process_time()
        for _ in range(REQUESTS):
            status = handler(event, None)["statusCode"]
            if status != 200:
                raise RuntimeError(f"the function answered with {status}")
        return (time.process_time() - started) / REQUESTS * 1000


def report() -> None:
    """Print both and their ratio, over rounds in turns."""
    receiver, sender = multiprocessing.Pipe(duplex=False)
    process = multiprocessing.get_context("spawn").Process(target=_stand_in, args=(sender,), daemon=True)
    process.start()
    os.environ.update(ENVIRONMENT, AWS_ENDPOINT_URL=f"http://127.0.0.1:{receiver.recv()}")
    from functions.predict import handler
    from functions.predict.keeping import Keeping
    from functions.shared.clock import SystemClock
    from functions.shared.observability import logger

    logger.setLevel("ERROR")  # one line less for both
    predictor = handler.predictor()
    kept, dropped = predictor._keeping, Keeping(_Nowhere(), SystemClock())
    figures: dict[str, list[float]] = {"without": [], "with": []}
    for number in range(ROUNDS + 1):
        for name, keeping in (("without", dropped), ("with", kept)):
            predictor._keeping = keeping
            figure = _milliseconds(handler.handler, _event())
            if number:  # the first is for warming up
                figures[name].append(figure)
    process.terminate()
    without, with_ = (statistics.median(figures[name]) for name in ("without", "with"))
    ratio = statistics.median(b / a for a, b in zip(figures["without"], figures["with"], strict=True))
    print(f"a prediction kept: {with_:.2f} ms CPU, not kept: {without:.2f} ms CPU, ratio {ratio:.2f}")


if __name__ == "__main__":
    report()
