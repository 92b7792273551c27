"""The web app judges as `contract.judgement` does: judgement.test.ts holds it to the answers recorded here.

After a deliberate change: `python -m tests.web.test_judgements` writes them anew.
"""

import json
from pathlib import Path
from typing import Any

from contract import judgement
from contract.predictions import Interval

FILE = Path(__file__).with_name("judgements.json")
OUTCOMES = [1.0 + number for number in range(20)]
BUDGETS = (0.5, 9, 9.99, 10, 10.5, 11, 12, 17, 18, 18.5, 19, 20, 25)
SPENDING = ((0, 0), (0, 1), (89.99, 100), (90, 100), (100, 100), (100.01, 100), (1, 0))
FACTORS = (1, 2, 29.9, 30, 30.1, 24_381, 0.5, 1 / 30, 0.0333, 1e-9)
WIDTHS = ((1, 1000), (1, 1000.1), (0, 0), (0, 1e-9), (1e-12, 1e9))
COVERAGES = ((0.8, 12, 18), (0.8, 13, 19), (0.8, 14, 18), (0.8, 15, 19), (0.8, 9, 16), (0.8, 20, 20), (0.8, 790, 1000),
             (0.8, 770, 1000), (0.8, 880, 1000), (0.9, 17, 20), (0.9, 15, 20), (0.9, 720, 1000), (0.8, 0, 0), (0.8, 4, 5),
             (0.8, 3, 5), (0.8, 5, 8), (0.8, 1, 1), (0.8, 0, 1))  # fmt: skip


def _interval(coverage: float, low: float, high: float) -> Interval:
    return Interval(coverage=coverage, low_usd=low, high_usd=high)


def answers() -> dict[str, Any]:
    judged = [(usd, judgement.judge(10.5, OUTCOMES, usd)) for usd in BUDGETS]
    return {
        "words": judgement.VERDICT_WORDS,
        "outcomes": OUTCOMES,
        "budgets": [{"budget": usd, "verdict": each.verdict, "exceeding": each.exceeding} for usd, each in judged],
        "left_out": [
            {"budget": usd, "verdict": judgement.judge(10.5, OUTCOMES, usd, 1).verdict} for usd in BUDGETS
        ],
        "spending": [
            {"spent": spent, "limit": limit, "verdict": judgement.judge_spending(spent, limit)}
            for spent, limit in SPENDING
        ],
        "factors": [{"factor": each, "beyond": judgement.is_beyond_evidence(each, [])} for each in FACTORS],
        "widths": [
            {
                "low": low,
                "high": high,
                "beyond": judgement.is_beyond_evidence(1, [_interval(0.9, 0, 9), _interval(0.8, low, high)]),
            }
            for low, high in WIDTHS
        ],
        "coverages": [
            {
                "promised": promised,
                "inside": inside,
                "runs": runs,
                "shares": judgement.plausible_shares(inside / max(runs, 1), runs),
                "kind": judgement.judge_coverage(promised, inside / max(runs, 1), runs),
                "far_below": judgement.is_far_below(promised, inside / max(runs, 1), runs),
                "words": judgement.coverage_words(
                    judgement.judge_coverage(promised, inside / max(runs, 1), runs), runs
                ),
                "problem": judgement.coverage_problem(inside / max(runs, 1), 0.9, runs),
            }
            for promised, inside, runs in COVERAGES
        ],
    }


def test_the_web_app_is_held_to_the_contracts_judgements() -> None:
    assert json.loads(FILE.read_text()) == json.loads(json.dumps(answers()))


def test_what_the_judgements_are() -> None:
    """The recorded answers are right, not only the same in both languages."""
    verdicts = {each["budget"]: each["verdict"] for each in answers()["budgets"]}
    assert (verdicts[19], verdicts[18.5], verdicts[10.5], verdicts[10]) == (
        "within", "may exceed", "may exceed", "likely exceeds",
    )  # fmt: skip
    assert {each["verdict"] for each in answers()["left_out"]} == {"likely exceeds", "unknown"}
    assert judgement.judge(10.5, OUTCOMES, 19).words("$19") == "Within budget: 1 of 20 outcomes exceeds $19"
    assert judgement.judge(10.5, OUTCOMES, 17).words("$17") == "May exceed the budget: 3 of 20 outcomes exceed $17"
    assert judgement.judge(10.5, OUTCOMES, 25).words("$25") == "Within budget: None of 20 outcomes exceeds $25"
    assert [each["beyond"] for each in answers()["factors"]] == [False] * 4 + [True] * 2 + [False] * 2 + [True] * 2
    assert [each["beyond"] for each in answers()["widths"]] == [False, True, False, True, True]
    coverages = {(each["inside"], each["runs"]): each for each in answers()["coverages"]}
    assert (coverages[12, 18]["kind"], coverages[12, 18]["far_below"]) == ("unsure", True)
    assert (coverages[790, 1000]["kind"], coverages[790, 1000]["far_below"]) == ("unsure", False)
    assert judgement.coverage_problem(0.5, 0.5, None) is None
    assert coverages[12, 18]["problem"] == (
        "Of 18 runs that it was checked on, only 67 % cost what its 80 % interval said; so few runs cannot tell whether "
        "by chance."
    )


if __name__ == "__main__":
    FILE.write_text(json.dumps(answers(), indent=1) + "\n")
