"""Finds predictions again: one by its id, or pages of them, latest first."""

from datetime import timedelta

from pydantic import TypeAdapter, ValidationError

from contract.base import PredictionId
from contract.kept import KeptPrediction, PredictionsPage, PredictionsQuery
from functions.shared import cursors, words
from functions.shared.errors import ApiError
from functions.shared.kept import whole
from functions.shared.ports import Clock, KeptPredictions, PredictionPosition

_ID: TypeAdapter[str] = TypeAdapter(PredictionId)


class Archive:
    """The predictions that were kept."""

    def __init__(self, *, predictions: KeptPredictions, clock: Clock, retention_days: int) -> None:
        self._predictions = predictions
        self._clock = clock
        self._retention_days = retention_days

    def get(self, prediction_id: str) -> KeptPrediction:
        """Return what was asked and answered; a row's id finds its batch.

        Raises:
            ApiError: none is kept under that id.
            MalformedRecord: it is not of the shape that we write.
            DependencyUnavailable: the table cannot be read.
        """
        try:
            _ID.validate_python(prediction_id)
        except ValidationError:
            raise ApiError("invalid_request", "That is no id of a prediction.") from None
        found = self._predictions.get(whole(prediction_id))
        if found is None or found.asked_at < self._clock.now() - timedelta(days=self._retention_days):
            kept_for = words.counted(self._retention_days, "day")
            raise ApiError(
                "prediction_not_found", f"No prediction is kept under this id. They are kept for {kept_for}."
            )
        return found

    def list(self, query: PredictionsQuery, caller_id: str) -> PredictionsPage:
        """Return a page of predictions, latest first.

        Raises:
            ApiError: the cursor is none of ours, or lies outside the times that are asked for.
            DependencyUnavailable: the table cannot be read.
        """
        now = self._clock.now()
        earliest = now - timedelta(days=self._retention_days)
        since, before = max(query.asked_from or earliest, earliest), query.asked_before or now + timedelta(days=1)
        after = cursors.decode(query.cursor, PredictionPosition) if query.cursor else None
        if after and not since <= after.asked_at < before:
            raise cursors.refusal()
        person = caller_id if query.person == "me" else query.person
        bounded = query.model_copy(update={"asked_from": since, "asked_before": before, "person": person})
        page = self._predictions.page(bounded, after)
        return PredictionsPage(
            predictions=list(page.predictions),
            next_cursor=None if page.position is None else cursors.encode(page.position),
        )
