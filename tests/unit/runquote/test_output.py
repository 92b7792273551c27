"""Cells of CSV that nobody's spreadsheet takes for a formula; the web app is held to the same file."""

import json
from pathlib import Path

import pytest

from runquote.cli.output import inert

CELLS = json.loads((Path(__file__).parents[2] / "web" / "cells.json").read_text(encoding="utf-8"))


@pytest.mark.parametrize(("text", "cell"), CELLS["inert"])
def test_a_cell_that_looks_like_a_formula_stays_text(text: str, cell: str) -> None:
    assert inert(text) == cell


@pytest.mark.parametrize("text", CELLS["untouched"])
def test_other_cells_are_left_as_they_are(text: str) -> None:
    assert inert(text) == text
