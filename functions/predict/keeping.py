"""Keeps predictions, never at the price of an answer."""

from contract.kept import KeptPrediction
from functions.shared.errors import DependencyUnavailable
from functions.shared.observability import MetricUnit, logger, metrics
from functions.shared.ports import Clock, PredictionKeeper

PAUSE_SECONDS = 30.0
"""Where the keeper does not answer, nothing is tried for so long: that delays one answer, and not each."""


class Keeping:
    """Hands predictions to a keeper, and counts those that it did not take."""

    def __init__(self, keeper: PredictionKeeper, clock: Clock) -> None:
        self._keeper = keeper
        self._clock = clock
        self._paused_until = float("-inf")

    def keep(self, kept: KeptPrediction) -> None:
        """Keep a prediction if that can be done now; an alarm watches what is not."""
        if self._clock.steady() >= self._paused_until:
            try:
                self._keeper.keep(kept)
            except Exception as error:  # Whatever it is: the answer is there, and people wait for it.
                if isinstance(error, DependencyUnavailable):
                    self._paused_until = self._clock.steady() + PAUSE_SECONDS
                logger.error("a prediction is not kept", extra={"cause": type(error).__name__})
            else:
                return
        metrics.add_metric("PredictionsNotKept", MetricUnit.Count, 1)
