"""What the served OpenAPI document allows is taken, what it forbids is refused, and nothing is answered with a 5xx.

Schemathesis asks the running system: the examples of the document, values at every bound, and random ones.
"""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.system import System

FOLDER = Path(__file__).parent
EXAMPLES = os.environ.get("RUNQUOTE_SCHEMA_EXAMPLES") or "25"
"""Random requests to each operation, on top of the others."""
LONGEST_SECONDS = 600
CHECKS = (
    "not_a_server_error",
    "status_code_conformance",
    "content_type_conformance",
    "response_schema_conformance",
    "negative_data_rejection",
    "positive_data_acceptance",
)


@pytest.mark.timeout(LONGEST_SECONDS + 60)
def test_the_document_says_what_is_taken(system: System, tmp_path: Path) -> None:
    url = system.outputs["api_url"]
    command: list[str | Path] = [
        Path(sys.executable).with_name("schemathesis"),
        "--config-file",
        FOLDER / "schemathesis.toml",
    ]
    options = ["--url", url, "--header", f"x-api-key: {system.outputs['api_key']}", "--rate-limit=30/s", "--no-color"]
    amount = ["--phases=examples,coverage,fuzzing", f"--max-examples={EXAMPLES}", f"--checks={','.join(CHECKS)}"]
    # The same requests each time in CI; elsewhere others, whose seed the output tells.
    repeated = ["--seed=1", "--generation-deterministic"] if os.environ.get("CI") == "true" else []
    told = subprocess.run(
        [*command, "run", f"{url}/openapi.json", *options, *amount, *repeated],
        cwd=tmp_path,
        env={**os.environ, "SCHEMATHESIS_HOOKS": "tests.schema.hooks", "PYTHONPATH": str(FOLDER.parents[1])},
        capture_output=True,
        text=True,
        check=False,
        timeout=LONGEST_SECONDS,
    )
    assert told.returncode == 0, told.stdout[-20_000:] + told.stderr[-2_000:]
