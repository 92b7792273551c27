"""How a prediction looks in a notebook: `%load_ext runquote` once, then every prediction shows as a card."""

from html import escape
from typing import Any

from contract.predictions import Prediction
from runquote.sizes import format_usd


def prediction_html(prediction: Prediction) -> str:
    """Return a prediction as HTML: the estimate, its interval, warnings and the largest effects."""
    interval = next(each for each in prediction.intervals if round(each.coverage * 100) == 80)
    model = prediction.model
    warnings = "".join(f"<li>{escape(warning.message)}</li>" for warning in prediction.warnings)
    effects = "".join(
        f"<tr><td>{escape(effect.factor)}</td><td style='text-align:right'>{effect.effect_usd:+.2g} USD</td>"
        f"<td>{escape(effect.note)}</td></tr>"
        for effect in prediction.explanation
    )
    return (
        f"<div><strong title='{prediction.cost_usd} USD'>About {format_usd(prediction.cost_usd)}</strong> for "
        f"{escape(prediction.workflow_name)}<br>8 in 10 runs like this cost between "
        f"{format_usd(interval.low_usd)} and {format_usd(interval.high_usd)}."
        + (f"<ul>{warnings}</ul>" if warnings else "")
        + (f"<table><tbody>{effects}</tbody></table>" if effects else "")
        + f"<small>Model version {model.version}, {model.runs} runs, median error {model.median_ape:.0%}</small></div>"
    )


def load_ipython_extension(ipython: Any) -> None:  # noqa: ANN401 - IPython is no dependency
    """Let IPython show predictions as cards."""
    ipython.display_formatter.formatters["text/html"].for_type(Prediction, prediction_html)
