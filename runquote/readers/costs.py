"""What a run's estimated cost is made of: so that a person can see a wrong number before it is recorded."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from runquote.pricing import GIB

MOST_PARTS = 20_000
"""So many parts of a cost are kept; what more there are is kept as one, so that memory has a bound."""


@dataclass(frozen=True, slots=True)
class Priced:
    """A task, or another part of a run, and what it was priced by; None for what its price does not depend on.

    `rate` is a name in the price book, or says in a few words where a fixed price is from. `note` is what was assumed
    about this part alone.
    """

    name: str
    usd: float
    seconds: float | None = None
    vcpu: float | None = None
    memory_bytes: float | None = None
    rate: str = ""
    note: str = ""


@dataclass
class Cost:
    """The parts of a run's cost, and their sums."""

    usd: float = 0.0
    parts: int = 0
    seconds: float = 0.0
    vcpu_seconds: float = 0.0
    gib_seconds: float = 0.0
    rates: list[str] = field(default_factory=list)
    _kept: list[Priced] = field(default_factory=list)
    _kept_usd: float = 0.0

    @classmethod
    def of(cls, parts: Iterable[Priced]) -> "Cost":
        """Add up parts."""
        cost = cls()
        for part in parts:
            cost.add(part)
        return cost

    def add(self, part: Priced) -> None:
        """Add a part."""
        self.usd += part.usd
        self.parts += 1
        seconds = part.seconds or 0.0
        self.seconds += seconds
        self.vcpu_seconds += seconds * (part.vcpu or 0.0)
        self.gib_seconds += seconds * (part.memory_bytes or 0.0) / GIB
        if part.rate and part.rate not in self.rates:
            self.rates.append(part.rate)
        if len(self._kept) < MOST_PARTS:
            self._kept.append(part)
            self._kept_usd += part.usd

    def __iter__(self) -> Iterator[Priced]:
        """Yield the parts in order; beyond a number of them, what is left as one, so that they always add up."""
        yield from self._kept
        if self.parts > len(self._kept):
            yield Priced(f"{self.parts - len(self._kept):,} more", self.usd - self._kept_usd)
