"""A serving program in the standard library, for the model of train.py."""

import json
import os
import socket
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

model = json.loads((Path(os.environ.get("SAGEMAKER_BASE_DIR", "/opt/ml")) / "model/model.json").read_text())


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1

    def log_message(self, *arguments: object) -> None:
        pass

    def answer(self, status: int, body: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
        self.wfile.flush()

    def do_GET(self) -> None:
        self.answer(200 if "slope" in model else 500, b"")

    def do_POST(self) -> None:
        request = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        if "exit" in request:
            os._exit(1)
        if "status" in request:
            self.answer(request["status"], json.dumps({"asked": request["status"]}).encode())
            return
        answer = {
            "y": model["slope"] * request["x"],
            "version": model["version"],
            "pid": os.getpid(),
            "host": socket.gethostname(),
        }
        self.answer(200, json.dumps(answer).encode())


class Server(ThreadingHTTPServer):
    address_family = socket.AF_INET
    daemon_threads = True


host = os.environ.get("SAGEMAKER_BIND_TO_HOST", "")
Server((host, int(os.environ.get("SAGEMAKER_BIND_TO_PORT", "8080"))), Handler).serve_forever()
