"""How good a model is on runs that it did not see: champion, challenger and a trivial baseline on the same runs."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

import numpy as np

from contract.container import (
    MAX_EVALUATED_RUNS_LISTED,
    MAX_PROFILE_BYTES,
    Difference,
    EvaluatedOn,
    EvaluatedRun,
    Evaluation,
    HistoryProfile,
    LaterRuns,
    LearnedFrom,
    Metrics,
    ParameterProfile,
    SetAside,
    SizeSlice,
    TrustedRuns,
)
from contract.predictions import Interval
from model.container.artifact import Artifact
from model.container.shift import known_to, shifts
from model.cost_model import CostModel
from model.data.history import FEWEST_TO_FIT, Floats, History, Indices, concatenate, sample
from model.data.table import Table
from model.errors import BadArtifact
from model.left_out.intervals import LEVELS

SMALLEST_HOLDOUT = 8
"""With fewer held-out runs than this, cross-validation says more."""
MOST_JUDGED = 20_000
"""Held-out runs that are asked about, drawn at random: more would only make small standard errors smaller. The model
that is asked about later runs learns from no more, either."""
LATER_SHARE = 0.2
"""Share of the runs, the latest by start, that those before them predict."""
FEWEST_COMMON_RUNS = 5
"""Fewest runs on which champion and challenger are compared."""
FOLDS = 5
MAX_SLICES = 4
SMALLEST_SLICE = 5
MOST_LISTED = 100
VALUES_SHOWN = (50, 20, 10, 5, 2)
"""Most values of a category that a profile lists; fewer where all parameters together would be too large."""
PINBALL_LEVELS = (0.05, 0.1, 0.5, 0.9, 0.95)
TAILS = {1: 0.8, 0: 0.9}
"""Positions in PINBALL_LEVELS where the intervals of these coverages begin."""
_COLUMNS = [LEVELS.index(level) for level in PINBALL_LEVELS]


@dataclass(frozen=True)
class Scores:
    """What one model said about some runs, run by run: log quantiles at PINBALL_LEVELS, and the typical cost."""

    quantiles: Floats
    log_cost: Floats
    truth: Floats

    @property
    def relative_errors(self) -> Floats:
        """Absolute error over the true cost."""
        return np.abs(np.exp(self.log_cost - self.truth) - 1)

    @property
    def pinball(self) -> Floats:
        """Mean pinball loss of log cost over PINBALL_LEVELS."""
        under = self.truth[:, None] - self.quantiles
        levels = np.array(PINBALL_LEVELS)
        return np.asarray(np.maximum(levels * under, (levels - 1) * under).mean(axis=1))

    def take(self, rows: Indices) -> "Scores":
        """Return some of the runs."""
        return Scores(self.quantiles[rows], self.log_cost[rows], self.truth[rows])

    def metrics(self) -> Metrics:
        """Sum the runs up."""
        low, lower, _, upper, high = self.quantiles.T
        inside_90 = (low <= self.truth) & (self.truth <= high)
        inside_80 = (lower <= self.truth) & (self.truth <= upper)
        return Metrics(
            median_ape=float(np.median(self.relative_errors)),
            pinball=float(self.pinball.mean()),
            coverage_80=float(inside_80.mean()),
            coverage_90=float(inside_90.mean()),
            width_80=float(np.median((np.exp(upper) - np.exp(lower)) / np.exp(self.truth))),
        )


def score(model: CostModel, runs: History, *, started: bool = False) -> Scores:
    """Ask a model about runs whose cost is known; when they started is told only if asked for.

    To be told of runs drawn at random would flatter: the model knows runs just after them, which the next run to be
    predicted does not have.
    """
    started_at = runs.started_at if started else np.full(len(runs), np.nan)
    table = Table.of(model.encoder, runs.input_bytes, runs.output_bytes, runs.parameters, started_at)
    estimate, quantiles = model.log_quantiles(table)
    return Scores(quantiles[:, _COLUMNS], estimate, np.log(runs.cost_usd))


def score_median(train: History, runs: History) -> Scores:
    """Score the trivial baseline: the median and the other quantiles of the training costs, whatever is asked."""
    quantiles = np.quantile(np.log(train.cost_usd), PINBALL_LEVELS)
    return Scores(np.tile(quantiles, (len(runs), 1)), np.full(len(runs), quantiles[2]), np.log(runs.cost_usd))


def difference(challenger: Scores, other: Scores) -> Difference:
    """Compare two models run by run: mean difference in pinball loss, and its standard error."""
    paired = challenger.pinball - other.pinball
    deviation = float(paired.std(ddof=1)) if len(paired) > 1 else 0.0
    return Difference(pinball=float(paired.mean()), standard_error=deviation / len(paired) ** 0.5, runs=len(paired))


@dataclass(frozen=True)
class Trial:
    """The runs that a training is judged on, and what challenger and baseline said about them without having seen them.

    `judge` is the champion's model that saw none of `common`, the positions of the runs that it may be judged on.
    """

    evaluated_on: EvaluatedOn
    runs: History
    challenger: Scores
    baseline: Scores
    judge: CostModel | None
    common: Indices
    problem: str | None


Fit = Callable[[History], CostModel]


def evaluate(  # noqa: PLR0913 - what a training has, and how it learned
    trained: Artifact,
    train: History,
    holdout: History,
    champion: Artifact | BadArtifact | None,
    set_aside: list[SetAside],
    *,
    fit: Fit = CostModel.fit,
) -> Evaluation:
    """Judge a training on its holdout, or by cross-validation when that is too small.

    On a holdout the challenger is represented by its twin, trained without it, and the champion by its own twin:
    which runs are held out depends on the run alone, so neither ever saw them. In cross-validation the champion is
    judged only on runs that it did not learn from.
    """
    everything = concatenate(train, holdout)
    if len(holdout) >= SMALLEST_HOLDOUT and trained.twin is not None:
        judged = holdout.take(sample(len(holdout), MOST_JUDGED))
        trial = _on_holdout(trained.twin, train, judged, champion)
    else:
        trial = _by_cross_validation(everything, champion, fit)
    runs, challenger = trial.runs, trial.challenger
    served = champion.served if isinstance(champion, Artifact) else None
    rival = None if trial.judge is None else score(trial.judge, runs.take(trial.common))
    beside = challenger.take(trial.common)
    return Evaluation(
        workflow_name=trained.workflow_name,
        trained_at=trained.trained_at,
        kind=trained.served.kind,
        profile=profile(trained.served, everything),
        evaluated_on=trial.evaluated_on,
        evaluated_runs=len(runs),
        challenger=challenger.metrics(),
        challenger_beside_champion=None if rival is None else beside.metrics(),
        champion=None if rival is None else rival.metrics(),
        champion_problem=trial.problem,
        champion_learned_from=_learned_from(champion),
        champion_is_broken=isinstance(champion, BadArtifact),
        baseline=trial.baseline.metrics(),
        difference=None if rival is None else difference(beside, rival),
        baseline_difference=difference(challenger, trial.baseline),
        slices=_slices(trial, rival),
        trusted=_trusted(trained, trial, champion),
        shifts=[] if served is None else shifts(served, trained.served, everything, trained.trained_at),
        later=judge_later(everything, fit),
        points=list_runs(runs, challenger),
        set_aside=set_aside[:MOST_LISTED],
        set_aside_runs=len(set_aside),
    )


def _trusted(trained: Artifact, trial: Trial, champion: Artifact | BadArtifact | None) -> TrustedRuns | None:
    """Judge both on held-out runs that the champion knew of: whoever records runs later does not choose these."""
    if trial.evaluated_on != "holdout" or trial.judge is None or trained.twin is None:
        return None
    if not isinstance(champion, Artifact):
        return None
    old = known_to(champion.served, trial.runs)
    if len(old) < FEWEST_COMMON_RUNS:
        return None
    runs = trial.runs.take(old)
    own, rival = score(trained.twin, runs, started=True), score(trial.judge, runs, started=True)
    return TrustedRuns(
        runs=len(runs), challenger=own.metrics(), champion=rival.metrics(), difference=difference(own, rival)
    )


def _learned_from(champion: Artifact | BadArtifact | None) -> LearnedFrom | None:
    if not isinstance(champion, Artifact):
        return None
    served = champion.served
    return LearnedFrom(runs=served.runs, latest_run_at=served.latest_run_at, kind=served.kind)


def _on_holdout(twin: CostModel, train: History, holdout: History, champion: Artifact | BadArtifact | None) -> Trial:
    judge, problem = None, None
    if isinstance(champion, BadArtifact):
        problem = str(champion)
    elif champion is not None:
        judge = champion.twin
        problem = "the champion has no twin that never saw the held-out runs" if judge is None else None
    common = np.arange(len(holdout))
    return Trial("holdout", holdout, score(twin, holdout), score_median(train, holdout), judge, common, problem)


def _by_cross_validation(runs: History, champion: Artifact | BadArtifact | None, fit: Fit) -> Trial:
    challenger, baseline = _cross_validate(runs, fit)
    judge, problem, common = None, None, np.arange(0)
    if isinstance(champion, BadArtifact):
        problem = str(champion)
    elif champion is not None:
        common = _unseen(champion.served, runs)
        if len(common) >= FEWEST_COMMON_RUNS:
            judge = champion.served
        else:
            problem = f"only {len(common)} runs are new to the champion, too few to judge it on"
    method: EvaluatedOn = "cross_validation" if len(runs) > FEWEST_TO_FIT else "training_runs"
    return Trial(method, runs, challenger, baseline, judge, common, problem)


def judge_later(runs: History, fit: Fit = CostModel.fit) -> LaterRuns | None:
    """Predict the latest runs as production would have: from what had completed by then, told when they start."""
    later = np.argsort(runs.started_at, kind="stable")[-max(1, int(LATER_SHARE * len(runs))) :]
    since = float(runs.started_at[later].min())
    # Runs that started at the same moment belong together.
    later = np.flatnonzero(runs.started_at >= since)
    completed_at = np.array([datetime.fromisoformat(time).timestamp() for time in runs.completed_at])
    known = np.flatnonzero((runs.started_at < since) & (completed_at <= since))
    if len(later) < SMALLEST_HOLDOUT or len(known) < max(FEWEST_TO_FIT, len(later)):
        return None
    known, later = known[sample(len(known), MOST_JUDGED)], later[sample(len(later), MOST_JUDGED)]
    return LaterRuns(
        since=datetime.fromtimestamp(since, UTC),
        runs=len(later),
        learned_from=len(known),
        metrics=score(fit(runs.take(known)), runs.take(later), started=True).metrics(),
    )


def _unseen(champion: CostModel, runs: History) -> Indices:
    """Return the runs that a model did not learn from: by name if it keeps all of its own, else by their time."""
    if len(champion.references) == champion.runs:
        seen = {run.run_id for run in champion.references}
        return np.flatnonzero([run_id not in seen for run_id in runs.run_ids])
    return np.flatnonzero([datetime.fromisoformat(time) > champion.latest_run_at for time in runs.completed_at])


def _cross_validate(runs: History, fit: Fit) -> tuple[Scores, Scores]:
    """Predict every run from a model, and from a median, that did not see it; of three runs both saw all."""
    count = len(runs)
    quantiles, log_cost = np.zeros((2, count, len(PINBALL_LEVELS))), np.zeros((2, count))
    order = np.random.default_rng(0).permutation(count)
    # Three runs cannot spare one for judging: what is left must still make a model.
    folds = np.array_split(order, min(FOLDS, count)) if count > FEWEST_TO_FIT else [order]
    for fold in folds:
        rest = np.setdiff1d(np.arange(count), fold) if count > FEWEST_TO_FIT else order
        train, held = runs.take(rest), runs.take(fold)
        for position, scores in enumerate((score(fit(train), held), score_median(train, held))):
            quantiles[position, fold], log_cost[position, fold] = scores.quantiles, scores.log_cost
    truth = np.log(runs.cost_usd)
    return Scores(quantiles[0], log_cost[0], truth), Scores(quantiles[1], log_cost[1], truth)


def _slices(trial: Trial, rival: Scores | None) -> list[SizeSlice]:
    """Cut the judged runs by size into up to four parts, so that a model worse on large runs cannot hide."""
    size = trial.runs.input_bytes
    count = min(MAX_SLICES, max(1, len(size) // SMALLEST_SLICE))
    slices = []
    for rows in np.array_split(np.argsort(size, kind="stable"), count):
        common = np.flatnonzero(np.isin(trial.common, rows))
        against = None if rival is None or len(common) == 0 else rival.take(common)
        own = trial.challenger.take(trial.common[common])
        slices.append(
            SizeSlice(
                input_bytes_range=(int(size[rows].min()), int(size[rows].max())),
                runs=len(rows),
                challenger_median_ape=float(np.median(trial.challenger.take(rows).relative_errors)),
                champion_median_ape=None if against is None else float(np.median(against.relative_errors)),
                champion_pinball=None if against is None else float(against.pinball.mean()),
                difference=None if against is None else difference(own, against),
            )
        )
    return slices


def list_runs(runs: History, scores: Scores) -> list[EvaluatedRun]:
    """List the judged runs in order of time, evenly chosen when there are many."""
    ended = [datetime.fromisoformat(time) for time in runs.completed_at]
    order = sorted(range(len(ended)), key=lambda row: (ended[row], runs.run_ids[row]))
    chosen = np.unique(np.linspace(0, len(order) - 1, MAX_EVALUATED_RUNS_LISTED).round().astype(int))
    predicted, bounds = np.exp(scores.log_cost), np.exp(scores.quantiles)
    return [
        EvaluatedRun(
            run_id=runs.run_ids[row],
            completed_at=ended[row],
            input_bytes=int(runs.input_bytes[row]),
            cost_usd=float(runs.cost_usd[row]),
            predicted_usd=float(predicted[row]),
            intervals=[
                Interval(coverage=coverage, low_usd=float(bounds[row, tail]), high_usd=float(bounds[row, -1 - tail]))
                for tail, coverage in TAILS.items()
            ],
        )
        for row in (order[position] for position in chosen)
    ]


def profile(model: CostModel, runs: History) -> HistoryProfile:
    """Describe the history that trained a model, for forms and for checking requests."""
    ratio = runs.output_bytes / runs.input_bytes
    return HistoryProfile(
        runs=len(runs),
        input_bytes_range=model.input_bytes_range,
        typical_output_ratio=float(np.nanmedian(ratio)) if np.isfinite(ratio).any() else None,
        estimated_share=float(runs.estimated.mean()),
        latest_run_at=model.latest_run_at,
        parameters=_parameter_profiles(model),
    )


def _parameter_profiles(model: CostModel) -> list[ParameterProfile]:
    numbers = [
        ParameterProfile(name=number.name, kind="number", values=[number.low, number.median, number.high])
        for number in model.encoder.numbers
    ]
    categories = [
        ParameterProfile(name=category.name, kind="category", values=list(category.values[: VALUES_SHOWN[0]]))
        for category in model.encoder.categories
    ]
    return bounded(numbers + categories)


def bounded(profiles: list[ParameterProfile]) -> list[ParameterProfile]:
    """Keep MAX_PROFILE_BYTES: first rare values of categories go, from all of them alike, then the largest profiles."""
    for most in VALUES_SHOWN:
        shown = [
            profile if profile.kind == "number" else profile.model_copy(update={"values": profile.values[:most]})
            for profile in profiles
        ]
        sizes = [len(profile.model_dump_json().encode()) for profile in shown]
        if sum(sizes) <= MAX_PROFILE_BYTES:
            return shown
    order = np.argsort(sizes, kind="stable")
    kept = set(order[np.cumsum(np.array(sizes)[order]) <= MAX_PROFILE_BYTES].tolist())
    return [profile for position, profile in enumerate(shown) if position in kept]
