"""How answers are judged, alike by everything that shows them: against a budget, and whether they tell anything.

The web app judges in TypeScript (`web/src/judgement.ts`); tests/web/judgements.json holds it to these rules.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import floor, sqrt
from typing import Literal

from contract.base import CostUsd
from contract.predictions import Interval

Verdict = Literal["within", "may exceed", "likely exceeds", "unknown"]
VERDICT_WORDS: dict[Verdict, str] = {
    "within": "Within budget",
    "may exceed": "May exceed the budget",
    "likely exceeds": "Likely exceeds the budget",
    "unknown": "Past runs cannot tell",
}
WITHIN_SHARE = 0.05
"""At most so many of the likely outcomes are above a budget that counts as kept: what a 90 % interval leaves above."""
LIKELY_SHARE = 0.5
"""From more than this on a budget is likely exceeded."""

NEARLY_USED = 0.9
"""From this share of a month's limit on, what was spent deserves a look."""

FARTHEST = 30.0
"""Past runs tell something up to so many times their largest input, and down to their smallest by as many: see
docs/decisions/0024-where-past-runs-cannot-tell.md."""
WIDEST = 1000.0
"""An 80 % interval whose high end is more than so many times its low end tells nothing to go by."""
JUDGED_COVERAGE = 0.8

CoverageKind = Literal["held", "unsure", "narrow", "wide", "unknown"]
SHORTFALL = 0.1
"""An interval that held this much less often than promised is so said wherever it is shown, however few the runs."""
_Z = 1.96
"""Two-sided 95 %."""


@dataclass(frozen=True)
class Judgement:
    """How likely outcomes stand to a budget."""

    verdict: Verdict
    exceeding: int
    outcomes: int

    @property
    def share(self) -> float:
        """The share of the outcomes that cost more than the budget."""
        return self.exceeding / self.outcomes

    def keeps(self, risk: float | None) -> bool:
        """Say whether a budget is kept: no more is above it than the risk, or else it is not likely exceeded."""
        return self.verdict != "likely exceeds" if risk is None else self.share <= risk

    def words(self, budget: str, noun: str = "outcomes") -> str:
        """Write "May exceed the budget: 3 of 20 outcomes exceed $40"."""
        some = f"{self.exceeding} of {self.outcomes}" if self.exceeding else f"None of {self.outcomes}"
        exceed = "exceeds" if self.exceeding < 2 else "exceed"
        return f"{VERDICT_WORDS[self.verdict]}: {some} {noun} {exceed} {budget}"


def judge(cost_usd: CostUsd, outcomes_usd: Sequence[CostUsd], budget_usd: float, left_out: int = 0) -> Judgement:
    """Hold equally likely outcomes, and the estimate in their middle, against a budget.

    Of a total that leaves out runs whose cost nobody can tell, only that it is too high can be known.
    """
    exceeding, outcomes = sum(usd > budget_usd for usd in outcomes_usd), len(outcomes_usd)
    verdict: Verdict = "may exceed"
    if exceeding > LIKELY_SHARE * outcomes or cost_usd > budget_usd:
        verdict = "likely exceeds"
    elif left_out:
        verdict = "unknown"
    elif exceeding <= WITHIN_SHARE * outcomes:
        verdict = "within"
    return Judgement(verdict, exceeding, outcomes)


def judge_spending(spent_usd: float, limit_usd: float) -> Verdict:
    """Hold what a team has spent in a month against its limit."""
    if spent_usd > limit_usd:
        return "likely exceeds"
    return "may exceed" if spent_usd >= NEARLY_USED * limit_usd else "within"


def is_beyond_evidence(extrapolation_factor: float, intervals: Sequence[Interval]) -> bool:
    """Say whether past runs cannot tell what a run costs: it is too far from all of them, or anything is likely."""
    return not 1 / FARTHEST <= extrapolation_factor <= FARTHEST or is_too_wide(intervals)


def is_too_wide(intervals: Sequence[Interval]) -> bool:
    """Say whether the interval spans so much that nobody can go by it."""
    return any(each.high_usd > WIDEST * each.low_usd for each in intervals if each.coverage == JUDGED_COVERAGE)


def plausible_shares(measured: float, runs: int) -> tuple[float, float]:
    """Return the long-run shares that a share measured on so few runs is compatible with.

    Wilson's score interval at 95 %, which Brown, Cai and DasGupta recommend for few observations (Interval Estimation
    for a Binomial Proportion, Statistical Science 16(2), 2001).
    """
    if runs == 0:
        return 0.0, 1.0
    scale = 1 + _Z**2 / runs
    middle = (measured + _Z**2 / (2 * runs)) / scale
    reach = _Z * sqrt(measured * (1 - measured) / runs + _Z**2 / (4 * runs**2)) / scale
    return max(0.0, middle - reach), min(1.0, middle + reach)


def judge_coverage(promised: float, measured: float, runs: int) -> CoverageKind:
    """Say whether an interval kept its promise.

    That it failed, or is wider than it need be, is said where the promise lies outside of the plausible shares; what
    held less often than promised is never called held, however few the runs.
    """
    if runs == 0:
        return "unknown"
    low, high = plausible_shares(measured, runs)
    if high < promised:
        return "narrow"
    if low > promised:
        return "wide"
    return "held" if floor(measured * runs + 0.5) >= floor(promised * runs + 1e-9) else "unsure"


def coverage_words(kind: CoverageKind, runs: int) -> str:
    """Say how an interval was judged."""
    match kind:
        case "unknown":
            return "No runs to judge it by"
        case "narrow":
            return "Too narrow: expect costs outside of it more often than promised"
        case "wide":
            return "Holds more often than promised: wider than it needs to be"
        case "held":
            return "Held as promised"
        case "unsure":
            return f"Held less often than promised; {_counted(runs)} cannot tell whether by chance"


def coverage_problem(coverage_80: float, coverage_90: float, runs: int | None) -> str | None:
    """Say in a sentence that intervals held far less often than promised; None where they did not, or nobody knows."""
    for promised, measured in ((0.8, coverage_80), (0.9, coverage_90)):
        if runs is None or not is_far_below(promised, measured, runs):
            continue
        held = (
            f"Of {_counted(runs)} that it was checked on, only {floor(measured * 100 + 0.5)} % cost what its "
            f"{promised * 100:.0f} % interval said"
        )
        if judge_coverage(promised, measured, runs) == "narrow":
            return f"{held}: expect costs outside of the interval more often than promised."
        return f"{held}; so few runs cannot tell whether by chance."
    return None


def _counted(runs: int) -> str:
    return f"{runs:,} run" if runs == 1 else f"{runs:,} runs"


def is_far_below(promised: float, measured: float, runs: int) -> bool:
    """Say whether an interval held so much less often than promised that every estimate is to say so."""
    kind = judge_coverage(promised, measured, runs)
    return kind == "narrow" or (kind == "unsure" and promised - measured >= SHORTFALL)
