"""Who may sign in to a local cloud that has `auth = "cognito"`: one person, and the program that `make up` is.

On AWS an administrator adds both by hand (docs/operating.md, Sign-in).
"""

import contextlib
from typing import Any

import httpx

from cloud.clients import client_for
from cloud.settings import CloudSettings

PERSON = "you@example.org"
PROGRAM = "make-up"


def add_person(settings: CloudSettings, user_pool_id: str, password: str) -> None:
    """Let `PERSON` sign in with this password; adding them again changes it."""
    users = client_for("cognito-idp", settings)
    attributes = [{"Name": "email", "Value": PERSON}, {"Name": "email_verified", "Value": "true"}]
    with contextlib.suppress(users.exceptions.UsernameExistsException):
        users.admin_create_user(
            UserPoolId=user_pool_id, Username=PERSON, UserAttributes=attributes, MessageAction="SUPPRESS"
        )
    users.admin_set_user_password(UserPoolId=user_pool_id, Username=PERSON, Password=password, Permanent=True)


def program_token(settings: CloudSettings, user_pool_id: str, scope: str) -> str:
    """Return an access token for a program, from a client of its own, which is made where it is missing."""
    client = _program(settings, user_pool_id, scope)
    answer = httpx.post(
        f"{settings.endpoint_url}/oauth2/token",
        data={"grant_type": "client_credentials", "scope": scope},
        auth=(client["ClientId"], client["ClientSecret"]),
        trust_env=False,
    )
    return str(answer.raise_for_status().json()["access_token"])


def _program(settings: CloudSettings, user_pool_id: str, scope: str) -> dict[str, Any]:
    pool = client_for("cognito-idp", settings)
    for each in pool.list_user_pool_clients(UserPoolId=user_pool_id, MaxResults=60)["UserPoolClients"]:
        if each["ClientName"] == PROGRAM:
            described = pool.describe_user_pool_client(UserPoolId=user_pool_id, ClientId=each["ClientId"])
            return dict(described["UserPoolClient"])
    made = pool.create_user_pool_client(
        UserPoolId=user_pool_id,
        ClientName=PROGRAM,
        GenerateSecret=True,
        AllowedOAuthFlowsUserPoolClient=True,
        AllowedOAuthFlows=["client_credentials"],
        AllowedOAuthScopes=[scope],
    )
    return dict(made["UserPoolClient"])
