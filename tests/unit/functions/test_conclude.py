"""`conclude`: what is told of every end, what is left behind, and that saying it twice is saying it once."""

import json
from dataclasses import dataclass, field
from typing import Any

import pytest

from contract.states import (
    ConcludeRequest,
    Conclusion,
    EndpointChange,
    PromoteResponse,
    Registered,
    Settled,
    SoFar,
    StateError,
    Verdict,
)
from functions.conclude import handler, tidying
from functions.conclude.logic import Concluder
from functions.conclude.tidying import Tidier
from functions.shared.adapters import aws
from functions.shared.errors import DependencyUnavailable, MalformedRecord, Refused
from functions.shared.ports import Endpoint, Examined
from tests.fakes import shapes
from tests.fakes.ports import FakeClock, FakeEndpoints, FakeHosting, FakeRegistry, FakeVerdicts
from tests.fakes.shapes import NOW, WORKFLOW

ARN = "arn:aws:states:us-east-1:123456789012:execution:runquote-retrain:one"
PLAN = shapes.plan()
NEW, OLD = PLAN.name, f"{PLAN.endpoint_name}-old"
PACKAGE = shapes.PACKAGE.format(7)
BETTER = Verdict(is_better=True, reason="Promoted: better")
NO_BETTER = Verdict(is_better=False, reason="Not promoted: within noise")
STALE = StateError(Error="StalePromotion", Cause="a newer version serves")
FAILED = StateError(Error="EndpointFailed", Cause="the container did not answer")


@dataclass
class Scene:
    """What is there when an execution comes to its end."""

    hosting: FakeHosting = field(default_factory=lambda: FakeHosting(Endpoint("InService", OLD), {OLD, NEW}))
    registry: FakeRegistry = field(default_factory=FakeRegistry)
    endpoints: FakeEndpoints = field(default_factory=lambda: FakeEndpoints(shapes.endpoint()))
    verdicts: FakeVerdicts = field(default_factory=FakeVerdicts)
    clock: FakeClock = field(default_factory=FakeClock)

    def conclude(self, input_: Any = None, **so_far: Any) -> Conclusion:  # noqa: ANN401 - members of SoFar
        concluder = Concluder(
            tidier=Tidier(self.hosting, self.registry, self.endpoints, self.clock),
            endpoints=self.endpoints,
            verdicts=self.verdicts,
            clock=self.clock,
        )
        given = {"workflow_name": WORKFLOW} if input_ is None else input_
        return concluder.conclude(ConcludeRequest(input=given, execution_arn=ARN, so_far=SoFar(**so_far)))

    @property
    def judged(self) -> tuple[str, str] | None:
        return self.registry.judged.get(PACKAGE)

    def ended(self) -> tuple[str, Examined | None]:
        ended, examined = self.verdicts.recorded[WORKFLOW]
        assert (ended.ended_at, ended.execution_arn) == (NOW, ARN)
        return ended.outcome, examined


def registered(**more: Any) -> dict[str, Any]:  # noqa: ANN401 - members of SoFar
    """What an execution has collected once its challenger is in the registry and judged better."""
    return {"plan": PLAN, "package": Registered(ModelPackageArn=PACKAGE), "comparison": BETTER, **more}


def changed(**changes: Any) -> EndpointChange:  # noqa: ANN401 - members of an EndpointChange
    return EndpointChange(**{"status": "over", "target": NEW, "requested": True, "previous": OLD, **changes})


def promoted(**changes: Any) -> dict[str, Any]:  # noqa: ANN401 - as above
    change = changed(status="in_service", **changes)
    return registered(change=change, promotion=PromoteResponse(model_version=7))


def test_a_promotion_approves_retires_what_served_before_and_is_told_with_its_version() -> None:
    scene = Scene(hosting=FakeHosting(Endpoint("InService", NEW), {OLD, NEW}))
    told = scene.conclude(**promoted())
    assert told.error is None
    assert told.subject == "Runquote: model promoted"
    assert told.notification.model_dump() == {
        "notification_id": ARN,
        "outcome": "promoted",
        "workflow_name": WORKFLOW,
        "message": "Promoted: better",
        "execution_arn": ARN,
        "model_version": 7,
    }
    assert scene.judged == ("Approved", "Promoted: better")
    assert scene.hosting.models == {NEW}
    assert scene.ended() == ("promoted", Examined(PLAN.runs, PLAN.revisions))


def test_a_first_promotion_retires_nothing() -> None:
    scene = Scene(hosting=FakeHosting(Endpoint("InService", NEW), {NEW}))
    assert scene.conclude(**promoted(previous=None, created=True)).notification.outcome == "promoted"
    assert (scene.hosting.models, scene.hosting.asked) == ({NEW}, [])


def test_a_promotion_stands_whatever_cannot_be_tidied_up() -> None:
    scene = Scene()
    scene.registry.failure = DependencyUnavailable("model registry")
    scene.verdicts.failure = Refused("AccessDeniedException", "no")
    assert scene.conclude(**promoted()).notification.outcome == "promoted"


def test_no_update_is_told_with_the_reason_and_the_runs_are_examined() -> None:
    scene = Scene(hosting=FakeHosting(Endpoint("InService", OLD), {OLD}))
    told = scene.conclude(**registered(comparison=NO_BETTER))
    assert (told.error, told.notification.outcome, told.notification.message) == (None, "no_update", NO_BETTER.reason)
    assert scene.judged == ("Rejected", NO_BETTER.reason)
    assert scene.hosting.models == {OLD}
    assert scene.ended() == ("no_update", Examined(PLAN.runs, PLAN.revisions))


def test_too_few_runs_are_an_outcome_whoever_finds_them() -> None:
    scene, error = Scene(), StateError(Error="InsufficientData", Cause="2 runs, at least 5 are needed")
    told = scene.conclude(**error.model_dump())  # all that there is when `prepare_dataset` fails
    assert (told.error, told.notification.outcome) == (None, "insufficient_data")
    assert told.notification.message == "2 runs, at least 5 are needed"
    assert scene.ended() == ("insufficient_data", None)

    told = scene.conclude(plan=PLAN, training=Settled(status="failed", error=error))
    assert told.notification.outcome == "insufficient_data"
    assert scene.ended() == ("insufficient_data", Examined(PLAN.runs, PLAN.revisions))


def test_a_second_delivery_fails_as_already_running_and_touches_no_verdict() -> None:
    scene, error = Scene(), StateError(Error="AlreadyRunning", Cause="another holds the claim")
    told = scene.conclude(error=error)
    assert (told.error, told.notification.outcome) == (error, "no_update")
    assert scene.verdicts.recorded == {}


def test_a_failed_training_carries_its_reason_and_leaves_the_runs_unexamined() -> None:
    scene, error = Scene(), StateError(Error="TrainingFailed", Cause="out of memory")
    told = scene.conclude(plan=PLAN, training=Settled(status="failed", error=error))
    assert told.error == error
    assert told.notification.message == "TrainingFailed: out of memory"
    assert scene.ended() == ("failed", None)
    assert scene.registry.judged == {}


@pytest.mark.parametrize("input_", [{"workflow": 1}, {"workflow_name": ""}, {"workflow_name": None}, "text", [], None])
def test_input_without_a_name_is_told_of_too(input_: Any) -> None:  # noqa: ANN401 - any JSON
    error = StateError(Error="InvalidInput", Cause="workflow_name: Field required")
    told = Scene().conclude(input_ if input_ is not None else {}, error=error)
    assert (told.notification.workflow_name, told.notification.outcome) == ("(none)", "failed")
    assert told.error == error


def test_the_sentence_in_a_functions_error_is_told() -> None:
    cause = json.dumps({"errorMessage": "model.tar.gz is missing", "errorType": "BadArtifact", "stackTrace": []})
    told = Scene().conclude(plan=PLAN, error=StateError(Error="BadArtifact", Cause=cause))
    assert told.notification.message == "BadArtifact: model.tar.gz is missing"
    for text in ("{", "[1]", '{"errorMessage": 3}', ""):
        assert Scene().conclude(error=StateError(Error="X", Cause=text)).notification.message == f"X: {text}"


def test_a_caught_error_has_a_name_that_the_rule_for_silent_ends_does_not_know() -> None:
    told = Scene().conclude(plan=PLAN, error=StateError(Error="States.Timeout"))
    assert told.error == StateError(Error="Caught.States.Timeout")


def test_what_create_model_said_is_told_when_the_endpoint_cannot_be_made() -> None:
    refusal = StateError(Error="SageMaker.AmazonSageMakerException", Cause="Could not assume role")
    scene = Scene(hosting=FakeHosting(None, {NEW}))
    told = scene.conclude(**registered(model_refusal=refusal, change=changed(error=FAILED, previous=None)))
    assert told.notification.message.endswith("did not answer (before that: Could not assume role)")


def test_what_was_refused_and_adopted_is_not_told() -> None:
    refusal = StateError(Error="SageMaker.AmazonSageMakerException", Cause="already existing model")
    scene = Scene()
    told = scene.conclude(**{**promoted(), "model_refusal": refusal, "training_error": refusal})
    assert (told.error, told.notification.message) == (None, BETTER.reason)


def test_a_challenger_that_came_to_nothing_leaves_nothing() -> None:
    scene = Scene()
    told = scene.conclude(**registered(change=changed(error=FAILED)))
    assert told.error == FAILED
    assert scene.judged == ("Rejected", "Not promoted: EndpointFailed")
    assert scene.hosting.models == {OLD}
    assert scene.hosting.asked == []


@pytest.mark.parametrize("created", [True, False])
def test_an_endpoint_that_no_record_owns_is_deleted(created: bool) -> None:
    """This execution made it, whether or not the answer that says so was lost."""
    scene = Scene(hosting=FakeHosting(Endpoint("Failed", NEW), {NEW}), endpoints=FakeEndpoints())
    scene.conclude(**registered(change=changed(error=FAILED, previous=None, created=created)))
    assert (scene.hosting.endpoint, scene.hosting.models) == (None, set())


def test_one_that_is_coming_up_is_deleted_when_it_can_be() -> None:
    scene = Scene(hosting=FakeHosting(Endpoint("Creating", NEW), {NEW}), endpoints=FakeEndpoints())
    scene.hosting.busy = 3
    scene.conclude(**registered(change=changed(error=FAILED, previous=None, created=True)))
    assert (scene.hosting.endpoint, scene.hosting.models) == (None, set())
    assert scene.clock.pauses == [1, 2, 4]


def test_one_that_stays_busy_is_left_with_what_it_needs() -> None:
    scene = Scene(hosting=FakeHosting(Endpoint("Creating", NEW), {NEW}), endpoints=FakeEndpoints())
    scene.hosting.busy = 9
    told = scene.conclude(**registered(change=changed(error=FAILED, previous=None, created=True)))
    assert (told.error, scene.hosting.models) == (FAILED, {NEW})


@pytest.mark.parametrize("endpoint", [Endpoint("InService", NEW), Endpoint("Updating", OLD)])
def test_what_serves_or_may_come_to_serve_is_left(endpoint: Endpoint) -> None:
    scene = Scene(hosting=FakeHosting(endpoint, {OLD, NEW}))
    scene.conclude(**registered(change=changed(error=STALE)))
    assert (scene.hosting.endpoint, scene.hosting.models) == (endpoint, {OLD, NEW})
    assert scene.judged == ("Rejected", "Not promoted: StalePromotion")


def test_a_record_that_nobody_can_read_owns_its_endpoint() -> None:
    records = FakeEndpoints(failures={WORKFLOW: MalformedRecord("x")})
    scene = Scene(hosting=FakeHosting(Endpoint("InService", NEW), {NEW}), endpoints=records)
    scene.conclude(**registered(change=changed(error=STALE)))
    assert scene.hosting.endpoint == Endpoint("InService", NEW)


def test_a_look_that_does_not_work_touches_nothing() -> None:
    scene = Scene()
    scene.hosting.failure = DependencyUnavailable("SageMaker: ThrottlingException")
    told = scene.conclude(**registered(error=StateError(Error="DependencyUnavailable", Cause="SageMaker")))
    assert told.notification.outcome == "failed"
    assert scene.hosting.models == {OLD, NEW}


def test_where_nobody_heard_if_it_was_recorded_the_record_decides() -> None:
    lost = StateError(Error="States.Timeout")
    so_far = registered(change=changed(error=lost, uncertain=True), promotion_error=lost)
    scene = Scene(hosting=FakeHosting(Endpoint("InService", NEW), {OLD, NEW}))
    told = scene.conclude(**so_far)
    assert told.error == StateError(Error="Caught.States.Timeout")
    assert (scene.hosting.models, scene.registry.judged) == ({OLD, NEW}, {})

    written = Scene(hosting=FakeHosting(Endpoint("InService", NEW), {OLD, NEW}))
    written.endpoints = FakeEndpoints(shapes.endpoint(model_version=7, model_package_arn=PACKAGE))
    told = written.conclude(**so_far)
    assert (told.error, told.notification.outcome, told.notification.model_version) == (None, "promoted", 7)
    assert written.hosting.models == {NEW}

    unread = Scene()
    unread.endpoints = FakeEndpoints(failures={WORKFLOW: DependencyUnavailable("endpoints table")})
    assert unread.conclude(**so_far).notification.outcome == "failed"


def test_where_nothing_answered_after_the_promotion_the_record_decides_too() -> None:
    """`promote` wrote the record of a first model, its answer was lost, and `change_endpoint` could not be asked."""
    lost = StateError(Error="Lambda.ServiceException")
    change = changed(status="in_service", previous=None, created=True)
    so_far = registered(change=change, promotion_error=lost, error=lost)
    written = Scene(hosting=FakeHosting(Endpoint("InService", NEW), {NEW}))
    written.endpoints = FakeEndpoints(shapes.endpoint(model_version=7, model_package_arn=PACKAGE))
    told = written.conclude(**so_far)
    assert (told.notification.outcome, told.notification.model_version) == ("promoted", 7)
    assert (written.hosting.endpoint, written.hosting.models) == (Endpoint("InService", NEW), {NEW})

    unread = Scene(hosting=FakeHosting(Endpoint("InService", NEW), {NEW}))
    unread.endpoints = FakeEndpoints(failures={WORKFLOW: DependencyUnavailable("endpoints table")})
    assert unread.conclude(**so_far).error == lost
    assert (unread.hosting.endpoint, unread.hosting.models) == (Endpoint("InService", NEW), {NEW})


@pytest.mark.parametrize(
    "so_far",
    [
        promoted(),
        registered(comparison=NO_BETTER),
        registered(change=changed(error=FAILED, previous=None, created=True)),
        {"plan": PLAN, "error": FAILED},
        {"error": FAILED},
        {},
    ],
    ids=range(6),
)
def test_concluded_twice_it_says_the_same_and_leaves_the_same(so_far: dict[str, Any]) -> None:
    scene = Scene(hosting=FakeHosting(Endpoint("InService", NEW), {OLD, NEW}))
    first = scene.conclude(**so_far)
    left = scene.hosting.endpoint, set(scene.hosting.models), dict(scene.registry.judged), dict(scene.verdicts.recorded)
    assert scene.conclude(**so_far) == first
    assert (scene.hosting.endpoint, scene.hosting.models, scene.registry.judged, scene.verdicts.recorded) == left


def test_an_execution_without_a_verdict_failed() -> None:
    told = Scene().conclude(**registered())
    assert told.error is not None
    assert told.error.Error == "Incomplete"


def test_it_comes_to_its_end_within_two_minutes_whatever_hangs(
    aws_environment: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """At worst three calls hang, of the record, of what is tidied up and of the verdict, after an endpoint was busy."""
    for name in ("WORKFLOWS_TABLE", "MODEL_ENDPOINTS_TABLE"):
        monkeypatch.setenv(name, "table")
    for patient in ("patient_dynamodb", "patient_sagemaker"):
        monkeypatch.delattr(aws, patient)
    handler.concluder.__wrapped__()
    for client in (aws.dynamodb_for_ends(), aws.sagemaker_for_ends()):
        config: Any = client.meta.config
        attempts = config.retries["total_max_attempts"]
        pauses = sum(2**number for number in range(attempts - 1))
        call = attempts * max(config.read_timeout, config.connect_timeout) + pauses
        assert 3 * call + sum(tidying.PAUSES_SECONDS) < 120
