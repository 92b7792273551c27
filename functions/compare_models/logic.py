"""Decides whether a challenger is to replace the champion, from how both did on the same unseen runs.

Promoted is what is better by more than noise, or as good and trained on much newer or many more runs; never what is
much worse on runs of some size. Without a champion to compare with, a challenger must be better than always answering
the median cost, or simply be right; where training found no such model, its challenger is that guess, which answers
until there is a better one. What only seems better by runs that came since, or answers the same questions very
differently, waits for a person. A version that a person wants in service is not judged again.
"""

import math

from contract.container import Difference, Evaluation, LearnedFrom, Metrics, Shift, SizeSlice
from contract.gate import beats_guess
from contract.sizes import format_size
from contract.states import Champion, CompareModelsResponse
from functions.compare_models.rules import Rules
from functions.shared import words


def compare(evaluation: Evaluation, champion: Champion | None, rules: Rules) -> CompareModelsResponse:
    """Judge a challenger, given how challenger, champion and baseline did, and the model in service, if any."""
    usable = champion is not None and not evaluation.champion_is_broken
    if evaluation.kind == "guess" and not usable:
        is_better, reason = True, _guess(evaluation)
    elif evaluation.kind != "guess" and champion is not None and _is_guess(evaluation.champion_learned_from):
        is_better, reason = _against_baseline(evaluation, champion, rules)
    elif champion is not None and evaluation.champion_problem and not evaluation.champion_is_broken:
        is_better = False
        reason = (
            f"Not promoted: version {champion.model_version} stays until there is enough to judge it by "
            f"({evaluation.champion_problem})"
        )
    elif champion is None or evaluation.champion is None or evaluation.difference is None:
        is_better, reason = _against_baseline(evaluation, champion, rules)
    else:
        version = f"version {champion.model_version}"
        is_better, reason = _against_champion(evaluation, evaluation.champion, evaluation.difference, version, rules)
        doubt = _doubt(evaluation, version, rules) if is_better else None
        is_better, reason = (is_better, reason) if doubt is None else (False, doubt)
    return CompareModelsResponse(
        is_better=is_better, reason=reason[:1024], challenger=evaluation.challenger, champion=evaluation.champion
    )


def restored(version: int, evaluation: Evaluation) -> CompareModelsResponse:
    """Answer for an earlier version that a person wants back: who asks for it has judged."""
    reason = f"Promoted: version {version} again, as a person asked; it was trained on {_learned(evaluation)}"
    return CompareModelsResponse(
        is_better=True, reason=reason, challenger=evaluation.challenger, champion=evaluation.champion
    )


def _learned(evaluation: Evaluation) -> str:
    runs = words.counted(evaluation.profile.runs, "run")
    return f"{runs} until {words.date(evaluation.profile.latest_run_at)}"


def _against_baseline(evaluation: Evaluation, champion: Champion | None, rules: Rules) -> tuple[bool, str]:
    numbers = (
        f"median error {words.percent(evaluation.challenger.median_ape)} against "
        f"{words.percent(evaluation.baseline.median_ape)} of always answering the median cost, on {_runs(evaluation)}"
    )
    if champion is None:
        whose = "first model"
    elif _is_guess(evaluation.champion_learned_from):
        whose = f"version {champion.model_version} is a guess"
    else:
        problem = f" ({evaluation.champion_problem})" if evaluation.champion_problem else ""
        whose = f"version {champion.model_version} could not be evaluated{problem}"
    if beats_guess(evaluation, rules.significance):
        return True, f"Promoted: {whose}; {numbers}"
    return False, f"Not promoted: {whose}, and this one is no better than a trivial guess; {numbers}"


def _guess(evaluation: Evaluation) -> str:
    return (
        f"Promoted: no model is better than a guess, so the median cost of {_learned(evaluation)} answers, with an "
        f"interval as wide as those costs vary; median error {words.percent(evaluation.challenger.median_ape)} on "
        f"{_runs(evaluation)}"
    )


def _is_guess(model: LearnedFrom | None) -> bool:
    return model is not None and model.kind == "guess"


def _against_champion(
    evaluation: Evaluation, champion: Metrics, difference: Difference, version: str, rules: Rules
) -> tuple[bool, str]:
    own = (evaluation.challenger_beside_champion or evaluation.challenger).median_ape
    numbers = (
        f"median error {words.percent(own)} against {words.percent(champion.median_ape)} "
        f"of {version} on the same {_runs(evaluation, difference.runs)}"
    )
    fresher = _fresher(evaluation, rules) if _is_equal(difference, champion.pinball, rules) else None
    if _is_better(difference, rules):
        merit, praise = "better on the whole", ""
    elif fresher is not None:
        merit = f"as good as {version} and {fresher}"
        praise = f"{merit}; "
    else:
        return False, f"Not promoted: no better than {version} beyond noise; {numbers}"
    worst = _worst_slice(evaluation.slices, rules)
    if worst is not None:
        low, high = worst.input_bytes_range
        return False, (
            f"Not promoted: {merit}, but for runs of {format_size(low)} to {format_size(high)} much worse (median "
            f"error {words.percent(worst.challenger_median_ape)} against "
            f"{words.percent(worst.champion_median_ape or 0)} of {version}); overall {numbers}"
        )
    return True, f"Promoted: {praise}{numbers}"


def _doubt(evaluation: Evaluation, version: str, rules: Rules) -> str | None:
    """Say why a model that seems better is not promoted, if runs that came since the champion may have made it seem so.

    All runs judge alike, so whoever records enough wrong ones judges. What they cannot choose are the runs of before,
    and the questions that those were.
    """
    trusted, shift = evaluation.trusted, _largest_shift(evaluation.shifts, rules)
    if trusted is not None:
        allowed = (rules.worst_slice_ratio - 1) * trusted.champion.pinball
        noise = rules.significance * trusted.difference.standard_error
        if trusted.difference.pinball > max(allowed, noise, rules.HARMLESS_PINBALL):
            errors = words.percent(trusted.challenger.median_ape), words.percent(trusted.champion.median_ape)
            return (
                f"Not promoted: much worse on {words.counted(trusted.runs, 'run')} that {version} knew of "
                f"(median error {errors[0]} against {errors[1]}): look at the runs since then"
            )
    if shift is not None:
        low, high = shift.input_bytes_range
        return (
            f"Waits for a person: runs of {format_size(low)} to {format_size(high)} would be estimated at "
            f"{shift.factor:.2g} times what {version} says. If costs really changed so, put this version in service; "
            "else look at the runs since then"
        )
    return None


def _largest_shift(shifts: list[Shift], rules: Rules) -> Shift | None:
    """Return the largest of the shifts that are larger than they may be, if any."""
    least = math.log(rules.SHIFTED_FACTOR)
    large = [each for each in shifts if abs(math.log(each.factor)) > least and each.outside_80 > rules.SHIFTED_SHARE]
    return max(large, key=lambda each: abs(math.log(each.factor)), default=None)


def _is_better(difference: Difference, rules: Rules) -> bool:
    """Say whether a difference is better (negative) by more than its noise."""
    return difference.pinball < 0 and difference.pinball < -rules.significance * difference.standard_error


def _is_equal(difference: Difference, champion_pinball: float, rules: Rules) -> bool:
    """Say whether a difference is no worse than noise, and small whatever the noise."""
    most = min(rules.significance * difference.standard_error, rules.equal_within * champion_pinball)
    return difference.pinball <= most


def _fresher(evaluation: Evaluation, rules: Rules) -> str | None:
    """Say how much newer or larger the challenger's history is, if it is by enough."""
    old, new, new_is_guess = evaluation.champion_learned_from, evaluation.profile, evaluation.kind == "guess"
    if old is None or (new_is_guess and old.kind != "guess"):
        return None
    days = (new.latest_run_at - old.latest_run_at).total_seconds() / 86400
    if days >= rules.newer_by_days:
        newest = words.date(new.latest_run_at)
        return f"trained on newer runs (until {newest}, {words.counted(round(days), 'day')} later)"
    if new.runs >= rules.more_runs_ratio * old.runs:
        return f"trained on more runs ({new.runs:,} against {old.runs:,})"
    return None


def _worst_slice(slices: list[SizeSlice], rules: Rules) -> SizeSlice | None:
    """Return the slice on which the challenger is worse than it may be by most, if any."""
    excesses = [(_excess(piece, rules), piece) for piece in slices if piece.champion_median_ape is not None]
    excess, worst = max(excesses, key=lambda found: found[0], default=(0.0, None))
    return worst if excess > 0 else None


def _excess(piece: SizeSlice, rules: Rules) -> float:
    """Return by how much the challenger is worse on a slice than it may be: more than a ratio, noise and a trifle."""
    own, champion = piece.challenger_median_ape, piece.champion_median_ape or 0.0
    if piece.difference is None or piece.champion_pinball is None:
        # From an image of before noise was stated for a slice: the medians must do.
        return own - max(rules.worst_slice_ratio * champion, champion + rules.HARMLESS_MEDIAN_APE)
    allowed = (rules.worst_slice_ratio - 1) * piece.champion_pinball
    return piece.difference.pinball - max(allowed, piece.difference.standard_error, rules.HARMLESS_PINBALL)


def _runs(evaluation: Evaluation, runs: int | None = None) -> str:
    return words.counted(runs or evaluation.evaluated_runs, words.EVALUATED_RUN[evaluation.evaluated_on])
