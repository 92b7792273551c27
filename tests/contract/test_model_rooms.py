"""The rooms of the model: each imports only from those below it, so that the method reads from the data up."""

import ast
from pathlib import Path

import pytest

MODEL = Path(__file__).resolve().parents[2] / "model"
FLOORS = (
    {"errors"},
    {"data"},
    {"growth"},
    {"left_out"},
    {"cost_model"},
    {"guess", "container"},
    {"train", "serve"},
)
"""From the ground up; what shares a floor is apart from each other."""


def floor_of(room: str) -> int:
    return next(number for number, rooms in enumerate(FLOORS) if room in rooms)


def imports(file: Path) -> set[str]:
    """Name the rooms that a module imports from."""
    found = set()
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
        if isinstance(node, ast.ImportFrom):
            names = [
                f"{node.module}.{alias.name}" if node.module == "model" else str(node.module) for alias in node.names
            ]
        found |= {name.split(".")[1] for name in names if name.startswith("model.")}
    return found


@pytest.mark.parametrize("file", sorted(MODEL.rglob("*.py")), ids=lambda file: str(file.relative_to(MODEL)))
def test_a_module_imports_only_from_rooms_below_its_own(file: Path) -> None:
    room = file.relative_to(MODEL).parts[0].removesuffix(".py")
    above = set() if room == "__init__" else {r for r in imports(file) - {room} if floor_of(r) >= floor_of(room)}
    assert not above
