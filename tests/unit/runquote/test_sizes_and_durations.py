import json
import re
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contract.sizes import format_size
from runquote.durations import format_duration, parse_duration
from runquote.sizes import format_amount, format_amounts, format_range, format_usd, parse_size

UNITS = {"B": 1, "kB": 10**3, "KB": 10**3, "MB": 10**6, "GB": 10**9, "TB": 10**12, "PB": 10**15}
BINARY_UNITS = {"KiB": 2**10, "kiB": 2**10, "MiB": 2**20, "GiB": 2**30, "TiB": 2**40, "PiB": 2**50}


@given(st.integers(0, 10**6), st.sampled_from(sorted({**UNITS, **BINARY_UNITS}.items())), st.sampled_from(["", " "]))
def test_a_whole_number_and_a_unit_mean_their_product(number: int, unit: tuple[str, int], space: str) -> None:
    assert parse_size(f"{number}{space}{unit[0]}") == number * unit[1]


@given(st.decimals(0, 10**6, places=3), st.sampled_from(sorted(UNITS.items())))
def test_decimals_are_right_to_the_byte(number: Decimal, unit: tuple[str, int]) -> None:
    assert parse_size(f"{number:f} {unit[0]}") == int(number * unit[1] + Decimal("0.5"))  # half a byte is one


CASES = json.loads((Path(__file__).parents[2] / "sizes.json").read_text())
"""What people type and paste; `tests/web/sizes.test.ts` holds the web app to the same."""


@pytest.mark.parametrize("case", CASES, ids=[case["text"] for case in CASES])
def test_what_people_type_is_read_or_asked_about(case: dict[str, Any]) -> None:
    if "bytes" in case:
        assert parse_size(case["text"]) == case["bytes"]
    else:
        with pytest.raises(ValueError, match=f"is not a size: {re.escape(case['advice'])}$"):
            parse_size(case["text"])


def test_a_unit_given_counts_where_the_text_has_none() -> None:
    assert (parse_size("1,200.5", "gb"), parse_size("1e3", "gb"), parse_size("2 TB", "gb")) == (1200.5e9, 1e12, 2e12)


@given(st.text())
def test_no_text_is_guessed_at(text: str) -> None:
    try:
        parse_size(text)
    except ValueError:
        return
    assert re.search(r"[0-9]", text)
    assert re.search(r"[bB](ytes?)?\s*$|e[+-]?[0-9]+\s*$|i\s*$", text, re.IGNORECASE)


@pytest.mark.parametrize("case", json.loads((Path(__file__).parents[2] / "written_sizes.json").read_text()), ids=str)
def test_sizes_are_written_as_the_web_app_does(case: dict[str, Any]) -> None:
    assert format_size(case["bytes"]) == case["written"]


@given(st.integers(0, 10**17))
def test_a_formatted_size_reads_back_to_three_digits(size: int) -> None:
    assert parse_size(format_size(size)) == pytest.approx(size, rel=0.0051)


@pytest.mark.parametrize("case", json.loads((Path(__file__).parents[2] / "amounts.json").read_text()), ids=str)
def test_amounts_of_one_list_are_all_shown_and_cents_suffice_from_a_dollar_up(case: dict[str, Any]) -> None:
    assert format_amounts(case["amounts"]) == [text.replace("\N{MINUS SIGN}", "-") for text in case["written"]]


@given(st.floats(1e-6, 1e9))
def test_formatted_dollars_read_back_to_two_digits(amount: float) -> None:
    text = format_usd(amount)
    assert "e" not in text
    assert float(text.removeprefix("$").replace(",", "")) == pytest.approx(amount, rel=0.051)


@pytest.mark.parametrize(
    ("amount", "text"),
    [
        (6.03, "$6.00"),
        (4.94, "$4.90"),
        (9.99, "$10"),
        (0.925, "$0.93"),
        (0.5, "$0.50"),
        (31.4, "$31"),
        (1e-5, "$0.000010"),
    ],
)
def test_cents_of_an_estimate_come_in_pairs(amount: float, text: str) -> None:
    assert format_usd(amount) == text


def test_the_ends_of_a_narrow_interval_are_told_apart() -> None:
    assert format_range(23.61, 24.32) == ("$23.60", "$24.30")
    assert format_range(4.9, 7.8) == ("$4.90", "$7.80")
    assert format_range(5, 5) == ("$5.00", "$5.00")


@pytest.mark.parametrize(("amount", "text"), [(0, "$0"), (0.0001, "$0.0001"), (5, "$5.00"), (1200.5, "$1,200.50")])
def test_amounts_are_written_as_they_were_given(amount: float, text: str) -> None:
    assert format_amount(amount) == text


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("850ms", 0.85), ("1h 2m 3s", 3723), ("3.5s", 3.5), ("2d", 172800), ("1d 2h", 93600), ("0ms", 0), ("5m", 300)],
)
def test_durations_as_engines_write_them(text: str, seconds: float) -> None:
    assert parse_duration(text) == pytest.approx(seconds)


@pytest.mark.parametrize("text", ["", " ", "12", "3s 1h", "1h 1h", "1 hour", "-1s", "1:02:03", "1,5s", "s"])
def test_anything_else_is_no_duration(text: str) -> None:
    with pytest.raises(ValueError, match="is not a duration"):
        parse_duration(text)


@given(st.integers(0, 10**11))
def test_a_formatted_duration_reads_back_to_the_millisecond(milliseconds: int) -> None:
    assert parse_duration(format_duration(milliseconds / 1000)) == pytest.approx(milliseconds / 1000)
