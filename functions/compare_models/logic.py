"""Decides whether a challenger is to replace the champion, from how both did on the same unseen runs.

Promoted is what is better by more than noise and not much worse on runs of any size. Without a champion to compare
with, a challenger must be better than always answering the median cost, or simply be right.
"""

from contract.container import Difference, Evaluation, SizeSlice
from contract.states import Champion, CompareModelsResponse
from functions.shared import words

GOOD_MEDIAN_APE = 0.10
"""A first model this good passes though the baseline is as good: some workflows cost the same every time."""
CLEARLY_LOWER = 0.8
"""A first model passes if its median error is below this share of the baseline's, noise in few runs or not."""
HARMLESS_MEDIAN_APE = 0.02
"""On a size slice, getting worse by less than this is never held against a challenger."""


def compare(
    evaluation: Evaluation, champion: Champion | None, *, significance: float, worst_slice_ratio: float
) -> CompareModelsResponse:
    """Judge a challenger.

    Args:
        evaluation: how challenger, champion and baseline did.
        champion: the model in service, if any.
        significance: standard errors by which the challenger must be better.
        worst_slice_ratio: how much worse than the champion it may be on any size slice.
    """
    if champion is not None and evaluation.champion_problem and not evaluation.champion_is_broken:
        is_better = False
        reason = (
            f"Not promoted: version {champion.model_version} stays until there is enough to judge it by "
            f"({evaluation.champion_problem})"
        )
    elif champion is None or evaluation.champion is None or evaluation.difference is None:
        is_better, reason = _against_baseline(evaluation, champion, significance)
    else:
        is_better, reason = _against_champion(
            evaluation,
            champion.model_version,
            evaluation.champion.median_ape,
            evaluation.difference,
            significance,
            worst_slice_ratio,
        )
    return CompareModelsResponse(
        is_better=is_better, reason=reason[:1024], challenger=evaluation.challenger, champion=evaluation.champion
    )


def _against_baseline(evaluation: Evaluation, champion: Champion | None, significance: float) -> tuple[bool, str]:
    own, baseline = evaluation.challenger.median_ape, evaluation.baseline.median_ape
    numbers = (
        f"median error {words.percent(own)} against {words.percent(baseline)} "
        f"of always answering the median cost, on {_runs(evaluation)}"
    )
    difference = evaluation.baseline_difference
    better = _is_significant(difference, significance)
    clearly = own < CLEARLY_LOWER * baseline and difference.pinball < 0
    good = own <= GOOD_MEDIAN_APE and difference.pinball <= significance * difference.standard_error
    if champion is None:
        whose = "first model"
    else:
        problem = f" ({evaluation.champion_problem})" if evaluation.champion_problem else ""
        whose = f"version {champion.model_version} could not be evaluated{problem}"
    if better or clearly or good:
        return True, f"Promoted: {whose}; {numbers}"
    return False, f"Not promoted: {whose}, and this one is no better than a trivial guess; {numbers}"


def _against_champion(  # noqa: PLR0913, PLR0917 - the numbers of one decision
    evaluation: Evaluation,
    version: int,
    champion_error: float,
    difference: Difference,
    significance: float,
    worst_slice_ratio: float,
) -> tuple[bool, str]:
    numbers = (
        f"median error {words.percent(evaluation.challenger.median_ape)} against {words.percent(champion_error)} "
        f"of version {version} on the same {_runs(evaluation)}"
    )
    if not _is_significant(difference, significance):
        return False, f"Not promoted: no better than version {version} beyond noise; {numbers}"
    worst = _worst_slice(evaluation.slices, worst_slice_ratio)
    if worst is not None:
        low, high = worst.input_bytes_range
        return False, (
            f"Not promoted: better on the whole, but for runs of {words.size(low)} to {words.size(high)} the median "
            f"error is {words.percent(worst.challenger_median_ape)} against "
            f"{words.percent(worst.champion_median_ape or 0)} of version {version}; overall {numbers}"
        )
    return True, f"Promoted: {numbers}"


def _is_significant(difference: Difference, significance: float) -> bool:
    """Say whether a difference is better (negative) by more than its noise."""
    return difference.pinball < 0 and difference.pinball < -significance * difference.standard_error


def _worst_slice(slices: list[SizeSlice], ratio: float) -> SizeSlice | None:
    """Return the slice on which the challenger is worse than it may be by most, if any."""
    excesses = [
        (
            piece.challenger_median_ape
            - max(ratio * piece.champion_median_ape, piece.champion_median_ape + HARMLESS_MEDIAN_APE),
            piece,
        )
        for piece in slices
        if piece.champion_median_ape is not None
    ]
    excess, piece = max(excesses, key=lambda found: found[0], default=(0.0, None))
    return piece if excess > 0 else None


def _runs(evaluation: Evaluation) -> str:
    kind = "held-out run" if evaluation.evaluated_on == "holdout" else "cross-validated run"
    return words.counted(evaluation.evaluated_runs, kind)
