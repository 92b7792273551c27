"""Which column of a table says what, and its rows: by the rules of `contract.tables`, which the web app follows too."""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Literal

from contract import tables
from contract.base import MAX_BYTES
from contract.tables import LABELS, WORDS
from runquote import cells
from runquote.cells import normal, problem, words
from runquote.sizes import parse_size

Table = Literal["runs", "batch"]
COLUMNS: dict[Table, dict[str, tuple[tables.Kind, list[str]]]] = {"runs": tables.RUNS, "batch": tables.BATCH}
_NAMED = ("parameters", "tags")
_PREFIXES = {"parameters": "parameters", "params": "parameters", "param": "parameters", "tags": "tags", "tag": "tags"}


@dataclass(frozen=True)
class Column:
    """A column that is read: what it says, how its cells are read, and in which unit numbers without one are."""

    member: str
    kind: str
    name: str
    unit: str | None = None


@dataclass(frozen=True)
class Given:
    """What a person says beside a table: the column of a member, and values for rows that have none.

    Both by member, as text. Raises ValueError, when used, for what there is not.
    """

    columns: Mapping[str, str] = field(default_factory=dict)
    values: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Header:
    """What the columns of a table say. `missing` are the members of which one must be there and none is."""

    table: Table
    columns: tuple[Column | None, ...]
    values: Mapping[str, str]
    ignored: tuple[str, ...]
    notes: tuple[str, ...]
    missing: tuple[tuple[str, ...], ...]

    def says(self, member: str) -> bool:
        """Whether a column or what is given says this."""
        return member in self.values or any(column and column.member == member for column in self.columns)


def read_header(table: Table, names: Sequence[str], given: Given = Given(), optional: Iterable[str] = ()) -> Header:
    """Recognise the columns of a table. Raises ValueError where one name, or two columns, could mean two things."""
    names = [name.strip() for name in names]
    if not any(names):
        raise problem("empty_file")
    for name in names:
        if name and names.count(name) > 1:
            raise problem("twice", column=name)
    chosen: dict[int, Column] = {}
    for key, name in given.columns.items():
        place = _place(names, name.strip())
        chosen[place] = _column(table, member_of(table, key), names[place])
    columns: list[Column | None] = [
        chosen.get(place) or (recognised(table, name) if name else None) for place, name in enumerate(names)
    ]
    columns = _without_doubles(table, columns, set(chosen.values()))
    values = {member_of(table, key): text.strip() for key, text in given.values.items()}
    for member, text in values.items():
        try:
            read_cell(Column(member, kind_of(table, member), member), text)
        except ValueError as error:
            raise problem("given", what=LABELS.get(member, member), problem=str(error)) from None
    said = {column.member for column in columns if column} | set(values)
    ignored = tuple(name for name, column in zip(names, columns, strict=True) if name and column is None)
    missing = tuple(
        tuple(group) for group in tables.NEEDED[table] if not said & set(group) and not set(group) <= set(optional)
    )
    notes = [WORDS["ignored"].format(columns=_listed(ignored))] if ignored else []
    for column in columns:
        if column and column.unit and normal(column.name) not in kinds(table).get(column.member, ("", [""]))[1]:
            notes.append(WORDS["unit"].format(column=column.name, unit=words(column.name)[-1]))
    return Header(table, tuple(columns), values, ignored, tuple(notes), missing)


def missing_words(header: Header, names: Sequence[str]) -> str:
    """Say which members no column says, all of them at once."""
    what = _listed([" or ".join(LABELS[member] for member in group) for group in header.missing])
    return WORDS["missing"].format(what=what, columns=_listed([name for name in names if name]))


def kinds(table: Table) -> dict[str, tuple[tables.Kind, list[str]]]:
    """Return what columns of a table may say."""
    return COLUMNS[table]


def member_of(table: Table, key: str) -> str:
    """Return the member that a person means. Raises ValueError for none."""
    if named := _named(key):
        return named
    for member, (_, known) in kinds(table).items():
        if normal(key) in (*known, normal(member)):
            return member
    raise problem("unknown_member", member=key, members=_listed([known[0] for _, known in kinds(table).values()]))


def kind_of(table: Table, member: str) -> str:
    """Return how the cells of a member are read."""
    if member in kinds(table):
        return kinds(table)[member][0]
    return "scalar" if member.startswith("parameters.") else "text"


def recognised(table: Table, name: str) -> Column | None:
    """Return what a column says by its name alone."""
    if named := _named(name):
        return Column(named, kind_of(table, named), name)
    whole = normal(name)
    rest, _, _ = whole.rpartition("_")
    for member, (kind, known) in kinds(table).items():
        unit = _unit(kind, name)
        if whole in known or (unit and rest in known):
            return Column(member, kind, name, unit)
    return None


def unit_in(member: str, name: str) -> str | None:
    """Return the unit of a member that a column's name ends with."""
    return _unit(kind_of("runs", member), name)


def read_cell(column: Column, text: str) -> Any:  # noqa: ANN401 - what the column says
    """Read a cell that is not empty. Raises ValueError with the words for what is wrong."""
    match column.kind:
        case "size":
            return _size(column, text)
        case "duration":
            return cells.read_duration(text, column.unit)
        case "time":
            return cells.read_time(text)[0]
        case kind:
            return _READERS[kind](text)


def _size(column: Column, text: str) -> int:
    if cells.is_number(text) and column.unit is None:
        raise problem("no_column_unit", text)
    size = parse_size(text, column.unit)
    if size > MAX_BYTES:
        raise problem("too_large", text)
    if size == 0 and column.member == "input_bytes":
        raise problem("no_input")
    return size


_READERS: dict[str, Callable[[str], Any]] = {
    "text": str,
    "money": cells.read_money,
    "status": cells.read_status,
    "cost_source": cells.read_cost_source,
    "purchase_option": cells.read_purchase_option,
    "object": cells.read_object,
    "scalar": cells.read_scalar,
}


def read_row(header: Header, texts: Sequence[str]) -> tuple[dict[str, Any], tuple[str, ...]]:
    """Return what a row says by member, and words for what was assumed. Raises ValueError that names the column."""
    if any(text.strip() for text in texts[len(header.columns) :]):
        raise problem("too_many_cells")
    said: dict[str, Any] = {}
    notes: list[str] = []
    for column, text in _filled(header, texts):
        try:
            value = read_cell(column, text)
        except ValueError as error:
            raise problem("cell", column=column.name, problem=str(error)) from None
        parent, _, name = column.member.partition(".")
        if name:
            said[parent] = {**said.get(parent, {}), name: value}
        else:
            said[parent] = {**value, **said.get(parent, {})} if parent in _NAMED else value
        if column.kind == "time" and (assumed := cells.read_time(text)[1]):
            notes.append(WORDS[assumed])
    for member, *others in tables.NEEDED[header.table]:
        if not others and member not in said and header.says(member):
            raise problem("cell", column=_name_of(header, member), problem=WORDS["empty"])
    return said, tuple(dict.fromkeys(notes))


def plain_texts(header: Header, texts: Sequence[str]) -> dict[str, str]:
    """Return what a row says by member as text, whether it can be read or not."""
    return {column.member: text for column, text in _filled(header, texts)}


def _filled(header: Header, texts: Sequence[str]) -> list[tuple[Column, str]]:
    """Return the columns that say something in a row, and what is given in place of those that do not."""
    filled = [
        (column, text.strip())
        for column, text in zip(header.columns, texts, strict=False)
        if column and text and text.strip()
    ]
    there = {column.member for column, _ in filled}
    given = [
        (Column(member, kind_of(header.table, member), member), text)
        for member, text in header.values.items()
        if member not in there
    ]
    return filled + given


def with_times(run: dict[str, Any]) -> tuple[dict[str, Any], tuple[str, ...]]:
    """Return a run with its start and its end, of which a duration or the other may stand for one."""
    run = dict(run)
    seconds = run.pop("duration", None)
    start, end = run.get("started_at"), run.get("completed_at")
    if start and end:
        return run, ()
    one = start or end
    if not one:
        raise problem("no_time")
    known = datetime.fromisoformat(one)
    other = known + timedelta(seconds=seconds or 0) * (1 if start else -1)
    run["completed_at" if start else "started_at"] = _written(other) if seconds else one
    assumed = () if seconds is not None else (WORDS["assumed_end" if start else "assumed_start"],)
    return run, assumed


def _written(time: datetime) -> str:
    utc = time.astimezone(UTC)
    text = utc.isoformat(timespec="milliseconds" if utc.microsecond >= 500 else "seconds")
    return text.replace("+00:00", "Z")


def _named(name: str) -> str | None:
    prefix, dot, rest = name.strip().partition(".")
    parent = _PREFIXES.get(prefix.strip().lower())
    return f"{parent}.{rest.strip()}" if parent and dot and rest.strip() else None


def _column(table: Table, member: str, name: str) -> Column:
    kind = kind_of(table, member)
    if kind == "money" and (normal(name).rpartition("_")[2] in tables.NOT_DOLLARS or set(name) & set("€£¥")):
        raise problem("currency", name)
    if kind == "money" and re.search(tables.RATE_PATTERN, normal(name)):
        raise problem("rate", name)
    return Column(member, kind, name, _unit(kind, name))


def _place(names: Sequence[str], name: str) -> int:
    if name in names:
        return names.index(name)
    alike = [place for place, each in enumerate(names) if normal(each) == normal(name)]
    if len(alike) != 1:
        raise problem("unknown_column", column=name, columns=_listed([each for each in names if each]))
    return alike[0]


def _unit(kind: str, name: str) -> str | None:
    """Return the unit that the last word of a column's name is."""
    last = words(name)[-1:]
    known = {"size": tables.UNITS, "duration": tables.DURATIONS}.get(kind, {})
    return last[0].lower() if last and last[0].lower() in known and last[0] not in tables.BASES else None


def _without_doubles(table: Table, columns: Sequence[Column | None], by_hand: set[Column]) -> list[Column | None]:
    """Let one column say each member. Raises ValueError where two do as well as each other."""
    best: dict[str, Column] = {}
    for column in filter(None, columns):
        other = best.setdefault(column.member, column)
        ranks = [_rank(table, each, by_hand) for each in (column, other)]
        if other is not column and ranks[0] == ranks[1] and column.member != "label":
            raise problem("two_columns", column=other.name, other=column.name, what=LABELS[column.member])
        if ranks[0] < ranks[1]:
            best[column.member] = column
    return [column if column and best[column.member] is column else None for column in columns]


def _rank(table: Table, column: Column, by_hand: set[Column]) -> int:
    """Tell how surely a column says what it seems to: chosen by hand, by our name, another, a weak one."""
    if column in by_hand:
        return 0
    name = normal(column.name)
    known = kinds(table).get(column.member, ("", [column.member]))[1]
    return 1 if name == known[0] else 3 if name in tables.WEAK else 2


def _listed(names: Sequence[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}" if names else ""


def _name_of(header: Header, member: str) -> str:
    return next((column.name for column in header.columns if column and column.member == member), member)
