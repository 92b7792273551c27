from collections.abc import Callable
from typing import Any

import pandas
import pytest

from contract.predictions import Prediction, PredictionRequest
from runquote import (
    Client,
    ForbiddenError,
    InvalidRequestError,
    ModelWarmingError,
    RunquoteError,
    UnreachableError,
    WorkflowNotFoundError,
    load_ipython_extension,
)
from runquote.notebook import prediction_html
from tests.unit.runquote.fake_api import API_KEY, GB, FakeApi, prediction, run


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


def test_a_frame_is_predicted_500_rows_at_a_time(api: FakeApi, client: Client) -> None:
    frame = pandas.DataFrame(
        {"workflow_name": "rnaseq", "input_size": ["120 GB"] * 501 + ["2 TB"], "output_bytes": None},
        index=range(1000, 1502),
    )
    frame.loc[1500, "workflow_name"] = "unheard"
    answers = client.predict_frame(frame)
    assert [path for _, path in api.requests] == ["predictions/batch"] * 2
    assert answers.index.equals(frame.index)
    assert answers.loc[1000, "cost_usd"] == 12
    assert answers.loc[1000, "low_usd_80"] == pytest.approx(9.6)
    assert answers.loc[1501, "extrapolated"]
    assert pandas.isna(answers.loc[1500, "cost_usd"])
    assert "no past runs" in answers.loc[1500, "error"]
    assert client.predict_frame(answers).columns.equals(answers.columns)


@pytest.mark.parametrize(
    ("columns", "message"),
    [({"workflow_name": ["rnaseq"]}, "input_bytes or input_size"), ({"input_bytes": [1]}, "workflow_name")],
)
def test_a_frame_without_a_needed_column_is_refused(client: Client, columns: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        client.predict_frame(pandas.DataFrame(columns))


def test_a_notebook_shows_a_prediction_as_a_card_that_holds_no_foreign_markup() -> None:
    shown: dict[type, Callable[[Prediction], str]] = {}

    class Formatter:
        def for_type(self, kind: type, function: Callable[[Prediction], str]) -> None:
            shown[kind] = function

    class Shell:
        class display_formatter:  # noqa: N801 - IPython's name
            formatters = {"text/html": Formatter()}  # noqa: RUF012 - as IPython has it

    load_ipython_extension(Shell())
    answer = prediction(PredictionRequest(workflow_name="<b>rnaseq", input_bytes=120 * GB))
    html = shown[type(answer)](answer)
    assert html == prediction_html(answer)
    assert "About $12" in html
    assert "<b>" not in html
