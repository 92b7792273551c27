"""`change_endpoint`: every status of an endpoint has its way, and each call takes one step."""

import pytest

from contract.states import ChangeEndpointRequest, EndpointChange, PromoteResponse, Registered, SoFar, StateError
from functions.change_endpoint.logic import UNCERTAIN, EndpointChanger, Patience
from functions.shared.errors import DependencyUnavailable, InvalidInput, MalformedRecord, Refused
from functions.shared.ports import Endpoint
from tests.fakes import shapes
from tests.fakes.ports import FakeEndpoints, FakeHosting

PLAN = shapes.plan()
PACKAGE = Registered(ModelPackageArn=shapes.PACKAGE.format(9))
NEW, OLD = PLAN.name, f"{PLAN.endpoint_name}-old"
STALE = StateError(Error="StalePromotion", Cause="newer")
QUOTA = Refused("ResourceLimitExceeded", "The account-level service limit is 0 Instances")


def step(
    hosting: FakeHosting,
    change: EndpointChange | None = None,
    promotion_error: StateError | None = None,
    records: FakeEndpoints | None = None,
) -> EndpointChange:
    so_far = SoFar(plan=PLAN, package=PACKAGE, change=change, promotion_error=promotion_error)
    changer = EndpointChanger(hosting, records or FakeEndpoints(), Patience(poll=30, most=3600))
    return changer.step(ChangeEndpointRequest(so_far=so_far))


def test_a_first_endpoint_is_created_waited_for_and_in_service() -> None:
    hosting = FakeHosting()
    change = step(hosting)
    assert (change.status, change.created, change.previous, change.wait_seconds) == ("changing", True, None, 30)
    change = step(hosting, change)
    assert change.status == "changing"
    hosting.endpoint = Endpoint("InService", NEW)
    assert step(hosting, change).status == "in_service"
    assert hosting.asked == [("create", NEW)]


def test_an_endpoint_in_service_is_updated_once_and_what_served_before_is_remembered() -> None:
    hosting = FakeHosting(Endpoint("InService", OLD))
    change = step(hosting)
    for _ in range(3):
        change = step(hosting, change)
    assert (change.previous, change.created, change.requested) == (OLD, False, True)
    hosting.endpoint = Endpoint("InService", NEW)
    assert step(hosting, change).status == "in_service"
    assert hosting.asked == [("update", NEW)]


@pytest.mark.parametrize(
    ("status", "config", "requested", "way"),
    [
        ("InService", NEW, True, "in_service"),
        ("InService", NEW, False, "in_service"),
        ("InService", OLD, False, "update"),
        ("InService", OLD, True, "over"),  # it went back by itself
        ("Creating", NEW, True, "changing"),
        ("Updating", OLD, True, "changing"),
        ("Updating", OLD, False, "changing"),
        ("RollingBack", NEW, True, "changing"),
        ("SystemUpdating", OLD, False, "changing"),
        ("Deleting", OLD, False, "changing"),
        ("UpdateRollbackFailed", NEW, True, "over"),
        ("UpdateRollbackFailed", OLD, False, "over"),
        ("OutOfService", OLD, True, "over"),
        ("Failed", NEW, True, "over"),
        ("Failed", OLD, False, "delete"),
    ],
)
def test_every_status_of_an_endpoint_has_its_way(status: str, config: str, requested: bool, way: str) -> None:
    """Statuses: botocore's model of sagemaker, EndpointStatus; some no emulator brings about."""
    hosting = FakeHosting(Endpoint(status, config, "why"))
    change = step(hosting, EndpointChange(target=NEW, requested=requested))
    assert way in {change.status, *(action for action, _ in hosting.asked)}
    assert (change.status == "over") == (way == "over")
    if way == "over":
        assert change.error == StateError(Error="EndpointFailed", Cause="why")


def test_without_a_reason_of_sagemakers_it_is_said_that_it_went_back() -> None:
    change = step(FakeHosting(Endpoint("InService", OLD)), EndpointChange(target=NEW, requested=True))
    assert change.error is not None
    assert "went back to the one before" in change.error.Cause


def test_a_failed_endpoint_is_made_anew() -> None:
    hosting = FakeHosting(Endpoint("Failed", OLD))
    change = step(hosting, step(hosting))
    assert hosting.asked == [("delete", PLAN.endpoint_name), ("create", NEW)]
    assert (change.created, change.previous) == (True, None)


@pytest.mark.parametrize("refusal", [QUOTA, Refused("ValidationException", "Could not assume role")])
def test_a_creation_that_is_refused_is_given_up_at_once_with_its_reason(refusal: Refused) -> None:
    hosting = FakeHosting()
    hosting.refusal = refusal
    change = step(hosting)
    assert (change.status, change.created) == ("over", False)
    assert change.error == StateError(Error="EndpointRefused", Cause=f"{refusal.code}: {refusal}")


def test_an_update_that_is_refused_is_given_up_at_once_with_its_reason() -> None:
    hosting = FakeHosting(Endpoint("InService", OLD))
    hosting.refusal = QUOTA
    change = step(hosting)
    assert change.status == "over"
    assert change.error is not None
    assert "ResourceLimitExceeded" in change.error.Cause


def test_a_name_that_is_taken_is_a_question() -> None:
    """CreateEndpoint has no client token: its answer may have been lost."""
    hosting = FakeHosting()
    hosting.refusal, hosting.then = Refused("ValidationException", "already existing"), Endpoint("Creating", NEW)
    change = step(hosting)
    assert (change.status, change.created) == ("changing", False)
    hosting.endpoint = Endpoint("InService", NEW)
    assert step(hosting, change).status == "in_service"


def test_an_endpoint_that_somebody_else_changes_is_waited_for_and_then_updated() -> None:
    hosting = FakeHosting(Endpoint("InService", OLD))
    hosting.refusal, hosting.then = Refused("ValidationException", "in-progress"), Endpoint("Updating", OLD)
    change = step(hosting)
    assert (change.status, change.requested) == ("changing", False)
    hosting.endpoint = Endpoint("InService", "by-hand")
    change = step(hosting, change)
    assert (change.previous, hosting.asked) == ("by-hand", [("update", NEW)] * 2)


def test_killed_after_it_asked_the_next_call_finds_what_was_asked_for() -> None:
    hosting = FakeHosting(Endpoint("InService", OLD))
    step(hosting)  # whose answer is lost
    change = step(hosting)
    hosting.endpoint = Endpoint("InService", NEW)
    change = step(hosting, change)
    assert (change.status, change.previous) == ("in_service", OLD)
    assert hosting.asked == [("update", NEW)]


def test_no_answer_is_taken_for_absence() -> None:
    hosting = FakeHosting()
    hosting.failure = DependencyUnavailable("SageMaker: ThrottlingException")
    with pytest.raises(DependencyUnavailable):
        step(hosting)
    assert hosting.asked == []


def test_one_that_never_comes_into_service_is_given_up_after_an_hour_of_ever_longer_waits() -> None:
    hosting, change, looks = FakeHosting(), None, 0
    while change is None or change.status == "changing":
        change, looks = step(hosting, change), looks + 1
        assert change.wait_seconds <= max(30, change.waited_seconds / 4)
    assert change.error == StateError(
        Error="EndpointTimeout",
        Cause=f"Endpoint {PLAN.endpoint_name} was still Creating after {change.waited_seconds} seconds",
    )
    assert change.waited_seconds == 3600
    assert looks < 25


def test_ten_minutes_fit_into_fifty_transitions() -> None:
    """A promotion enters 16 states and, for each wait, 3 more (statemachine/retrain.asl.json)."""
    hosting, change, waits = FakeHosting(), None, 0
    while change is None or change.waited_seconds < 560:
        change, waits = step(hosting, change), waits + 1
    assert 16 + 3 * waits <= 50


def in_service(**changes: object) -> EndpointChange:
    change = EndpointChange(status="in_service", target=NEW, requested=True, previous=OLD)
    return change.model_copy(update=changes)


def test_a_promotion_that_cannot_be_recorded_goes_back() -> None:
    hosting = FakeHosting(Endpoint("InService", NEW))
    change = step(hosting, in_service(), STALE)
    assert (change.purpose, change.status, hosting.asked) == ("rollback", "changing", [("update", OLD)])
    change = step(hosting, change, STALE)
    assert change.status == "changing"
    hosting.endpoint = Endpoint("InService", OLD)
    change = step(hosting, change, STALE)
    assert (change.status, change.error) == ("over", STALE)
    assert hosting.asked == [("update", OLD)]


def test_where_the_way_back_is_barred_the_first_failure_is_told() -> None:
    hosting = FakeHosting(Endpoint("InService", NEW))
    hosting.refusal = QUOTA
    change = step(hosting, in_service(), STALE)
    assert (change.status, change.error) == ("over", STALE)


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (EndpointChange(target=NEW, requested=True, previous=OLD), "EndpointMissing"),
        (EndpointChange(target=OLD, purpose="rollback", error=STALE), "StalePromotion"),
        (EndpointChange(target=OLD, purpose="rollback", requested=True, error=STALE), "StalePromotion"),
    ],
)
def test_an_endpoint_that_somebody_deleted_is_not_waited_for(change: EndpointChange, told: str) -> None:
    hosting = FakeHosting()
    change = step(hosting, change)
    assert change.error is not None
    assert (change.status, change.error.Error, hosting.asked) == ("over", told, [])


def test_a_first_promotion_has_nothing_to_go_back_to() -> None:
    hosting = FakeHosting(Endpoint("InService", NEW))
    change = step(hosting, in_service(previous=None, created=True), STALE)
    assert (change.status, change.created, change.error, hosting.asked) == ("over", True, STALE, [])


@pytest.mark.parametrize("error", sorted(UNCERTAIN))
def test_where_nobody_heard_if_it_was_recorded_what_serves_goes_on(error: str) -> None:
    hosting = FakeHosting(Endpoint("InService", NEW))
    change = step(hosting, in_service(), StateError(Error=error))
    assert (change.status, change.uncertain, change.previous, hosting.asked) == ("over", True, OLD, [])


THROTTLED = StateError(Error="Lambda.TooManyRequestsException", Cause="Rate Exceeded.")


def test_where_it_was_recorded_after_all_what_serves_goes_on() -> None:
    """An earlier try wrote the record and its answer was lost; the later ones were throttled."""
    ours = shapes.endpoint(workflow_name=PLAN.workflow_name, model_package_arn=PACKAGE.ModelPackageArn)
    hosting = FakeHosting(Endpoint("InService", NEW))
    change = step(hosting, in_service(), THROTTLED, FakeEndpoints(ours))
    assert (change.status, change.uncertain, hosting.asked) == ("over", True, [])


@pytest.mark.parametrize("failures", [{}, {PLAN.workflow_name: MalformedRecord("no version")}])
def test_where_another_is_recorded_it_goes_back(failures: dict[str, Exception]) -> None:
    others = FakeEndpoints(shapes.endpoint(workflow_name=PLAN.workflow_name), failures=failures)
    hosting = FakeHosting(Endpoint("InService", NEW))
    assert step(hosting, in_service(), THROTTLED, others).purpose == "rollback"
    assert hosting.asked == [("update", OLD)]


def test_a_record_that_does_not_answer_is_asked_again() -> None:
    silent = FakeEndpoints(failures={PLAN.workflow_name: DependencyUnavailable("throttled")})
    with pytest.raises(DependencyUnavailable):
        step(FakeHosting(Endpoint("InService", NEW)), in_service(), THROTTLED, silent)


def test_without_a_plan_there_is_nothing_to_change() -> None:
    with pytest.raises(InvalidInput, match="plan"):
        EndpointChanger(FakeHosting(), FakeEndpoints(), Patience(1, 1)).step(
            ChangeEndpointRequest(so_far=SoFar(promotion=PromoteResponse(model_version=1)))
        )
