"""Predictions that show themselves as cards in a notebook."""

import math
from html import escape

from contract import predictions
from contract.errors import ErrorBody
from contract.judgement import Judgement, judge
from contract.predictions import Interval
from contract.sizes import format_size
from runquote.sizes import format_usd

# Colours come from the page, so that a card looks well on light and on dark: nothing but opacity is set.
_CARD = (
    "max-width:44em;border:1px solid color-mix(in srgb,currentColor 25%,transparent);border-radius:6px;padding:.8em 1em"
)
_QUIET = "opacity:.75;font-size:.9em"
_CELL = "padding:.15em .9em .15em 0;text-align:left;vertical-align:top;background:none"
_NUMBER = "padding:.15em .9em .15em 0;text-align:right;vertical-align:top;white-space:nowrap;background:none"
_STRIP_WIDTH, _STRIP_HEIGHT, _DOT = 520, 34, 6
_FAR = 20
"""Outcomes this many times apart would lie in a heap on a linear scale."""


class _Asked:
    """What can be asked of an answer with an estimate, intervals and equally likely outcomes."""

    cost_usd: float
    intervals: list[Interval]
    outcomes_usd: list[float]

    def interval(self, percent: float = 80) -> Interval:
        """Return the interval in which so many of a hundred runs cost: `low_usd` to `high_usd`.

        Raises ValueError for a percentage that the API does not answer with.
        """
        for each in self.intervals:
            if math.isclose(each.coverage * 100, percent):
                return each
        there = ", ".join(f"{each.coverage * 100:g}" for each in self.intervals) or "none"
        raise ValueError(f"There is no interval of {percent:g} %: there are those of {there}")

    def exceeds(self, budget_usd: float) -> float:
        """Return the share of the equally likely outcomes that cost more than a budget, from 0 to 1."""
        return self.judge(budget_usd).share

    def judge(self, budget_usd: float) -> Judgement:
        """Hold the outcomes against a budget, as the command and the web app do.

        `verdict` is "within", "may exceed" or "likely exceeds". Raises ValueError where past runs cannot tell.
        """
        if self._untold():
            raise ValueError(f"Nobody can tell whether {budget_usd:g} USD will do: past runs cannot tell this cost")
        return judge(self.cost_usd, self.outcomes_usd, budget_usd)

    def _untold(self) -> bool:
        return not self.outcomes_usd


class Prediction(_Asked, predictions.Prediction):
    """What one run will cost, immutable; as the last line of a notebook's cell it shows as a card.

    `cost_usd` is the estimate, `intervals` say how sure it is, `outcomes_usd` are 20 equally likely costs, `warnings`
    what to keep in mind, `explanation` why, `similar_runs` the nearest past runs, and `model` what answered.
    """

    def _untold(self) -> bool:
        return self.beyond_evidence is not None

    def _repr_html_(self) -> str:
        return prediction_html(self)


class BatchTotal(_Asked, predictions.BatchTotal):
    """What all rows cost together; `left_out` are rows of which past runs cannot tell the cost."""

    def _untold(self) -> bool:
        return self.left_out > 0 or not self.outcomes_usd


class BatchResponse(predictions.BatchResponse):
    """The answers of a batch, in order, and their total."""

    predictions: list[Prediction | ErrorBody]  # type: ignore[assignment] # narrower, in a list that nobody can change
    total: BatchTotal


def prediction_html(prediction: predictions.Prediction) -> str:
    """Return a prediction as HTML: the estimate, its interval, 20 equally likely outcomes, warnings, and why."""
    model = prediction.model
    said = {"outside_training_range"} if prediction.beyond_evidence else set()
    warnings = "".join(
        f"<li>{escape(warning.message)}</li>" for warning in prediction.warnings if warning.code not in said
    )
    effects = "".join(
        _row(
            (escape(each.factor.replace("_", " ")), _CELL),
            (f"{'-' if each.effect_usd < 0 else '+'}{format_usd(abs(each.effect_usd))}", _NUMBER),
            (escape(each.note), _CELL),
        )
        for each in prediction.explanation
    )
    runs = "".join(
        _row(
            (escape(run.run_id), _CELL),
            (format_size(run.input_bytes), _NUMBER),
            (format_usd(run.cost_usd), _NUMBER),
            (f"{run.completed_at:%Y-%m-%d}", _CELL),
        )
        for run in prediction.similar_runs
    )
    parts = [
        f"<div style='{_CARD}'>{_headline(prediction)}",
        f"<ul style='margin:.4em 0;padding-left:1.2em'>{warnings}</ul>" if warnings else "",
        "" if prediction.beyond_evidence else _details("Why this estimate", effects),
        _details("Similar past runs", runs),
        f"<div style='{_QUIET};margin-top:.5em'>Model version {model.version} of {model.trained_at:%Y-%m-%d}, learned "
        f"from {model.runs} runs, median error {model.median_ape:.0%}</div></div>",
    ]
    return "".join(parts)


def _headline(prediction: predictions.Prediction) -> str:
    """Return the figure with its interval and outcomes, or what past runs can tell where they cannot tell that."""
    name, beyond = escape(prediction.workflow_name), prediction.beyond_evidence
    if beyond is None:
        return (
            f"<div><span style='font-size:1.4em'>About <strong title='{prediction.cost_usd} USD'>"
            f"{format_usd(prediction.cost_usd)}</strong></span> for {name}</div>"
            f"<div>8 in 10 runs like this cost {_between(prediction.intervals)}.</div>{_strip(prediction.outcomes_usd)}"
        )
    edge = (
        f"<div>At {format_size(beyond.edge.input_bytes)}, as far as they reach, it costs about "
        f"{format_usd(beyond.edge.cost_usd)}, 8 times in 10 {_between(beyond.edge.intervals)}.</div>"
        if beyond.edge
        else ""
    )
    return (
        f"<div><span style='font-size:1.4em'>Past runs cannot tell</span> for {name}</div>"
        f"<div>{escape(beyond.message)}</div>{edge}<div>{escape(beyond.advice)}</div>"
    )


def _between(intervals: list[predictions.Interval]) -> str:
    interval = next(each for each in intervals if round(each.coverage * 100) == 80)
    return f"between {format_usd(interval.low_usd)} and {format_usd(interval.high_usd)}"


def _strip(outcomes: list[float]) -> str:
    """Draw the outcomes as dots from the lowest to the highest, on a logarithmic scale where they lie far apart."""
    low, high = min(outcomes), max(outcomes)
    far = high > _FAR * low > 0
    places = [math.log(cost) if far else cost for cost in outcomes]
    first, span = min(places), max(places) - min(places) or 1.0
    width = _STRIP_WIDTH - 2 * _DOT
    dots = "".join(
        f"<circle cx='{_DOT + (place - first) / span * width:.1f}' cy='{_DOT}' r='{_DOT - 1}' fill-opacity='.55'/>"
        for place in places
    )
    count = f"{len(outcomes)} equally likely outcomes"
    label = f"{count}, from {format_usd(low)} to {format_usd(high)}"
    text = f"y='{_STRIP_HEIGHT - 5}' font-size='11' fill-opacity='.75'"
    return (
        f"<svg role='img' aria-label='{label}' viewBox='0 0 {_STRIP_WIDTH} {_STRIP_HEIGHT}' fill='currentColor' "
        f"style='display:block;width:100%;max-width:{_STRIP_WIDTH}px;margin:.5em 0'><title>{label}</title>{dots}"
        f"<text x='1' {text}>{format_usd(low)}</text>"
        f"<text x='{_STRIP_WIDTH / 2}' {text} text-anchor='middle'>{count}{', logarithmic' if far else ''}</text>"
        f"<text x='{_STRIP_WIDTH - 1}' {text} text-anchor='end'>{format_usd(high)}</text></svg>"
    )


def _row(*cells: tuple[str, str]) -> str:
    return f"<tr style='background:none'>{''.join(f"<td style='{style}'>{text}</td>" for text, style in cells)}</tr>"


def _details(title: str, rows: str) -> str:
    if not rows:
        return ""
    table = f"<table style='margin:.2em 0 .4em;border:none'><tbody>{rows}</tbody></table>"
    return f"<details><summary style='cursor:pointer'>{title}</summary>{table}</details>"
