"""Every decision record has a number of its own, the one that its heading says."""

from pathlib import Path

RECORDS = sorted(Path(__file__).parents[2].joinpath("docs/decisions").glob("*.md"))


def test_every_number_is_given_once_and_none_is_left_out() -> None:
    assert [int(record.name[:4]) for record in RECORDS] == list(range(1, len(RECORDS) + 1))


def test_headings_say_the_number_of_their_file() -> None:
    for record in RECORDS:
        assert record.read_text().startswith(f"# {int(record.name[:4])}. "), record.name
