"""Which folder may import which: what runs on AWS never knows the tools, and the embedded cloud knows nothing else."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).parents[2]
MAY_IMPORT = {
    "cloud": set(),
    "contract": set(),
    "functions": {"contract"},
    "model": {"contract"},
    "runquote": {"contract"},
    "tools": {"cloud", "contract", "runquote"},
    "bench": {"cloud", "contract", "functions", "model", "tools", "tests"},
    "examples": {"contract", "runquote"},
}
"""Tests may import all of them; of these, only what measures imports tests' helpers."""


def modules(folder: str) -> list[Path]:
    return sorted((REPOSITORY / folder).rglob("*.py"))


def imported(source: str) -> Iterator[str]:
    """The top-level packages that a module imports, wherever in it, and those that it names to be run or loaded."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from (alias.name.partition(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.level == 0:
            yield str(node.module).partition(".")[0]
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield from named(node.value)


def named(text: str) -> Iterator[str]:
    """ "-m", "model.train" starts a module, and "from model import …" is code for another interpreter."""
    if re.fullmatch(r"\w+(\.\w+)+", text):
        path = REPOSITORY / text.replace(".", "/")
        if path.is_dir() or path.with_suffix(".py").is_file():
            yield text.partition(".")[0]
    elif code := re.match(r"(?:.*; )?(?:from|import) (\w+)[. ]", text):
        yield code[1]


def arrows_up(folder: str, source: str) -> set[str]:
    own = {*MAY_IMPORT, "tests"} - {folder}
    return {package for package in imported(source) if package in own - MAY_IMPORT[folder]}


@pytest.mark.parametrize("folder", MAY_IMPORT)
def test_the_page_on_architecture_says_so(folder: str) -> None:
    page = (REPOSITORY / "docs" / "architecture.md").read_text()
    (row,) = re.findall(rf"^\| `{folder}/` \|.*\| ([^|]*) \|$", page, re.MULTILINE)
    assert set(re.findall(r"`(\w+)`", row)) == MAY_IMPORT[folder]


@pytest.mark.parametrize("folder", MAY_IMPORT)
def test_no_import_runs_up(folder: str) -> None:
    found = {path.relative_to(REPOSITORY).as_posix(): arrows_up(folder, path.read_text()) for path in modules(folder)}
    assert found
    assert {path: packages for path, packages in found.items() if packages} == {}


@pytest.mark.parametrize(
    "source",
    [
        "import tools.up",
        "def f():\n    from tools import up",
        "if TYPE_CHECKING:\n    from tools.up import up",
        "run(['python', '-m', 'tools.up'])",
        "CODE = 'import sys; from tools.up import up'",
    ],
)
def test_an_arrow_is_found_wherever_it_stands(source: str) -> None:
    assert arrows_up("functions", source) == {"tools"}
    assert arrows_up("bench", source) == set()


def test_every_package_has_its_place() -> None:
    packages = {path.parent.name for path in REPOSITORY.glob("*/__init__.py")}
    assert packages == {*MAY_IMPORT, "tests"}


def test_what_decides_knows_no_aws() -> None:
    """Handlers alone join logic and adapters."""
    found = {
        path.relative_to(REPOSITORY).as_posix()
        for path in modules("functions")
        if "functions.shared.adapters" in path.read_text() and "adapters" not in path.parts
    }
    assert found
    assert {path.rpartition("/")[2] for path in found} == {"handler.py"}
