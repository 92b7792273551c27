"""A page of another origin, in a real browser, gets nothing out of the local cloud and does nothing in it.

It is served from another port of this machine: where a page comes from a public address, Chromium itself stops it.
"""

import base64
import http.client
import io
import json
import zipfile
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from cloud.clients import client_for
from cloud.settings import CloudSettings
from tests.browser import run_scenario

SCENARIO = Path(__file__).parent / "other_origin.mjs"
Found = dict[str, list[Any]]


@pytest.fixture(scope="module")
def settings(outputs: dict[str, str]) -> CloudSettings:
    port = urlsplit(outputs["endpoint_url"]).port
    assert port is not None
    return CloudSettings(Path(outputs["credentials_file"]).parent, port)


def everything(settings: CloudSettings, outputs: dict[str, str]) -> Found:
    """What a page could have made or taken away."""
    keys = client_for("s3", settings).list_objects_v2(Bucket=outputs["artifacts_bucket"]).get("Contents", [])
    return {
        "functions": [each["FunctionName"] for each in client_for("lambda", settings).list_functions()["Functions"]],
        "topics": [each["TopicArn"] for each in client_for("sns", settings).list_topics()["Topics"]],
        "queues": client_for("sqs", settings).list_queues().get("QueueUrls", []),
        "tables": client_for("dynamodb", settings).list_tables()["TableNames"],
        "buckets": [each["Name"] for each in client_for("s3", settings).list_buckets()["Buckets"]],
        "objects": [each["Key"] for each in keys if "evil" in each["Key"]],
    }


def evil_function() -> dict[str, Any]:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr(
            "evil.py", "import os\ndef handle(event, context):\n    return os.listdir(os.path.expanduser('~'))"
        )
    return {
        "Runtime": "python3.13",
        "Role": "arn:aws:iam::000000000000:role/evil",
        "Handler": "evil.handle",
        "Code": {"ZipFile": base64.b64encode(packed.getvalue()).decode()},
    }


def test_a_page_of_another_origin(outputs: dict[str, str], settings: CloudSettings) -> None:
    before = everything(settings, outputs)
    assert before["functions"]
    assert before["tables"]
    printed = run_scenario(SCENARIO, json.dumps(outputs), json.dumps(evil_function()))
    seen = json.loads(printed)
    refused = seen.pop("a form")
    assert "No web page may call" in refused
    assert {name: what for name, what in seen.items() if what is not None} == {}
    assert everything(settings, outputs) == before


PAGES = [{"Origin": "http://127.0.0.1:9999"}, {"Sec-Fetch-Site": "same-site"}, {"Sec-Fetch-Site": "none"}, {}]


def ask(url: str, method: str, path: str, headers: dict[str, str], body: bytes = b"") -> tuple[int, str, bytes]:
    """Status, the header by which a browser shows it to a page, and body."""
    connection = http.client.HTTPConnection("127.0.0.1", urlsplit(url).port, timeout=20)
    connection.request(method, path, body, headers)
    answer = connection.getresponse()
    content = answer.read()
    connection.close()
    return answer.status, answer.headers.get("Access-Control-Allow-Origin", ""), content


@pytest.mark.parametrize("page", PAGES, ids=str)
def test_preflights_are_for_the_web_app_alone(page: dict[str, str], outputs: dict[str, str]) -> None:
    cloud, api = outputs["endpoint_url"], urlsplit(outputs["api_url"]).path
    wanted = {"Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "content-type,x-amz-target"}
    for path in ("/", "/2015-03-31/functions", "/_ministack/reset", "/bucket/key"):
        assert ask(cloud, "OPTIONS", path, page | wanted)[:2] == (403, "")
    assert ask(cloud, "OPTIONS", f"{api}/predictions", page | wanted)[1] == (
        "" if "Origin" in page else outputs["web_url"]
    )
    ours = {"Origin": outputs["web_url"]} | wanted
    assert ask(cloud, "OPTIONS", f"{api}/predictions", ours)[1] == outputs["web_url"]
    assert ask(cloud, "OPTIONS", "/", ours)[:2] == (403, "")


def test_a_name_that_a_page_gave_this_machine(outputs: dict[str, str]) -> None:
    """DNS rebinding: to the browser, the page and what answers under its name are of one origin."""
    cloud, web, api = outputs["endpoint_url"], outputs["web_url"], urlsplit(outputs["api_url"]).path
    for name in (
        "evil.example",
        f"evil.example:{urlsplit(cloud).port}",
        f"127.0.0.1.evil.example:{urlsplit(cloud).port}",
    ):
        host = {"Host": name}
        assert ask(cloud, "GET", "/", host)[0] == 403
        assert ask(cloud, "GET", "/_runquote/cloud", host)[0] == 403
        assert ask(cloud, "POST", "/_ministack/reset", host)[0] == 403
        assert ask(cloud, "GET", f"{api}/workflows", host | {"x-api-key": outputs["api_key"]})[0] == 403
        for path in ("/config.json", "/", "/assets/"):
            status, _, body = ask(web, "GET", path, host)
            assert status == 421
            assert outputs["api_key"].encode() not in body
    assert ask(web, "GET", "/config.json", {})[0] == 200
    assert ask(web, "GET", "/config.json", {"Sec-Fetch-Site": "same-site"})[0] == 403
