"""What a task asked for, by whatever names and units: engines let backends, and people, choose them.

`cpus`, `n_cores`, `numThreads` and the like are processors; `memory_mb`, `requestedMemory`, `mem_gib`,
`requested_memory_mb_per_core` and the like are memory, whose unit is in the value, else in the name.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from runquote.readers.base import MOST_CPUS, MOST_MEMORY, shown

_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[0-9]+")
_TOGETHER = re.compile(
    r"(requested|req|max|min|total|n|num|h|s)?(memory|mem|vmem|v?cpus?|cores?)(kb|mb|mib|gb|gib|tb)?"
)
_CPUS = frozenset(
    [*("cpu", "cpus", "vcpu", "vcpus", "core", "cores", "thread", "threads", "processors", "procs", "nproc", "slots")]
)
_MEMORIES = frozenset(["memory", "mem", "vmem", "ram"])
_UNITS = frozenset(["kb", "kib", "m", "mb", "mib", "g", "gb", "gib", "tb", "tib", "b", "bytes"])
_BESIDE = frozenset(
    (
        *("requested", "request", "req", "n", "num", "number", "of", "min", "max", "total", "count", "limit"),
        *("per", "in", "task", "job", "node", "slot", "h", "s"),
    )
)
_NONE = ("", "0", "0.0", "false", "none", "null", "[]", "no")
_NUMBER = re.compile(r"[0-9]+(?:\.[0-9]+)?")
_SIZE = re.compile(r"([0-9]+(?:\.[0-9]+)?)\s*(?:([KMGT])i?)?B?", re.IGNORECASE)
_POWERS = {"": 0, "K": 1, "M": 2, "G": 3, "T": 4}
_LONGEST = 60
_SMALLEST_BYTES = 2**20
"""A smaller number without a unit is no number of bytes that a task could ask for."""


@dataclass(frozen=True)
class Asked:
    """What was found; None for what nothing says. `guessed` says how a number without a unit was understood."""

    cpu: float | None
    memory: float | None
    gpus: bool
    guessed: tuple[str, ...] = ()


@dataclass(frozen=True)
class _Attribute:
    name: str
    words: frozenset[str]
    value: str

    def is_of(self, kind: frozenset[str], others: frozenset[str]) -> bool:
        return not self.words.isdisjoint(kind) and self.words <= kind | others

    def unit(self) -> str:
        return next((word.removesuffix("ytes") for word in self.words & _UNITS), "")

    def is_per_core(self) -> bool:
        """Grid Engine counts `h_vmem` for each slot."""
        return ("per" in self.words and bool(self.words & (_CPUS | {"slot"}))) or {"h", "vmem"} <= self.words

    def number(self, most: float) -> float:
        number = float(self.value) if _NUMBER.fullmatch(self.value) else -1.0
        if not 0 <= number <= most:
            raise self.unreadable()
        return number

    def unreadable(self) -> ValueError:
        return ValueError(f"{self.name}: cannot read {shown(self.value)}")


def asked(attributes: Mapping[str, Any]) -> Asked:
    """Return what attributes ask for, of several ways to say it the most. Raises ValueError that names a bad one."""
    given = [_Attribute(name, _words(name), str(value).strip()) for name, value in attributes.items()]
    given = [each for each in given if each.value.lower() not in ("", "none", "null")]
    cpu = max((each.number(MOST_CPUS) for each in given if each.is_of(_CPUS, _BESIDE)), default=0.0)
    memory = 0.0
    guessed: list[str] = []
    for each in given:
        if each.is_of(_MEMORIES, _UNITS | _CPUS | _BESIDE):
            size, unit = _memory(each)
            memory = max(memory, size * (cpu or 1) if each.is_per_core() else size)
            guessed += [f"{each.name} has no unit, and was taken for {unit}"] if unit else []
    return Asked(cpu or None, memory or None, _gpus(given), tuple(guessed))


def _words(name: str) -> frozenset[str]:
    words: set[str] = set()
    for word in _WORD.findall(name[:_LONGEST]):
        together = _TOGETHER.fullmatch(word.lower())
        words |= {part for part in together.groups() if part} if together else {word.lower()}
    return frozenset(words)


def _gpus(given: Iterable[_Attribute]) -> bool:
    """Say whether GPUs are asked for; a kind of GPU without a number of them counts as well."""
    about = [each for each in given if any(word.startswith(("gpu", "accelerator")) for word in each.words)]
    about = [each for each in about if each.words.isdisjoint(("driver", "platform"))]
    counts = [each for each in about if "type" not in each.words]
    return any(each.value.lower() not in _NONE for each in counts or about)


def _memory(attribute: _Attribute) -> tuple[float, str]:
    """Return bytes, and how a number was understood of which nothing says the unit."""
    text, guess = attribute.value, ""
    if len(text) <= _LONGEST and _NUMBER.fullmatch(text):
        if attribute.unit():
            text = f"{text} {attribute.unit()}"
        elif 0 < float(text) < _SMALLEST_BYTES:
            guess = "GB" if float(text) < 1024 else "MB"
            text = f"{text} {guess}"
    try:
        size = parse_memory(text)
    except ValueError:
        raise attribute.unreadable() from None
    if size > MOST_MEMORY:
        raise attribute.unreadable()
    return float(size), guess


def parse_memory(text: str) -> int:
    """Return the bytes of a size like "8 GB", with powers of 1024. Raises ValueError for anything else."""
    match = _SIZE.fullmatch(text.strip()) if len(text) <= _LONGEST else None
    if not match:
        raise ValueError(f"cannot read memory {shown(text)}")
    factor: int = 1024 ** _POWERS[(match[2] or "").upper()]
    return round(Fraction(match[1]) * factor)
