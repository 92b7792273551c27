"""A page of another origin does not reach LocalStack either, nor what stands behind it."""

from collections.abc import Iterator

import httpx
import pytest

from tests.localstack.host import HostLocalStack, running_localstack
from tools.programs import ToolMissingError


@pytest.fixture(scope="module")
def localstack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[HostLocalStack]:
    try:
        with running_localstack(tmp_path_factory.mktemp("localstack")) as running:
            yield running
    except ToolMissingError as error:
        pytest.skip(f"LocalStack cannot be installed here: {error}")


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "http://127.0.0.1:9999"},
        {"Origin": "https://app.localstack.cloud"},
        {"Sec-Fetch-Site": "same-site"},
        {"Host": "evil.example:4566"},
    ],
    ids=str,
)
def test_a_page_is_refused(localstack: HostLocalStack, headers: dict[str, str]) -> None:
    url = localstack.settings.endpoint_url
    form = {"Action": "CreateTopic", "Name": "evil", "Version": "2010-03-31"}
    for path in ("/", "/_localstack/health", "/_localstack/init", "/bucket/key"):
        answer = httpx.post(url + path, data=form, headers=headers, trust_env=False)
        assert answer.status_code == 403
        preflight = httpx.options(url + path, headers=headers, trust_env=False)
        assert preflight.status_code == 403
        assert "access-control-allow-origin" not in preflight.headers
    assert not localstack.client("sns").list_topics()["Topics"]


def test_what_stands_behind_it_is_asked_with_the_drawn_credentials(localstack: HostLocalStack) -> None:
    sagemaker = localstack.client("sagemaker")
    sagemaker.create_model_package_group(ModelPackageGroupName="asked", Tags=[{"Key": "a", "Value": "ü"}])
    assert len(sagemaker.list_model_package_groups()["ModelPackageGroupSummaryList"]) == 1
    runtime = localstack.client("sagemaker-runtime")
    with pytest.raises(runtime.exceptions.ValidationError):
        runtime.invoke_endpoint(EndpointName="nowhere", Body=b"{}")
    assert localstack.client("dynamodb").list_tables()["TableNames"] == []
