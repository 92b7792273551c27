"""Predictions are kept, found again, and never at the price of an answer."""

import json
import random
import uuid
from base64 import b64decode
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
from moto import mock_aws

from contract.kept import Asker, KeptPrediction, PredictionsQuery
from contract.predictions import BatchRequest, PredictionRequest
from functions.predict.keeping import PAUSE_SECONDS
from functions.predictions.logic import Archive
from functions.shared.adapters import aws
from functions.shared.adapters.items import Item
from functions.shared.adapters.predictions_table import PredictionsTable, PredictionsWriter
from functions.shared.errors import ApiError, DependencyUnavailable, MalformedRecord
from functions.shared.observability import metrics
from functions.shared.ports import PredictionPosition
from tests.fakes.ports import FakeClock, FakePredictions
from tests.fakes.shapes import GB, NOW, WORKFLOW
from tests.unit.functions.test_predict import predictor

ANNA = Asker(id="key-1", name="anna@lab.example.org")
BEN = Asker(id="key-2")
INDEXED = ("month", "workflow_name", "team", "person")


@pytest.fixture
def client(aws_environment: None) -> Iterator[Any]:
    with mock_aws():
        client: Any = aws.dynamodb_for_writes()
        client.create_table(
            TableName="predictions",
            BillingMode="PAY_PER_REQUEST",
            AttributeDefinitions=[
                {"AttributeName": name, "AttributeType": "S"} for name in ("prediction_id", "place", *INDEXED)
            ],
            KeySchema=[{"AttributeName": "prediction_id", "KeyType": "HASH"}],
            GlobalSecondaryIndexes=[
                {
                    "IndexName": f"by_{name}",
                    "KeySchema": [
                        {"AttributeName": name, "KeyType": "HASH"},
                        {"AttributeName": "place", "KeyType": "RANGE"},
                    ],
                    "Projection": {"ProjectionType": "INCLUDE", "NonKeyAttributes": ["summary"]},
                }
                for name in INDEXED
            ],
        )
        yield client


class Table(PredictionsTable, PredictionsWriter):
    """Both sides of the table, through botocore's client, which moto answers."""

    def __init__(self, client: Any) -> None:  # noqa: ANN401 - moto takes any client
        def put(item: Item) -> None:
            content = b64decode(item["content"]["B"])
            client.put_item(TableName="predictions", Item={**item, "content": {"B": content}})

        PredictionsTable.__init__(self, client, "predictions")
        PredictionsWriter.__init__(self, put, 400)


@pytest.fixture
def table(client: Any) -> Table:  # noqa: ANN401 - as above
    return Table(client)


def asked(at: datetime = NOW, asker: Asker = ANNA, **changes: object) -> KeptPrediction:
    """One run's prediction, as `predict` keeps it."""
    keeper, clock = FakePredictions(), FakeClock(at)
    request = PredictionRequest.model_validate({"workflow_name": WORKFLOW, "input_bytes": 120 * GB, **changes})
    predictor(keeper=keeper, clock=clock).predict(request, asker)
    (kept,) = keeper.kept.values()
    return kept


def asked_of_many(*rows: dict[str, Any], **changes: object) -> KeptPrediction:
    keeper = FakePredictions()
    request = BatchRequest.model_validate({"requests": list(rows), **changes})
    predictor(keeper=keeper).predict_batch(request, "request-1", ANNA)
    (kept,) = keeper.kept.values()
    return kept


UUID = "0f8fad5b-d9cb-469f-a165-70867728950e"
ROW = {"workflow_name": WORKFLOW, "input_bytes": 120 * GB}


def ids(table: Table, **query: Any) -> list[list[str]]:  # noqa: ANN401 - the members of a query
    """The ids on each page of a listing."""
    archive, pages, cursor = Archive(predictions=table, clock=FakeClock(), retention_days=400), [], None
    while True:
        page = archive.list(PredictionsQuery(**query, cursor=cursor), ANNA.id)
        pages.append([each.prediction_id for each in page.predictions])
        cursor = page.next_cursor
        if cursor is None:
            return pages


def test_a_prediction_is_kept_as_it_was_answered(table: Table) -> None:
    kept = asked(team="genomics", parameters={"paired": True})
    assert (kept.asked_by, kept.asked_at, kept.team) == (ANNA, NOW, "genomics")
    table.keep(kept)
    assert table.get(kept.prediction_id) == kept
    assert kept.answer is not None
    assert kept.prediction_id == kept.answer.prediction_id


def test_it_expires(client: Any, table: Table) -> None:  # noqa: ANN401 - moto takes any client
    table.keep(asked())
    (item,) = client.scan(TableName="predictions")["Items"]
    assert int(item["expires_at"]["N"]) == int((NOW + timedelta(days=400)).timestamp())
    clock = FakeClock(NOW + timedelta(days=400, seconds=1))  # DynamoDB deletes it within days
    with pytest.raises(ApiError, match="kept for 400 days"):
        Archive(predictions=table, clock=clock, retention_days=400).get(item["prediction_id"]["S"])


def test_a_batch_is_one_and_each_row_leads_to_it(table: Table) -> None:
    kept = asked_of_many(ROW, {**ROW, "input_bytes": -1}, ROW)
    table.keep(kept)
    archive = Archive(predictions=table, clock=FakeClock(), retention_days=400)
    assert kept.batch_answer is not None
    rows = [row.model_dump().get("prediction_id") for row in kept.batch_answer.predictions]
    assert rows == [f"{kept.prediction_id}.1", None, f"{kept.prediction_id}.3"]
    assert archive.get(f"{kept.prediction_id}.3") == archive.get(kept.prediction_id) == kept


def test_what_is_larger_than_an_item_goes_on_in_others(client: Any, table: Table) -> None:  # noqa: ANN401
    noise = random.Random(1)
    texts = ("".join(chr(noise.randrange(33, 0x2000)) for _ in range(256)) for _ in range(500 * 3))
    rows = [{**ROW, "parameters": {name: next(texts) for name in ("a", "b", "c")}} for _ in range(500)]
    kept = asked_of_many(*rows)
    table.keep(kept)
    items = client.scan(TableName="predictions")["Items"]
    assert len(items) > 2
    assert max(len(item["content"]["B"]) for item in items) <= 300_000
    assert table.get(kept.prediction_id) == kept
    assert ids(table, limit=2) == [[kept.prediction_id]]
    client.delete_item(TableName="predictions", Key={"prediction_id": {"S": f"{kept.prediction_id}/1"}})
    assert table.get(kept.prediction_id) is None


def test_a_broken_item_is_an_error_and_not_another_answer(client: Any, table: Table) -> None:  # noqa: ANN401
    kept = asked()
    table.keep(kept)
    client.update_item(
        TableName="predictions",
        Key={"prediction_id": {"S": kept.prediction_id}},
        UpdateExpression="SET content = :c, summary = :s",
        ExpressionAttributeValues={":c": {"B": b"no zlib"}, ":s": {"S": "{}"}},
    )
    with pytest.raises(MalformedRecord):
        table.get(kept.prediction_id)
    assert ids(table) == [[]]


def test_lists_come_latest_first_each_once(table: Table) -> None:
    kept = [asked(NOW - timedelta(days=20 * number)) for number in range(9)]  # over half a year
    same_moment = [asked(NOW - timedelta(days=20)) for _ in range(3)]
    for each in (*kept, *same_moment):
        table.keep(each)
    pages = ids(table, limit=4)
    assert [len(page) for page in pages] == [4, 4, 4, 0]  # a full page does not know that it is the last
    assert [each for page in pages for each in page] == [
        each.prediction_id
        for each in sorted((*kept, *same_moment), key=lambda each: (each.asked_at, each.prediction_id), reverse=True)
    ]


def test_a_page_reads_no_more_than_it_lists(client: Any, table: Table) -> None:  # noqa: ANN401
    for number in range(12):
        table.keep(asked(NOW - timedelta(days=9 * number)))
    counted: list[int] = []
    client.meta.events.register("after-call.dynamodb.Query", lambda parsed, **_: counted.append(parsed["ScannedCount"]))
    archive = Archive(predictions=table, clock=FakeClock(), retention_days=400)
    assert len(archive.list(PredictionsQuery(limit=5), ANNA.id).predictions) == 5
    assert sum(counted) == 5


def test_workflow_team_person_and_time_choose(table: Table) -> None:
    annas = asked(team="genomics")
    bens = asked(NOW - timedelta(hours=1), BEN, team="imaging")
    batch = asked_of_many({**ROW, "workflow_name": "other"}, team="genomics")
    for each in (annas, bens, batch):
        table.keep(each)
    both = {annas.prediction_id, batch.prediction_id}
    assert set(ids(table, team="genomics")[0]) == both
    assert set(ids(table, person="me")[0]) == both
    assert ids(table, person=BEN.id) == [[bens.prediction_id]]
    assert ids(table, workflow_name=WORKFLOW) == [[annas.prediction_id, bens.prediction_id]]
    assert ids(table, workflow_name=WORKFLOW, asked_before=NOW) == [[bens.prediction_id]]
    assert ids(table, asked_from=NOW, workflow_name=WORKFLOW) == [[annas.prediction_id]]
    with pytest.raises(ValueError, match="only one of"):
        PredictionsQuery(team="genomics", person="me")


def test_the_list_tells_the_figures(table: Table) -> None:
    table.keep(asked(team="genomics"))
    table.keep(asked_of_many(ROW, {**ROW, "input_bytes": -1}))
    archive = Archive(predictions=table, clock=FakeClock(), retention_days=400)
    found = archive.list(PredictionsQuery(), ANNA.id).predictions
    one = next(each for each in found if each.rows == 1)
    assert (one.workflow_name, one.input_bytes, one.cost_usd, one.asked_by) == (WORKFLOW, 120 * GB, 30, ANNA)
    assert one.low_usd is not None
    assert one.high_usd is not None
    assert one.low_usd < 30 < one.high_usd
    batch = next(each for each in found if each.rows == 2)
    assert (batch.unanswered, batch.input_bytes, batch.team) == (1, None, None)
    assert batch.cost_usd is not None


@pytest.mark.parametrize("cursor", ["", "x", "bm8", "e30"])
def test_a_cursor_of_another_list_is_refused(cursor: str) -> None:
    archive = Archive(predictions=FakePredictions(), clock=FakeClock(), retention_days=400)
    with pytest.raises(ApiError, match="cursor"):
        archive.list(PredictionsQuery(cursor=cursor or "x"), ANNA.id)
    outside = PredictionPosition(asked_at=NOW - timedelta(days=2), prediction_id=str(uuid.uuid4()))
    query = PredictionsQuery(asked_from=NOW - timedelta(days=1), cursor=cursors_of(outside))
    with pytest.raises(ApiError, match="cursor"):
        archive.list(query, ANNA.id)


def cursors_of(position: PredictionPosition) -> str:
    from functions.shared import cursors

    return cursors.encode(position)


@pytest.mark.parametrize("given", ["", "1", f"{UUID}.0", f"{UUID}/1", "\u00e9" * 36])
def test_what_is_no_id_is_said_to_be_none(given: str) -> None:
    with pytest.raises(ApiError, match="no id of a prediction"):
        Archive(predictions=FakePredictions(), clock=FakeClock(), retention_days=400).get(given)


def test_what_cannot_be_kept_is_answered_and_counted() -> None:
    keeper, clock = FakePredictions(), FakeClock()
    keeper.failure = DependencyUnavailable("throttled")
    subject = predictor(keeper=keeper, clock=clock)
    request = PredictionRequest.model_validate(ROW)
    assert subject.predict(request).cost_usd == 30
    assert subject.predict(request).cost_usd == 30
    assert keeper.tries == 1  # no second answer waits for it
    assert metrics.metric_set["PredictionsNotKept"]["Value"] == [1.0, 1.0]
    keeper.failure = None
    clock.advance(PAUSE_SECONDS)
    assert subject.predict(request).prediction_id in keeper.kept


def test_one_that_cannot_be_kept_keeps_no_other_from_it() -> None:
    keeper = FakePredictions()
    keeper.failure = RuntimeError("anything")
    subject = predictor(keeper=keeper)
    request = PredictionRequest.model_validate(ROW)
    assert subject.predict(request).cost_usd == 30
    assert metrics.metric_set["PredictionsNotKept"]["Value"] == [1.0]
    keeper.failure = None
    assert subject.predict(request).prediction_id in keeper.kept


@pytest.mark.parametrize("size", [1, 3 * 10**12, 4 * 10**9 * 10**6])
def test_every_size_is_kept(table: Table, size: int) -> None:
    kept = asked(input_bytes=size)
    table.keep(kept)
    assert table.get(kept.prediction_id) == kept
    assert ids(table) == [[kept.prediction_id]]


@pytest.mark.parametrize("name", ["", "x" * 500, "a\nb", " ", 3, None])
def test_a_batch_that_is_wrong_throughout_is_kept_too(table: Table, name: object) -> None:
    kept = asked_of_many({**ROW, "workflow_name": name})
    table.keep(kept)
    assert table.get(kept.prediction_id) == kept
    (found,) = (
        Archive(predictions=table, clock=FakeClock(), retention_days=400).list(PredictionsQuery(), "me").predictions
    )
    assert (found.workflow_name, found.unanswered, found.cost_usd) == (None, 1, None)


def test_the_largest_total_is_kept(table: Table) -> None:
    kept = asked_of_many(*[{**ROW, "input_bytes": 10**17}] * 60)  # 25,000,000 USD each
    assert kept.batch_answer is not None
    assert kept.batch_answer.total.cost_usd == 10**9
    table.keep(kept)
    assert ids(table) == [[kept.prediction_id]]


def test_what_nobody_is_to_find_again_is_not_kept() -> None:
    keeper = FakePredictions()
    predictor(keeper=keeper).predict(PredictionRequest.model_validate({**ROW, "keep": False}))
    predictor(keeper=keeper).predict_batch(BatchRequest.model_validate({"requests": [ROW], "keep": False}), "request-1")
    assert keeper.tries == 0


def test_a_refused_question_is_not_kept() -> None:
    keeper = FakePredictions()
    with pytest.raises(ApiError):
        predictor(keeper=keeper).predict(PredictionRequest.model_validate({**ROW, "workflow_name": "nobody"}))
    assert not keeper.kept


def test_a_team_of_all_rows_is_the_batches() -> None:
    assert asked_of_many({**ROW, "team": "a"}, {**ROW, "team": "a"}).team == "a"
    assert asked_of_many({**ROW, "team": "a"}, ROW).team is None
    assert asked_of_many({**ROW, "team": "a"}, team="b").team == "b"


def test_what_is_kept_reads_back_under_rules_of_later() -> None:
    """Text that today's rules refuse was taken once."""
    kept = json.loads(asked().model_dump_json())
    kept["request"]["parameters"] = {"note": "a\u200bb"}
    with pytest.raises(ValueError, match="cannot be seen"):
        KeptPrediction.model_validate_json(json.dumps(kept))
    assert KeptPrediction.model_validate_json(json.dumps(kept), context={"stored": True})
