"""cloud/ministack_adapter/PATCHES.md lists every name of ministack that is changed, and no other."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from cloud.settings import REPOSITORY

ADAPTER = REPOSITORY / "cloud" / "ministack_adapter"


def changed(source: str) -> Iterator[str]:
    """`owner.name` of what a module of the adapter changes: by `wrap`, in a table of ministack's, or by hand."""
    tree = ast.parse(source)
    texts = {
        ast.unparse(node.targets[0]): ast.literal_eval(node.value)
        for node in tree.body
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Tuple) and "'" in ast.unparse(node.value)
    }
    tables: dict[str, str] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.For) and ast.unparse(node.target) == "name" and "wrap(" in ast.unparse(node):
            names = texts.get(ast.unparse(node.iter)) or ast.literal_eval(node.iter)
            (owner,) = re.findall(r"wrap\((\w+), name,", ast.unparse(node))
            yield from (f"{owner}.{name}" for name in names)
        if isinstance(node, ast.Assign):
            target, value = ast.unparse(node.targets[0]), ast.unparse(node.value)
            found = re.fullmatch(r"existing\((\w+), '(\w+)'\)", value)
            if found:
                tables[target] = f"{found[1]}.{found[2]}"
            if inner := re.fullmatch(r"existing\(existing\((\w+), '(\w+)'\), '(\w+)'\)", value):
                tables[target] = ".".join(inner.groups())
            if direct := re.match(r"existing\((\w+), '(\w+)'\)\[", target):
                yield f"{direct[1]}.{direct[2]}"
            elif (place := re.match(r"(\w+)(?:\[|\.__defaults__)", target)) and place[1] in tables:
                yield tables[place[1]]
            elif re.fullmatch(r"(lambda_runtime)\.(_\w+)", target):
                yield target
    yield from (".".join(found) for found in re.findall(r"wrap\((\w+), '(\w+)'", ast.unparse(tree)))


def all_changed() -> set[str]:
    return {name for path in ADAPTER.glob("*.py") for name in changed(path.read_text())}


def listed() -> list[str]:
    return re.findall(
        r"^\| `([\w.]+)` \| (?:fault|seam|ours) \| \S", (ADAPTER / "PATCHES.md").read_text(), re.MULTILINE
    )


def test_every_change_is_listed_once() -> None:
    assert sorted(all_changed()) == listed()


@pytest.mark.parametrize(
    "code",
    [
        'wrap(a, "b", c)',
        'for name in ("b",):\n    wrap(a, name, c)',
        'x = existing(a, "b")\nx["y"] = z',
        'existing(a, "b")["y"] = z',
        'x = existing(a, "b")\nx.__defaults__ = ()',
    ],
)
def test_a_change_is_found_however_it_is_made(code: str) -> None:
    assert set(changed(code)) == {"a.b"}


def test_nothing_is_changed_past_the_adapter() -> None:
    others = [path for path in Path(ADAPTER.parent).rglob("*.py") if path.parent != ADAPTER]
    assert not [path for path in others if re.search(r"^\s*(from|import) ministack", path.read_text(), re.MULTILINE)]
