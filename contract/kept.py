"""What is kept of a prediction: question, who asked, and answer (table `predictions`); it never changes."""

from typing import Annotated, Self

from pydantic import Field, model_validator

from contract.base import Bytes, CostUsd, Count, Label, PredictionId, Shape, Team, UtcTime, WorkflowName
from contract.predictions import BatchRequest, BatchResponse, Prediction, PredictionRequest

MAX_PREDICTIONS_PAGE = 50
"""Most predictions on one page: listing reads no more items than it answers with."""


class Asker(Shape):
    """Who asked: the id of an API key, or of a person where people sign in, and a name to show."""

    id: str
    name: str | None = None


class KeptPrediction(Shape):
    """Answer of `GET /predictions/{prediction_id}`: a question and its answer as they were; one run, or a batch."""

    prediction_id: PredictionId
    asked_at: UtcTime
    asked_by: Asker
    team: Team | None = Field(description="Who was to pay for it")
    request: PredictionRequest | None = Field(default=None, description="What was asked; null for a batch")
    answer: Prediction | None = Field(default=None, description="What was answered; null for a batch")
    batch_request: BatchRequest | None = Field(default=None, description="What was asked; null for one run")
    batch_answer: BatchResponse | None = Field(default=None, description="What was answered; null for one run")


class PredictionSummary(Shape):
    """A kept prediction in a list."""

    prediction_id: PredictionId
    asked_at: UtcTime
    asked_by: Asker
    team: Team | None = None
    workflow_name: WorkflowName | None = Field(
        default=None, description="Of all that was answered; null where that is several, or nothing"
    )
    rows: Count = Field(description="Runs that were asked about: 1, or the rows of a batch")
    unanswered: Count = Field(default=0, description="Rows of a batch that were answered with an error")
    input_bytes: Bytes | None = Field(default=None, description="Null for a batch")
    cost_usd: CostUsd | None = Field(
        default=None, description="The estimate, or the median of the total; null where past runs cannot tell"
    )
    low_usd: CostUsd | None = Field(default=None, description="Its 80 % interval, where there is one")
    high_usd: CostUsd | None = None


class PredictionsQuery(Shape):
    """Which predictions to list: all, or those of one workflow, one team or one person; latest first."""

    workflow_name: WorkflowName | None = Field(default=None, description="Without team and person")
    team: Team | None = Field(default=None, description="Without workflow_name and person")
    person: Label | None = Field(
        default=None, description="The id of who asked, or `me`; without workflow_name and team"
    )
    asked_from: UtcTime | None = Field(default=None, description="Earliest time")
    asked_before: UtcTime | None = Field(default=None, description="All earlier than this")
    limit: Annotated[int, Field(ge=1, le=MAX_PREDICTIONS_PAGE)] = MAX_PREDICTIONS_PAGE
    cursor: Annotated[str, Field(max_length=2000)] | None = Field(
        default=None, description="`next_cursor` of the page before"
    )

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if sum(each is not None for each in (self.workflow_name, self.team, self.person)) > 1:
            raise ValueError("only one of workflow_name, team and person can be asked for at a time")
        if self.asked_from and self.asked_before and self.asked_from >= self.asked_before:
            raise ValueError("asked_before must be later than asked_from")
        return self


class PredictionsPage(Shape):
    """Answer of `GET /predictions`: the latest first. A page may hold none and still have a `next_cursor`."""

    predictions: list[PredictionSummary]
    next_cursor: str | None = Field(description="Ask with it for the next page; null on the last one")
