"""Asking a model behind an endpoint: every way in which it can fail to answer."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ConnectionClosedError, EndpointConnectionError, ReadTimeoutError
from urllib3.exceptions import IncompleteRead, ProtocolError
from urllib3.exceptions import ReadTimeoutError as Urllib3ReadTimeoutError

from contract.container import Invocation, InvocationRow
from functions.predict.logic import BUDGET_SECONDS
from functions.shared.adapters import aws
from functions.shared.adapters.sagemaker import Endpoints
from functions.shared.errors import EndpointMissing, ModelFailed, ModelTimedOut, ModelWarming
from tests.fakes import aws_faults, shapes
from tests.fakes.aws_faults import Injector, Reply
from tests.fakes.ports import FakeClock
from tests.fakes.shapes import GB

type Maker = Callable[[], Reply]
URL = "https://runtime.sagemaker.invalid/"
INVOCATION = Invocation(rows=[InvocationRow(input_bytes=4 * GB)])
ANSWER = shapes.answer(INVOCATION).model_dump_json().encode()


def good() -> Reply:
    return aws_faults.response(ANSWER, headers={"Content-Type": "application/json"})


def ask(*replies: Maker, clock: FakeClock | None = None, **record: object) -> tuple[Any, Injector]:
    """Ask with these replies of AWS; return the answer or the failure, and what was sent."""
    client = aws.sagemaker_runtime()
    injector = Injector(list(replies)).attach(client)
    endpoints = Endpoints(client, clock or FakeClock())
    try:
        return endpoints.invoke(shapes.endpoint(**record), INVOCATION, BUDGET_SECONDS), injector
    except Exception as error:
        return error, injector


@pytest.fixture(autouse=True)
def _environment(aws_environment: None) -> None:
    pass


def test_a_good_answer() -> None:
    answer, injector = ask(good)
    assert answer.predictions[0].cost_usd == 1
    assert len(injector.calls) == 1


def test_the_target_model_of_a_multi_model_endpoint_is_named() -> None:
    sent: list[Any] = []
    client = aws.sagemaker_runtime()
    client.meta.events.register("before-call.sagemaker-runtime", lambda params, **_: sent.append(params))
    answer, _ = ask(good, target_model="a.tar.gz")
    assert answer.predictions
    assert sent[0]["headers"]["X-Amzn-SageMaker-Target-Model"] == "a.tar.gz"
    assert json.loads(sent[0]["body"])["rows"] == [{"input_bytes": 4 * GB}]


NOT_FOUND = aws_faults.error("ValidationError", 400, "Endpoint runquote-x of account 123456789012 not found.")
MODEL_ERROR = aws_faults.error("ModelError", 424, OriginalStatusCode=500, OriginalMessage="boom")
THROTTLED = aws_faults.error("ThrottlingException", 400, "Rate exceeded")
NOT_READY = aws_faults.error("ModelNotReadyException", 429)
BUSY = aws_faults.error("ServiceUnavailable", 503)
BROKEN = aws_faults.error("InternalFailure", 500)


def hangs() -> Exception:
    return ReadTimeoutError(endpoint_url=URL)


def resets() -> Exception:
    return ConnectionClosedError(endpoint_url=URL)


def refuses() -> Exception:
    return EndpointConnectionError(endpoint_url=URL, error=ConnectionRefusedError())


def breaks_off() -> Reply:
    cause = ProtocolError("Connection broken", IncompleteRead(10, 90))
    return aws_faults.response(ANSWER[:10], breaks_with=cause)


def stalls() -> Reply:
    return aws_faults.response(ANSWER[:10], breaks_with=Urllib3ReadTimeoutError(None, URL, "timed out"))  # type: ignore[arg-type] # no pool here


@pytest.mark.parametrize(
    ("reply", "failure", "attempts"),
    [
        (NOT_FOUND, EndpointMissing, 1),
        (MODEL_ERROR, ModelFailed, 1),
        (aws_faults.error("ValidationError", 400, "1 validation error detected"), ModelFailed, 1),
        (THROTTLED, ModelWarming, 3),
        (NOT_READY, ModelWarming, 3),
        (BUSY, ModelWarming, 3),
        (BROKEN, ModelFailed, 3),
        (hangs, ModelTimedOut, 1),
        (stalls, ModelTimedOut, 1),
        (resets, ModelFailed, 3),
        (refuses, ModelFailed, 3),
        (breaks_off, ModelFailed, 3),
        (lambda: aws_faults.response(b"not json"), ModelFailed, 1),
        (lambda: aws_faults.response(b"{}"), ModelFailed, 1),
        (lambda: aws_faults.response(ANSWER.replace(b"1.0", b"NaN")), ModelFailed, 1),
        (lambda: aws_faults.response(b'{"model_version": 1, "predictions": []}'), ModelFailed, 1),
    ],
)
def test_failures(reply: Maker, failure: type[Exception], attempts: int) -> None:
    clock = FakeClock()
    error, injector = ask(reply, clock=clock)
    assert type(error) is failure
    assert len(injector.calls) == attempts
    assert len(clock.pauses) == attempts - 1


@pytest.mark.parametrize("reply", [THROTTLED, NOT_READY, BUSY, BROKEN, resets])
def test_what_passes_is_tried_again(reply: Maker) -> None:
    answer, injector = ask(reply, good)
    assert answer.predictions[0].cost_usd == 1
    assert len(injector.calls) == 2


def test_no_attempt_begins_that_could_outlast_the_deadline() -> None:
    clock = FakeClock()

    def slow() -> Reply:
        clock.advance(5)
        return THROTTLED()

    error, injector = ask(slow, good, clock=clock)
    assert type(error) is ModelWarming
    assert len(injector.calls) == 1


def test_after_the_deadline_nothing_is_asked() -> None:
    clock = FakeClock()
    clock.advance(BUDGET_SECONDS)
    error, injector = ask(good, clock=clock)
    assert type(error) is ModelTimedOut
    assert injector.calls == []


def test_an_answer_that_drips_is_cut_off() -> None:
    clock = FakeClock()

    def drips() -> Reply:
        clock.advance(BUDGET_SECONDS + 1)
        return good()

    error, _ = ask(drips, clock=clock)
    assert type(error) is ModelTimedOut


def test_a_hanging_model_is_given_up_within_ten_seconds() -> None:
    # The worst case: an attempt that fails just in time for another, which hangs.
    config: Any = aws.sagemaker_runtime().meta.config
    assert config.read_timeout == aws.INVOKE_TIMEOUT_SECONDS
    assert config.retries == {"mode": "standard", "total_max_attempts": 1}
    assert BUDGET_SECONDS < 10
