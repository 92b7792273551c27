import pydoc
import xml.etree.ElementTree as ElementTree
from collections.abc import Callable
from typing import Any

import numpy
import pandas
import pytest
from pydantic import ValidationError

from contract.predictions import Prediction, PredictionRequest
from runquote import (
    Client,
    ForbiddenError,
    InvalidRequestError,
    ModelWarmingError,
    RunquoteError,
    UnauthorizedError,
    UnreachableError,
    WorkflowNotFoundError,
)
from runquote.notebook import prediction_html
from tests.fakes.api import API_KEY
from tests.fakes.shapes import GB
from tests.unit.runquote.fake_api import FakeApi, prediction, run


@pytest.fixture
def client(api: FakeApi) -> Client:
    return Client(api.url, API_KEY)


def test_a_workflow_with_runs_reads_whole(client: Client) -> None:
    assert client.workflow("rnaseq").recent_runs[0].run_id == "r-1"


@pytest.mark.parametrize(
    ("ask", "error"),
    [
        (lambda client: client.predict("unheard", "1 GB"), WorkflowNotFoundError),
        (lambda client: client.predict("rnaseq", 0), InvalidRequestError),
        (lambda client: Client(str(client._http.base_url), "wrong").workflows(), ForbiddenError),
        (lambda _: Client("http://127.0.0.1:9/v1", API_KEY).workflows(), UnreachableError),
        (lambda _: Client("ftp://example.org", API_KEY), UnreachableError),
        (lambda _: Client("http://example.org", "schlüssel"), ForbiddenError),
        (lambda _: Client("http://example.org"), ForbiddenError),
        (lambda _: Client("http://example.org", token="a\nb"), ForbiddenError),
        (lambda client: Client(str(client._http.base_url), token="old").workflows(), UnauthorizedError),
    ],
)
def test_each_kind_of_failure_has_its_class(
    client: Client, ask: Callable[[Client], object], error: type[RunquoteError]
) -> None:
    with pytest.raises(error):
        ask(client)


def test_patience_waits_as_long_as_the_api_says(api: FakeApi) -> None:
    waits: list[float] = []
    api.failures = [("model_warming", 7), ("too_many_requests", None)]
    with Client(api.url, API_KEY, patience=30, sleep=waits.append) as client:
        assert client.predict("rnaseq", "120 GB").cost_usd == 12
    assert waits == [7, 2]


def test_patience_has_an_end(api: FakeApi) -> None:
    waits: list[float] = []
    api.failures = [("model_warming", 20)] * 3
    with Client(api.url, API_KEY, patience=45, sleep=waits.append) as client, pytest.raises(ModelWarmingError):
        client.predict("rnaseq", "120 GB")
    assert waits == [20, 20]


def test_runs_with_much_in_them_are_sent_a_megabyte_at_a_time(api: FakeApi, client: Client) -> None:
    tags = {f"tag{number}": "x" * 250 for number in range(20)}
    runs = [run(run_id=f"r-{number}", tags=tags) for number in range(600)]
    runs[599]["cost_usd"] = -1
    answers = list(client.record_runs(runs))
    assert sum(answer.accepted for answer in answers) == 599
    assert [row.index for answer in answers for row in answer.rejected] == [599]
    assert len(answers) > 2


def test_a_frame_is_predicted_500_rows_at_a_time_in_order(api: FakeApi, client: Client) -> None:
    sizes = [f"{number} GB" for number in range(1, 1201)]
    frame = pandas.DataFrame({"workflow_name": "rnaseq", "input_size": sizes}, index=range(5000, 6200))
    answers = client.predict_frame(frame)
    assert [path for _, path in api.requests] == ["predictions/batch"] * 3
    assert answers.index.equals(frame.index)
    assert answers["cost_usd"].tolist() == [number / 10 for number in range(1, 1201)]
    assert answers["low_usd_80"].tolist() == pytest.approx([number * 0.08 for number in range(1, 1201)])
    assert answers["extrapolated"].tolist() == [False] * 500 + [True] * 700
    assert not answers["beyond_evidence"].any()
    assert answers["error"].isna().all()
    assert client.predict_frame(answers).equals(answers)


def test_rows_of_a_frame_in_error_keep_their_place_and_say_why(api: FakeApi, client: Client) -> None:
    frame = pandas.DataFrame(
        {
            "workflow_name": ["rnaseq", "unheard", "rnaseq", "rnaseq", "rnaseq"],
            "input_size": ["120 GB", "1 GB", "1,5 GB", None, "10 GB"],
            "output_bytes": [None, None, None, None, float("inf")],
            "parameters": [{"paired": numpy.bool_(True), "samples": numpy.int64(3)}, None, None, None, None],
        }
    )
    answers = client.predict_frame(frame)
    assert answers.loc[0, "cost_usd"] == 12
    assert answers["cost_usd"].isna().tolist() == [False, True, True, True, True]
    assert "no past runs" in answers.loc[1, "error"]
    assert "“1,5 GB” is not a size" in answers.loc[2, "error"]
    assert answers.loc[3, "error"]
    assert "infinity" in answers.loc[4, "error"]


def test_an_empty_frame_asks_nothing(api: FakeApi, client: Client) -> None:
    answers = client.predict_frame(pandas.DataFrame({"workflow_name": [], "input_bytes": []}))
    assert (len(answers), api.requests) == (0, [])
    assert "cost_usd" in answers.columns


def test_members_that_a_newer_api_adds_do_not_matter(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    class Newer(Prediction):
        added: int = 1

    answer = Newer(**prediction(PredictionRequest(workflow_name="rnaseq", input_bytes=120 * GB)).model_dump())
    monkeypatch.setattr("tests.unit.runquote.fake_api.prediction", lambda _: answer)
    assert client.predict("rnaseq", "120 GB").cost_usd == 12


@pytest.mark.parametrize(
    ("columns", "message"),
    [({"workflow_name": ["rnaseq"]}, "input_bytes or input_size"), ({"input_bytes": [1]}, "workflow_name")],
)
def test_a_frame_without_a_needed_column_is_refused(client: Client, columns: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        client.predict_frame(pandas.DataFrame(columns))


def test_a_notebook_shows_a_prediction_as_a_card(client: Client) -> None:
    answer = client.predict("rnaseq", "900 GB")
    html: str = answer._repr_html_()  # what IPython calls
    root = ElementTree.fromstring(html)
    text = "".join(root.itertext())
    assert "About $90 for rnaseq" in text
    assert "8 in 10 runs like this cost between $72 and $110." in text
    assert "Treat this as a rough guide." in text
    assert len(root.findall(".//circle")) == 20
    batch = client.predict_batch([{"workflow_name": "rnaseq", "input_bytes": 1}])
    assert isinstance(batch.predictions[0], type(answer))
    with pytest.raises(ValidationError, match="frozen"):
        answer.cost_usd = 1  # type: ignore[misc]


def test_a_card_has_no_figure_where_past_runs_cannot_tell(client: Client) -> None:
    root = ElementTree.fromstring(client.predict("rnaseq", "900 TB")._repr_html_())
    text = "".join(root.itertext())
    assert "Past runs cannot tell for rnaseq" in text
    assert "it costs about $50, 8 times in 10 between $40 and $60." in text
    assert "Run one at 5 TB first." in text
    assert "$90" not in text
    assert root.findall(".//circle") == []
    assert "rough guide" not in text


def test_a_card_holds_no_foreign_markup() -> None:
    answer = prediction(PredictionRequest(workflow_name="<b>rnaseq", input_bytes=120 * GB))
    effect = answer.explanation[0].model_copy(update={"factor": "a<b>", "note": "<script>"})
    html = prediction_html(answer.model_copy(update={"explanation": [effect]}))
    assert "&lt;b&gt;rnaseq" in html
    assert "<b>" not in html
    assert "<script>" not in html


def test_a_prediction_is_asked_for_an_interval_and_held_against_a_budget(client: Client) -> None:
    prediction = client.predict("rnaseq", input_size="120 GB")
    assert prediction.interval(80) == prediction.interval() == prediction.interval(80.0)
    assert prediction.interval(90).coverage == 0.9
    with pytest.raises(ValueError, match=r"There is no interval of 85 %: there are those of .*80, 90"):
        prediction.interval(85)
    highest, lowest = max(prediction.outcomes_usd), min(prediction.outcomes_usd)
    assert (prediction.exceeds(highest), prediction.exceeds(lowest / 2)) == (0, 1)
    assert (prediction.judge(highest).verdict, prediction.judge(lowest / 2).verdict) == ("within", "likely exceeds")
    total = client.predict_batch([{"workflow_name": "rnaseq", "input_bytes": 10**9}] * 2).total
    assert total.exceeds(total.interval(90).high_usd * 2) == 0


def test_a_budget_is_not_judged_where_past_runs_cannot_tell(client: Client) -> None:
    untold = client.predict("rnaseq", input_size="120 GB").model_copy(update={"beyond_evidence": True})
    with pytest.raises(ValueError, match="Nobody can tell"):
        untold.exceeds(40)


@pytest.mark.parametrize("of", ["prediction", "batch", "total", "summary"])
def test_help_and_completion_show_our_members_and_not_those_of_pydantic(client: Client, of: str) -> None:
    batch = client.predict_batch([{"workflow_name": "rnaseq", "input_bytes": 10**9}])
    answer = {
        "prediction": client.predict("rnaseq", input_size="120 GB"),
        "batch": batch,
        "total": batch.total,
        "summary": client.workflows()[0],
    }[of]
    names = [name for name in dir(answer) if not name.startswith("_")]
    assert {name for name in names if name.startswith(("model_", "parse_", "schema", "construct"))} <= set(
        type(answer).model_fields
    )
    assert set(type(answer).model_fields) <= set(names)
    text = pydoc.render_doc(answer, renderer=pydoc.plaintext)  # type: ignore[attr-defined] # typeshed lacks it
    assert "model_dump" not in text
    assert "model_validate" not in text
