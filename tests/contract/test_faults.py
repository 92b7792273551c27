"""docs/faults.md names a test for each fault, and the tests are there."""

import ast
import re
from pathlib import Path

REPOSITORY = Path(__file__).parents[2]
TEXT = (REPOSITORY / "docs" / "faults.md").read_text()
PROOF = re.compile(r"`(tests/[^`: ]+): ([^`]+)`")
FAULTS = 56


def is_there(path: str, name: str) -> bool:
    """Whether a file has a test of this name (Python), or holds this title (TypeScript)."""
    file = REPOSITORY / path
    if not file.exists():
        return False
    if file.suffix != ".py":
        return name in file.read_text()
    return name in {node.name for node in ast.parse(file.read_text()).body if isinstance(node, ast.FunctionDef)}


def test_every_fault_has_a_proof() -> None:
    rows = re.findall(r"^\| (\d+) \|.*\|.*\|(.*)\|$", TEXT, re.MULTILINE)
    assert [int(number) for number, _ in rows] == list(range(1, FAULTS + 1))
    assert not [number for number, proofs in rows if not PROOF.search(proofs)]


def test_every_proof_is_there() -> None:
    proofs = set(PROOF.findall(TEXT))
    assert len(proofs) > FAULTS
    assert not {proof for proof in proofs if not is_there(*proof)}


def test_a_proof_that_is_not_there_is_found() -> None:
    here = "tests/contract/test_faults.py"
    assert is_there(here, "test_a_proof_that_is_not_there_is_found")
    assert not is_there(here, "test_a_proof")
    assert not is_there("tests/contract/test_nothing.py", "test_a_proof")
    assert not is_there("tests/web/batch.test.ts", "%j runs in a spreadsheet")
