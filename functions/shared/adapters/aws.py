"""AWS clients: made once, on first use, with bounded patience; and what their errors mean to callers."""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import TYPE_CHECKING, Any

from botocore.config import Config
from botocore.exceptions import ClientError, ConnectionError, HTTPClientError
from botocore.session import get_session

from functions.shared.adapters.put_item import PutItem
from functions.shared.errors import DependencyUnavailable, Refused

if TYPE_CHECKING:
    from types_boto3_dynamodb import DynamoDBClient
    from types_boto3_s3 import S3Client
    from types_boto3_sagemaker import SageMakerClient
    from types_boto3_sagemaker_runtime import SageMakerRuntimeClient
    from types_boto3_stepfunctions import SFNClient

INVOKE_TIMEOUT_SECONDS = 6.0
"""How long one call of an endpoint may take: with the look-up before it, a request ends within 10 s."""

_THREADS = 16
_READS = Config(
    connect_timeout=1,
    read_timeout=1.2,
    max_pool_connections=_THREADS,
    # Four tries, 50, 100 and 200 ms apart: 5.2 s at worst. The standard mode may pause for seconds instead.
    retries={"mode": "legacy", "total_max_attempts": 4},
)
_WRITES = Config(
    connect_timeout=1,
    read_timeout=2.5,
    max_pool_connections=_THREADS,
    # A transaction takes longer than a read; throttling and contention are retried by the caller, with jitter.
    retries={"mode": "legacy", "total_max_attempts": 2},
)
_INVOCATIONS = Config(
    connect_timeout=1,
    read_timeout=INVOKE_TIMEOUT_SECONDS,
    max_pool_connections=_THREADS,
    # What may be retried, and for how long, is the caller's to say: a model's own error must not be.
    retries={"mode": "standard", "total_max_attempts": 1},
)
_CONTROL = Config(
    connect_timeout=1,
    read_timeout=3,
    max_pool_connections=_THREADS,
    retries={"mode": "standard", "total_max_attempts": 3},
)
_PATIENT = Config(connect_timeout=3, read_timeout=30, retries={"mode": "standard", "total_max_attempts": 8})
"""For the steps of the state machines, which nobody waits for."""
_ENDING = Config(connect_timeout=3, read_timeout=6, retries={"mode": "standard", "total_max_attempts": 4})
"""For the step that ends a retraining within two minutes whatever hangs: a call is given up after 31 s, pauses of up
to 1, 2 and 4 s among them."""


_session = cache(get_session)
"""boto3 on top of botocore would add a third to the import, for S3 transfers that nobody makes."""


def _client(service: str, config: Config) -> Any:  # noqa: ANN401 - each caller names the type
    return _session().create_client(service, config=config)


@cache
def dynamodb_for_reads() -> "DynamoDBClient":
    """DynamoDB for requests that read: gives up within 6 s."""
    client: DynamoDBClient = _client("dynamodb", _READS)
    return client


@cache
def dynamodb_for_writes() -> "DynamoDBClient":
    """DynamoDB for requests that write: a single call gives up within 6 s."""
    client: DynamoDBClient = _client("dynamodb", _WRITES)
    return client


def put_item(table: str) -> PutItem:
    """PutItem for what must not delay an answer: within a second it is done, or given up."""
    credentials, dynamodb = _session().get_credentials(), dynamodb_for_reads().meta
    if credentials is None:
        raise DependencyUnavailable("there are no credentials")
    return PutItem(credentials, dynamodb.endpoint_url, dynamodb.region_name, table)


@cache
def patient_dynamodb() -> "DynamoDBClient":
    """DynamoDB for steps of a state machine."""
    client: DynamoDBClient = _client("dynamodb", _PATIENT)
    return client


@cache
def dynamodb_for_ends() -> "DynamoDBClient":
    """DynamoDB for the step that ends a retraining."""
    client: DynamoDBClient = _client("dynamodb", _ENDING)
    return client


@cache
def sagemaker_runtime() -> "SageMakerRuntimeClient":
    """Endpoints; every call is one attempt of at most `INVOKE_TIMEOUT_SECONDS`."""
    client: SageMakerRuntimeClient = _client("sagemaker-runtime", _INVOCATIONS)
    return client


@cache
def sagemaker() -> "SageMakerClient":
    """SageMaker's control plane, for requests."""
    client: SageMakerClient = _client("sagemaker", _CONTROL)
    return client


@cache
def patient_sagemaker() -> "SageMakerClient":
    """SageMaker's control plane, for steps of a state machine."""
    client: SageMakerClient = _client("sagemaker", _PATIENT)
    return client


@cache
def sagemaker_for_ends() -> "SageMakerClient":
    """SageMaker's control plane, for the step that ends a retraining."""
    client: SageMakerClient = _client("sagemaker", _ENDING)
    return client


@cache
def s3() -> "S3Client":
    """S3, for steps of a state machine."""
    client: S3Client = _client("s3", _PATIENT)
    return client


@cache
def s3_for_requests() -> "S3Client":
    """S3, for requests."""
    client: S3Client = _client("s3", _CONTROL)
    return client


@cache
def step_functions() -> "SFNClient":
    """Step Functions, for steps of a state machine."""
    client: SFNClient = _client("stepfunctions", _PATIENT)
    return client


@cache
def step_functions_for_requests() -> "SFNClient":
    """Step Functions, for requests."""
    client: SFNClient = _client("stepfunctions", _CONTROL)
    return client


UNREACHABLE = (HTTPClientError, ConnectionError)
"""No answer at all: time-outs, refused and lost connections."""
THROTTLING = frozenset(
    {
        "LimitExceededException",
        "ProvisionedThroughputExceeded",
        "ProvisionedThroughputExceededException",
        "RequestLimitExceeded",
        "SlowDown",
        "ThrottledException",
        "Throttling",
        "ThrottlingError",
        "ThrottlingException",
        "TooManyRequestsException",
    }
)
"""Codes of "later, please"; DynamoDB's cancellation reasons leave out the suffix `Exception`."""


def code_of(error: ClientError) -> str:
    """Return the error code that AWS answered with."""
    return str(error.response.get("Error", {}).get("Code", ""))


def status_of(error: ClientError) -> int:
    """Return the HTTP status that AWS answered with, or 0."""
    metadata: dict[str, Any] = dict(error.response.get("ResponseMetadata", {}))
    return int(metadata.get("HTTPStatusCode", 0))


@contextmanager
def unavailable(service: str) -> Iterator[None]:
    """Turn time-outs, lost connections, throttling and server errors of a service into DependencyUnavailable."""
    try:
        yield
    except UNREACHABLE as error:
        raise DependencyUnavailable(f"{service}: {type(error).__name__}") from error
    except ClientError as error:
        if code_of(error) in THROTTLING or status_of(error) >= 500:
            raise DependencyUnavailable(f"{service}: {code_of(error)}") from error
        raise


@contextmanager
def refusals(service: str) -> Iterator[None]:
    """As `unavailable`; whatever else a service answers is Refused: asked again, it would answer the same."""
    with unavailable(service):
        try:
            yield
        except ClientError as error:
            if code_of(error) in THROTTLING or status_of(error) >= 500:
                raise
            raise Refused(code_of(error), str(error.response.get("Error", {}).get("Message", ""))) from error
