"""What LocalStack lacks without our plug-ins: once it does not, they can go."""

from collections.abc import Iterator

import pytest
from botocore.exceptions import ClientError

from tests.localstack.host import HostLocalStack, running_localstack
from tools.programs import ToolMissingError


@pytest.fixture(scope="module")
def bare(tmp_path_factory: pytest.TempPathFactory) -> Iterator[HostLocalStack]:
    try:
        with running_localstack(tmp_path_factory.mktemp("bare"), plugins=()) as localstack:
            yield localstack
    except ToolMissingError as error:
        pytest.skip(f"LocalStack cannot be installed here: {error}")


ASKED: dict[str, tuple[str, dict[str, object]]] = {
    "sagemaker": ("list_endpoints", {}),
    "sagemaker-runtime": ("invoke_endpoint", {"EndpointName": "x", "Body": b"{}"}),
    "ecr": ("describe_repositories", {}),
    "cognito-idp": ("list_user_pools", {"MaxResults": 1}),
}


@pytest.mark.parametrize("service", ASKED)
def test_the_community_edition_does_not_have_the_service(bare: HostLocalStack, service: str) -> None:
    action, parameters = ASKED[service]
    with pytest.raises(ClientError) as raised:
        getattr(bare.client(service), action)(**parameters)
    assert raised.value.response["ResponseMetadata"]["HTTPStatusCode"] == 501
    assert f"The API for service {service} is either not included in your current license plan" in str(raised.value)
