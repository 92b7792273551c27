"""One deployment in a local cloud of its own, for all tests of the Terraform root."""

import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.clouds import LocalCloud, running_cloud
from tools.apply import apply, show
from tools.build import slugs

FUNCTIONS = slugs()
TABLES = ("workflow_runs", "run_changes", "model_endpoints", "workflows", "spend", "budgets", "callers", "predictions")
SLOW_FUNCTION_SECONDS = 3
HANDLER = """\
import os
import time


def handler(event, context):
    if "execution_arn" in event:  # prepare_dataset, which a test interrupts
        time.sleep(3)
        return {}
    headers = {"x-function": "%s", "access-control-allow-origin": os.environ["WEB_ORIGIN"]}
    return {"statusCode": 200, "headers": headers, "body": event["httpMethod"] + " " + event["resource"]}
"""


@dataclass
class Deployment:
    """The root, applied."""

    cloud: LocalCloud
    directory: Path
    variables: dict[str, object]
    outputs: dict[str, Any]
    resources: list[dict[str, Any]]

    def of_type(self, *types: str) -> list[dict[str, Any]]:
        """The managed resources of these types; never none, so that no check passes for want of anything to check."""
        found = [each for each in self.resources if each["type"] in types and each["mode"] == "managed"]
        assert found, f"there is no {types}"
        return found

    def one(self, type_: str, name: str) -> dict[str, Any]:
        """The attributes of one resource of the root."""
        (found,) = (each for each in self.of_type(type_) if each["address"] == f"{type_}.{name}")
        values: dict[str, Any] = found["values"]
        return values


def resources_of(module: dict[str, Any]) -> list[dict[str, Any]]:
    """All resources of a module of `terraform show -json` and of the modules in it."""
    nested = (resource for child in module.get("child_modules", []) for resource in resources_of(child))
    return [*module.get("resources", []), *nested]


def write_packages(directory: Path) -> Path:
    """Zips that stand in for the functions'; they say which function answered."""
    directory.mkdir(exist_ok=True)
    for slug in FUNCTIONS:
        with zipfile.ZipFile(directory / f"{slug}.zip", "w") as package:
            package.writestr("functions/__init__.py", "")
            package.writestr(f"functions/{slug}/__init__.py", "")
            package.writestr(f"functions/{slug}/handler.py", HANDLER % slug)
    return directory


def local_variables(directory: Path) -> dict[str, object]:
    """What `make up` gives but for the encryption of topics, with packages that stand in."""
    return {
        "web_origin": "http://127.0.0.1:8080",
        "api_key_value": "local-0123456789abcdef",
        "functions_dir": str(write_packages(directory / "packages")),
        "encrypt_notifications": True,  # as on AWS, so that the policies that name the key are there to be read
    }


@pytest.fixture(scope="session")
def deployment(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deployment]:
    directory = tmp_path_factory.mktemp("deployment")
    variables = local_variables(directory)
    with running_cloud(directory) as cloud:
        outputs = apply(cloud.environment, directory, variables)
        state = show(cloud.environment, directory)
        yield Deployment(cloud, directory, variables, outputs, resources_of(state["values"]["root_module"]))
