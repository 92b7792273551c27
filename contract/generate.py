"""Writes what the shapes and the routes make: `python -m contract.generate`, or `--check` to find drift.

That is `contract/generated/`, `terraform/routes.tf`, `docs/routes.md` and `web/src/api/bounds.ts`; the web app's types
come from the OpenAPI document (`npm run generate`).
"""

import json
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import GenerateJsonSchema, models_json_schema

from contract import base, gateway, judgement, openapi, routes_page, states, tables
from contract.budgets import Budget, RebuildSpendRequest, RebuildSpendResponse, SpendRecord
from contract.container import Evaluation, Invocation, InvocationResponse
from contract.corrections import RunChange
from contract.endpoint_records import EndpointRecord
from contract.kept import KeptPrediction, PredictionSummary
from contract.runs import RecordedRun, Run
from contract.workflows import WorkflowRecord

REPOSITORY = Path(__file__).parent.parent
GENERATED = REPOSITORY / "contract" / "generated"
STANDALONE: list[type[BaseModel]] = [
    Run,
    RecordedRun,
    RunChange,
    EndpointRecord,
    WorkflowRecord,
    KeptPrediction,
    PredictionSummary,
    Budget,
    SpendRecord,
    RebuildSpendRequest,
    RebuildSpendResponse,
    Evaluation,
    Invocation,
    InvocationResponse,
    *(shape for shape in vars(states).values() if isinstance(shape, type) and shape.__module__ == states.__name__),
]
"""Shapes that leave the process other than through the API."""
BOUNDS: dict[ModuleType, tuple[str, ...]] = {
    base: (
        "MAX_BATCH",
        "MAX_BATCH_BODY_BYTES",
        "MAX_BYTES",
        "MAX_COST_USD",
        "MAX_NUMBER",
        "MAX_REASON_LENGTH",
        "MAX_TEAM_LENGTH",
    ),
    states: ("MINIMUM_RUNS",),
    judgement: (
        "WITHIN_SHARE",
        "LIKELY_SHARE",
        "NEARLY_USED",
        "FARTHEST",
        "WIDEST",
        "JUDGED_COVERAGE",
        "SHORTFALL",
    ),
}
"""What the web app says before the API would, and by what it judges."""


def documents() -> dict[str, dict[str, Any]]:
    """Return every document of `contract/generated/` by file name."""
    schemas = {f"schemas/{shape.__name__}.json": _schema(shape) for shape in STANDALONE}
    return {
        "openapi.json": openapi.document(),
        "gateway_models.json": gateway.request_models(),
        "tables.json": tables.document(),
        **schemas,
    }


def files() -> dict[Path, str]:
    """Return the text of every generated file."""
    return {
        **{GENERATED / name: json.dumps(body, indent=2) + "\n" for name, body in documents().items()},
        REPOSITORY / "terraform" / "routes.tf": gateway.terraform(),
        REPOSITORY / "docs" / "routes.md": routes_page.page(),
        REPOSITORY / "web" / "src" / "api" / "bounds.ts": _bounds(),
    }


def _bounds() -> str:
    text = ""
    for module, names in BOUNDS.items():
        text += f"/* {module.__name__.replace('.', '/')}.py */\n"
        for name in names:
            value = getattr(module, name)
            text += f"export const {name} = {int(value) if value == int(value) else value:_};\n"
    return f"/** What the API takes, and how answers are judged. Written by `make generate`. */\n\n{text}"


def _schema(shape: type[BaseModel]) -> dict[str, Any]:
    _, schema = models_json_schema([(shape, "validation")], schema_generator=GenerateJsonSchema)
    body = schema["$defs"].pop(shape.__name__)
    definitions = {"$defs": schema["$defs"]} if schema["$defs"] else {}
    return {"$schema": GenerateJsonSchema.schema_dialect, **body, **definitions}


def main(arguments: list[str]) -> int:
    """Write the files; with `--check`, only name those that differ and return 1 if any does."""
    wanted = files()
    drifted = [path for path, text in wanted.items() if not path.exists() or path.read_text() != text]
    left = sorted(set(GENERATED.rglob("*.json")) - set(wanted))
    if "--check" in arguments:
        for path in drifted + left:
            print(f"{path} differs from the shapes in contract/: run `make generate`", file=sys.stderr)
        return 1 if drifted or left else 0
    for path in drifted:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(wanted[path])
    for path in left:
        path.unlink()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
