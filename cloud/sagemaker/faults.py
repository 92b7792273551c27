"""Errors on demand: what a caller does when SageMaker throttles or refuses can be tried out for real.

A file `faults.json` in the local SageMaker's directory holds a list of `{"action", "code", "message", "after",
"times"}`. After so many good calls the action fails so many times, each leaving a line in `faults.log`; without the
file nothing happens.
"""

import json
import threading
from pathlib import Path

from cloud.sagemaker.errors import SageMakerError


class Faults:
    """The faults planted in one directory."""

    def __init__(self, directory: Path) -> None:
        self._plan = directory / "faults.json"
        self._log = directory / "faults.log"
        self._lock = threading.Lock()

    def check(self, action: str) -> None:
        """Raise SageMakerError if this call of the action is to fail."""
        if not self._plan.exists():
            return
        with self._lock:
            faults = json.loads(self._plan.read_text())
            due = next((fault for fault in faults if fault["action"] == action and fault["times"] > 0), None)
            if due is None:
                return
            passes = due["after"] > 0
            due["after" if passes else "times"] -= 1
            self._plan.write_text(json.dumps(faults))
            if passes:
                return
            with self._log.open("a") as log:
                log.write(f"{action} {due['code']}\n")
        raise SageMakerError(due["code"], due["message"])
