"""The root with auth = "cognito": who signed in may call, and nobody else. The local cloud really verifies tokens."""

import base64
import hashlib
import json
import re
import secrets
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

from contract.routes import ROUTES
from tests.browser import run_scenario
from tests.clouds import free_port, running_cloud
from tests.fakes.api import serving
from tests.terraform.conftest import Deployment, local_variables, resources_of
from tests.terraform.test_api import call, methods, refused
from tests.terraform.test_root import OUTPUTS, REPOSITORY, refused_variables
from tools.apply import apply, plan, show
from tools.web import WebServer

PERSON = "ada@example.org"
PASSWORD = "a Long passw0rd!"
DIST = REPOSITORY / "web" / "dist"
SCOPE = "runquote/api"


@pytest.fixture(scope="module")
def deployment(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deployment]:
    """In place of the one that asks for a key."""
    directory = tmp_path_factory.mktemp("sign-in")
    variables = local_variables(directory) | {"auth": "cognito", "web_origin": f"http://127.0.0.1:{free_port()}"}
    with running_cloud(directory) as cloud:
        outputs = apply(cloud.environment, directory, variables)
        state = show(cloud.environment, directory)
        yield Deployment(cloud, directory, variables, outputs, resources_of(state["values"]["root_module"]))


def origin(deployment: Deployment) -> str:
    """Where its web app is."""
    return str(deployment.variables["web_origin"])


@pytest.fixture(scope="module")
def web(deployment: Deployment) -> dict[str, str]:
    """What the web app is told, at the address that the local cloud has in place of Cognito's."""
    sign_in: dict[str, str] = json.loads(deployment.outputs["web_config"])["signIn"]
    return sign_in | {"url": deployment.cloud.settings.endpoint_url}


@pytest.fixture(scope="module")
def tokens(deployment: Deployment, web: dict[str, str]) -> dict[str, str]:
    """What someone gets who signs in as the web app has them do: by form, code and proof."""
    users = deployment.cloud.client("cognito-idp")
    pool = deployment.outputs["user_pool_id"]
    users.admin_create_user(UserPoolId=pool, Username=PERSON, UserAttributes=[{"Name": "email", "Value": PERSON}])
    users.admin_set_user_password(UserPoolId=pool, Username=PERSON, Password=PASSWORD, Permanent=True)
    verifier = secrets.token_urlsafe(32)
    challenge = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()
    asked = {
        "response_type": "code",
        "client_id": web["clientId"],
        "redirect_uri": f"{origin(deployment)}/signed-in",
        "scope": web["scope"],
        "state": "state",
        "code_challenge": challenge,
        "code_challenge_method": "S256",
    }
    with httpx.Client(base_url=web["url"], trust_env=False) as browser:
        page = browser.get("/oauth2/authorize", params=asked)
        fields = dict(re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', page.text))
        answer = browser.post("/login", data=fields | {"username": PERSON, "password": PASSWORD})
        back = urlsplit(answer.headers["location"])
        assert f"{back.scheme}://{back.netloc}{back.path}" == asked["redirect_uri"]
        grant = {
            "grant_type": "authorization_code",
            "client_id": asked["client_id"],
            "redirect_uri": asked["redirect_uri"],
            "code": parse_qs(back.query)["code"][0],
        }
        unproven = browser.post("/oauth2/token", data=grant | {"code_verifier": secrets.token_urlsafe(32)})
        assert unproven.json()["error"] == "invalid_grant"
        given: dict[str, str] = browser.post("/oauth2/token", data=grant | {"code_verifier": verifier}).json()
    return given


def ask(deployment: Deployment, token: str | None, method: str = "GET", path: str = "/workflows") -> httpx.Response:
    bearer = None if token is None else f"Bearer {token}".strip()
    return call(deployment, method, path, headers={"x-api-key": None, "authorization": bearer})


def program_token(deployment: Deployment, web: dict[str, str], **client: Any) -> str:  # noqa: ANN401 - the operation's members
    """A token of a program that is no person: a client with a secret, as an administrator makes one."""
    made = deployment.cloud.client("cognito-idp").create_user_pool_client(
        UserPoolId=deployment.outputs["user_pool_id"],
        ClientName="pipeline",
        GenerateSecret=True,
        AllowedOAuthFlowsUserPoolClient=True,
        AllowedOAuthFlows=["client_credentials"],
        AllowedOAuthScopes=[SCOPE],
        **client,
    )["UserPoolClient"]
    answer = httpx.post(
        f"{web['url']}/oauth2/token",
        data={"grant_type": "client_credentials", "scope": SCOPE},
        auth=(made["ClientId"], made["ClientSecret"]),
        trust_env=False,
    )
    token: str = answer.json()["access_token"]
    return token


def test_every_route_but_the_description_needs_a_token(deployment: Deployment) -> None:
    made = methods(deployment)
    (authorizer,) = deployment.of_type("aws_api_gateway_authorizer")
    for route in ROUTES:
        method = made[route.method, route.path]
        assert not method["api_key_required"]
        if route.right:
            assert method["authorization"] == "COGNITO_USER_POOLS", route.operation
            assert method["authorizer_id"] == authorizer["values"]["id"]
            assert method["authorization_scopes"] == [SCOPE]
        else:
            assert method["authorization"] == "NONE"
    assert all(made["OPTIONS", path]["authorization"] == "NONE" for path in {route.path for route in ROUTES})


def test_who_signed_in_may_call_every_route(deployment: Deployment, tokens: dict[str, str]) -> None:
    for route in ROUTES:
        answer = call(
            deployment,
            route.method,
            re.sub(r"{\w+}", "x", route.path),
            json={"workflow_name": "x", "input_bytes": 1, "requests": [], "limit_usd": 1, "reason": "x"}
            if route.bodies
            else None,
            headers={"x-api-key": None, "authorization": f"Bearer {tokens['access_token']}"},
        )
        assert (answer.status_code, answer.headers.get("x-function")) == (200, route.function), route.operation


def test_a_program_with_a_client_of_its_own_may_call(deployment: Deployment, web: dict[str, str]) -> None:
    assert ask(deployment, program_token(deployment, web)).status_code == 200


def signed_by_another(token: str) -> str:
    """The same claims, under a signature that is not the pool's."""
    head, claims, signature = token.split(".")
    return f"{head}.{claims}.{signature[::-1]}"


def unsigned(token: str) -> str:
    head = base64.urlsafe_b64encode(b'{"alg": "none"}').rstrip(b"=").decode()
    return f"{head}.{token.split('.')[1]}."


def with_claims(token: str, **claims: object) -> str:
    """A token changed after it was signed."""
    head, body, signature = token.split(".")
    content = json.loads(base64.urlsafe_b64decode(body + "=" * (-len(body) % 4))) | claims
    changed = base64.urlsafe_b64encode(json.dumps(content).encode()).rstrip(b"=").decode()
    return f"{head}.{changed}.{signature}"


def test_no_function_runs_for_a_missing_or_forged_token(deployment: Deployment, tokens: dict[str, str]) -> None:
    good = tokens["access_token"]
    bad = {
        "missing": None,
        "empty": "",
        "no token": "not.a.token",
        "signed by another": signed_by_another(good),
        "unsigned": unsigned(good),
        "changed": with_claims(good, exp=int(time.time()) + 10**6),
        "of another pool": with_claims(good, iss="https://cognito-idp.us-east-1.amazonaws.com/us-east-1_other"),
        "for the app, not the API": tokens["id_token"],
    }
    for kind, token in bad.items():
        answer = ask(deployment, token)
        assert "authorization" in refused(answer, 401, "unauthorized", origin(deployment)).message.lower(), kind
        assert answer.headers["www-authenticate"] == "Bearer"
        assert "x-function" not in answer.headers
    key = call(deployment, "GET", "/workflows", headers={"x-api-key": "local-0123456789abcdef"})
    refused(key, 401, "unauthorized", origin(deployment))
    assert ask(deployment, good).status_code == 200


def test_an_expired_token_is_refused(deployment: Deployment, web: dict[str, str]) -> None:
    token = program_token(deployment, web, AccessTokenValidity=2, TokenValidityUnits={"AccessToken": "seconds"})
    assert ask(deployment, token).status_code == 200
    deadline = time.monotonic() + 10
    while (answer := ask(deployment, token)).status_code == 200:
        assert time.monotonic() < deadline
    refused(answer, 401, "unauthorized", origin(deployment))


def test_the_description_is_for_everyone(deployment: Deployment) -> None:
    assert ask(deployment, None, path="/openapi.json").status_code == 200


def test_a_preflight_allows_the_token(deployment: Deployment) -> None:
    answer = ask(deployment, None, "OPTIONS", "/predictions")
    assert answer.status_code == 204
    assert set(answer.headers["access-control-allow-headers"].split(",")) == {"content-type", "authorization"}


def test_a_refresh_gives_another_token(deployment: Deployment, web: dict[str, str], tokens: dict[str, str]) -> None:
    grant = {"grant_type": "refresh_token", "client_id": web["clientId"], "refresh_token": tokens["refresh_token"]}
    answer = httpx.post(f"{web['url']}/oauth2/token", data=grant, trust_env=False)
    assert ask(deployment, answer.json()["access_token"]).status_code == 200


def test_the_web_app_has_no_secret_and_only_the_code_flow(deployment: Deployment) -> None:
    client = deployment.one("aws_cognito_user_pool_client", "web[0]")
    assert not client["client_secret"]
    assert client["allowed_oauth_flows"] == ["code"]
    assert client["callback_urls"] == [f"{origin(deployment)}/signed-in"]
    assert client["logout_urls"] == [f"{origin(deployment)}/"]
    assert set(client["allowed_oauth_scopes"]) == {"openid", "email", SCOPE}


def test_only_an_administrator_adds_people(deployment: Deployment) -> None:
    pool = deployment.one("aws_cognito_user_pool", "this[0]")
    assert pool["admin_create_user_config"][0]["allow_admin_create_user_only"]
    assert pool["password_policy"][0]["minimum_length"] >= 12
    assert pool["mfa_configuration"] == "OPTIONAL"


@pytest.mark.skipif(not (DIST / "index.html").exists(), reason="the web app is not built: make build")
def test_a_browser_signs_in_through_the_local_clouds_own_page(
    deployment: Deployment, web: dict[str, str], tokens: dict[str, str], tmp_path: Path
) -> None:
    assert tokens, "the person is there"
    api_url = f"{deployment.cloud.settings.endpoint_url}/restapis/{deployment.outputs['api_id']}/v1/_user_request_"
    config = tmp_path / "config.json"
    config.write_text(json.dumps({"apiUrl": api_url, "signIn": web}))
    port = urlsplit(origin(deployment)).port
    assert port
    with serving(WebServer(DIST, port, config)):
        assert "ok" in run_scenario(REPOSITORY / "tests/e2e/sign-in.mjs", origin(deployment), PERSON, PASSWORD)


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("name_prefix", "aws-costs"),
        ("web_origin", "http://example.org"),
        ("web_origin", "http://127.0.0.1.example.org"),
    ],
)
def test_what_cognito_would_refuse_is_refused_before(
    deployment: Deployment, tmp_path: Path, variable: str, value: str
) -> None:
    assert refused_variables(deployment, tmp_path, {variable: value}) == [variable]


def test_there_is_no_key_and_the_stage_bounds_all_callers(deployment: Deployment) -> None:
    types = {each["type"] for each in deployment.resources}
    assert not {"aws_api_gateway_api_key", "aws_api_gateway_usage_plan", "aws_api_gateway_usage_plan_key"} & types
    assert OUTPUTS - set(deployment.outputs) == {"api_key"}
    settings = deployment.one("aws_api_gateway_method_settings", "all")["settings"][0]
    assert (settings["throttling_rate_limit"], settings["throttling_burst_limit"]) == (50, 100)


def test_a_second_plan_is_empty(deployment: Deployment) -> None:
    changes = plan(deployment.cloud.environment, deployment.directory, deployment.variables)
    changed = [each for each in changes["resource_changes"] if each["change"]["actions"] not in (["no-op"], ["read"])]
    assert not changed


def test_on_aws_the_policy_lets_the_web_app_sign_in(deployment: Deployment) -> None:
    for_aws = {"create_web": True, "web_origin": None, "deletion_protection": True}
    content = plan(deployment.cloud.environment, deployment.directory, deployment.variables | for_aws)
    planned = {each["address"]: each["values"] for each in resources_of(content["planned_values"]["root_module"])}
    headers = planned["aws_amplify_app.web[0]"]["custom_headers"]
    origin = "https://runquote-000000000000.auth.us-east-1.amazoncognito.com"
    (called,) = re.findall(r"connect-src 'self' ([^;]*);", headers)
    api_origin = deployment.outputs["api_url"].removesuffix("/v1")
    assert called.split() == [api_origin, origin]
    assert planned["aws_cognito_user_pool.this[0]"]["deletion_protection"] == "ACTIVE"


def test_one_may_go_back_to_a_key(deployment: Deployment) -> None:
    """The last test here, since it changes the deployment: nothing of the sign-in is left, and nothing names it."""
    variables = deployment.variables | {"auth": "api_key"}
    outputs = apply(deployment.cloud.environment, deployment.directory, variables)
    assert call(Deployment(**vars(deployment) | {"outputs": outputs}), "GET", "/workflows").status_code == 200
    assert not deployment.cloud.client("cognito-idp").list_user_pools(MaxResults=10)["UserPools"]
    assert not deployment.cloud.client("apigateway").get_authorizers(restApiId=outputs["api_id"])["items"]
    assert json.loads(outputs["web_config"]) == {"apiUrl": outputs["api_url"]}
