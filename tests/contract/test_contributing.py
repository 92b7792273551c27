"""CONTRIBUTING.md shows code that is there, and names files, targets and headings that exist."""

import re
from pathlib import Path

REPOSITORY = Path(__file__).parents[2]
TEXT = (REPOSITORY / "CONTRIBUTING.md").read_text()


def shown(text: str) -> dict[str, list[str]]:
    """The lines that diffs add, by file."""
    found: dict[str, list[str]] = {}
    for block in re.findall(r"```diff\n(.*?)```", text, re.DOTALL):
        for part in block.split("+++ b/")[1:]:
            path, *lines = part.splitlines()
            found.setdefault(path, []).extend(line[1:] for line in lines)
    return found


def missing(lines: list[str], text: str) -> list[str]:
    """The lines that do not follow each other so in a text, other lines between them or not."""
    rest = iter(text.splitlines())
    return [line for line in lines if line not in rest]


def test_the_route_that_it_shows_is_there() -> None:
    parts = shown(TEXT)
    assert {"contract/routes.py", "functions/budgets/handler.py"} <= set(parts)
    assert not {path: lines for path, lines in parts.items() if missing(lines, (REPOSITORY / path).read_text())}


def test_a_line_that_is_not_there_is_found() -> None:
    assert missing(["b", "a"], "a\nb\n") == ["a"]
    assert missing(["a", "b"], "a\nx\nb\n") == []


def test_what_it_names_exists() -> None:
    targets = set(re.findall(r"^([a-z0-9-]+):", (REPOSITORY / "Makefile").read_text(), re.MULTILINE))
    commands = re.findall(r"`make ([a-z ]+)`", TEXT)
    assert len(commands) > 5
    assert {target for command in commands for target in command.split()} <= targets
    paths = {path for path in re.findall(r"`([\w./-]+/[\w./-]*)`", TEXT) if not path.startswith(".venv")}
    assert len(paths) > 15
    assert not [path for path in paths if not (REPOSITORY / path).exists()]


def test_links_lead_somewhere() -> None:
    headings = {text.lower().replace(" ", "-") for text in re.findall(r"^#+ (.+)$", TEXT, re.MULTILINE)}
    for target in re.findall(r"\]\(([^)]+)\)", TEXT):
        assert target[1:] in headings if target.startswith("#") else (REPOSITORY / target).exists(), target
