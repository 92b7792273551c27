"""Runs the functions in SAM CLI's Lambda containers, against the running local cloud.

`python -m tools.sam invoke FUNCTION EVENT`, `python -m tools.sam start-api`, `python -m tools.sam start-lambda`.

SAM's Terraform hook reads a plan. Ours is that of `make up` except that zips are named as files, and it gives every
function one more variable, AWS_ENDPOINT_URL: the hook passes on only what a function's environment declares.
"""

import argparse
import contextlib
import hashlib
import json
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from cloud import lifecycle
from cloud.clients import client_for
from cloud.engine import LAMBDA_IMAGE, EngineError, engine_problem
from cloud.private import UMASK, write_private
from cloud.relay import reachable_from_containers
from cloud.settings import REPOSITORY, CloudSettings, SettingsError, cloud_environment
from tools.apply import ROOT, TerraformError, plan
from tools.build import build, slugs
from tools.packages import environment
from tools.programs import ToolMissingError

CONFIG = REPOSITORY / "samconfig.yaml"
DEFAULT_PORTS = {"start-api": 3000, "start-lambda": 3001}
"""SAM's own."""


class SamError(Exception):
    """SAM cannot be run. The message is one line for a person."""


def main(arguments: list[str]) -> int:
    """Run SAM as the arguments say; return its exit status."""
    parser = argparse.ArgumentParser(prog="python -m tools.sam")
    commands = parser.add_subparsers(dest="command", required=True)
    invoke = commands.add_parser("invoke")
    invoke.add_argument("function", choices=slugs())
    invoke.add_argument("event", type=Path)
    for name, port in DEFAULT_PORTS.items():
        command = commands.add_parser(name)
        command.add_argument("--port", type=int, default=port)
        command.add_argument("--warm-containers", choices=["LAZY", "EAGER"], default="LAZY")
    asked = parser.parse_args(arguments)
    settings = CloudSettings.from_environment()
    if asked.command != "invoke":
        return run(settings, asked.command, f"--port={asked.port}", f"--warm-containers={asked.warm_containers}")
    if not asked.event.exists():
        samples = ", ".join(sorted(path.stem for path in (REPOSITORY / "tests" / "events").glob("*.json")))
        raise SamError(f"{asked.event}: there is no such event; in tests/events there are {samples}")
    event = settings.state_directory / "sam" / "event.json"
    event.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    write_private(event, filled_in(asked.event.read_text(), settings))
    return run(settings, "invoke", function_address(asked.function), f"--event={event}")


def run(settings: CloudSettings, command: str, *arguments: str) -> int:
    """Run `sam local <command>` to its end."""
    with started(settings, command, *arguments) as process:
        try:
            return process.wait()
        except KeyboardInterrupt:
            return process.wait()  # SAM got the signal too, and removes its containers


@contextlib.contextmanager
def started(settings: CloudSettings, command: str, *arguments: str, **options: Any) -> Iterator[subprocess.Popen[Any]]:  # noqa: ANN401 - Popen's options
    """Start `sam local <command>` against this local cloud; end it at the end, whereupon it removes its containers.

    Raises:
        SamError: the local cloud does not run, or no Docker engine answers.
        ToolMissingError: SAM CLI cannot be installed.
        TerraformError: the plan fails.
    """
    if problem := engine_problem():
        raise SamError(f"SAM runs functions in containers. {problem}")
    if not lifecycle.is_running(settings):
        raise SamError("The local cloud does not run: `make up` starts it")
    sam = environment("sam") / "sam"
    build()
    with reachable_from_containers(settings, LAMBDA_IMAGE) as url:
        file = _write_plan(settings, url)
        process = subprocess.Popen(
            [str(sam), "local", command, *arguments, f"--config-file={CONFIG}", f"--terraform-plan-file={file}"],
            cwd=file.parent,  # where the hook leaves its working files
            # SAM prefers its own environment's value of a variable to the plan's.
            env=cloud_environment(settings) | {"SAM_CLI_TELEMETRY": "0", "AWS_ENDPOINT_URL": url},
            umask=UMASK,
            **options,
        )
        try:
            yield process
        finally:
            if process.poll() is None:
                process.terminate()
                process.wait()


def function_address(slug: str) -> str:
    """Return the address of a function in Terraform, by which SAM knows it."""
    return f"module.{slug}.aws_lambda_function.this"


def _write_plan(settings: CloudSettings, endpoint_url: str) -> Path:
    """Write the plan that SAM reads, made anew only after a change of the root, its variables or the state."""
    folder, terraform = settings.state_directory / "sam", settings.state_directory / "terraform"
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    made, stamp = folder / "made.json", folder / "made-from"
    # As applied, except that SAM takes zips from files only, and lets everyone call.
    variables = json.loads((terraform / "variables.tfvars.json").read_text())
    variables |= {"upload_functions_through_bucket": False, "auth": "api_key"}
    digest = hashlib.sha256(json.dumps(variables).encode())
    for path in [*sorted(ROOT.rglob("*.tf")), terraform / "terraform.tfstate"]:
        digest.update(path.read_bytes())
    if not made.exists() or not stamp.exists() or stamp.read_text() != digest.hexdigest():
        write_private(made, json.dumps(plan(cloud_environment(settings), settings.state_directory, variables)))
        stamp.write_text(digest.hexdigest())
    given = folder / "plan.json"
    content = without_authorizer(json.loads(made.read_text()))
    write_private(given, json.dumps(with_endpoint(content, endpoint_url)))  # the API key is in it
    return given


def without_authorizer(content: dict[str, Any]) -> dict[str, Any]:
    """Take the authorizer from every method of a plan; the plan is changed in place and returned.

    SAM serves everyone, and gives up where a method may or may not have an authorizer.
    """
    for resource in content["configuration"]["root_module"]["resources"]:
        if resource["type"] == "aws_api_gateway_method":
            resource["expressions"].pop("authorizer_id", None)
    return content


def with_endpoint(content: dict[str, Any], endpoint_url: str) -> dict[str, Any]:
    """Give every function of a plan the variable AWS_ENDPOINT_URL; the plan is changed in place and returned."""

    def change(module: dict[str, Any]) -> None:
        for resource in module.get("resources", []):
            if resource["type"] == "aws_lambda_function":
                resource["values"]["environment"][0]["variables"]["AWS_ENDPOINT_URL"] = endpoint_url
        for child in module.get("child_modules", []):
            change(child)

    change(content["planned_values"]["root_module"])
    return content


def filled_in(event: str, settings: CloudSettings) -> str:
    """Return an event with what only a running system knows: `${…}` stands for a property of a model in service.

    `model_package_arn`, `endpoint_name`, `model_data_url`, `evaluation_uri`, `manifest_uri` and `retraining_id` (of the
    latest retraining) are of the workflow that the event names, among its path parameters if it is an HTTP request.

    Raises:
        SamError: the event is no JSON object, asks for something else, or its workflow has no model in service.
    """
    wanted = set(re.findall(r"\$\{(\w+)\}", event))
    if not wanted:
        return event
    try:
        content = json.loads(event)
        workflow_name = (content.get("pathParameters") or content)["workflow_name"]
    except (ValueError, LookupError, AttributeError):
        raise SamError("An event with ${…} must be a JSON object with a workflow_name") from None
    known = _model_in_service(str(workflow_name), settings)
    if unknown := wanted - set(known):
        raise SamError(f"${{{min(unknown)}}} is none of {', '.join(sorted(known))}")
    return re.sub(r"\$\{(\w+)\}", lambda found: known[found[1]], event)


def _model_in_service(workflow_name: str, settings: CloudSettings) -> dict[str, str]:
    outputs = json.loads((settings.state_directory / "outputs.json").read_text())
    dynamodb, sagemaker = client_for("dynamodb", settings), client_for("sagemaker", settings)

    def record(table: str) -> dict[str, Any]:
        answer = dynamodb.get_item(TableName=outputs[table], Key={"workflow_name": {"S": workflow_name}})
        if "Item" not in answer:
            raise SamError(f"Workflow {workflow_name} has no model in service: see `make up`")
        item: dict[str, Any] = answer["Item"]
        return item

    served = {name: value.get("S", "") for name, value in record("model_endpoints_table").items()}
    package = sagemaker.describe_model_package(ModelPackageName=served["model_package_arn"])
    model_data_url: str = package["InferenceSpecification"]["Containers"][0]["ModelDataUrl"]
    job = sagemaker.describe_training_job(TrainingJobName=model_data_url.split("/")[-3])
    (train,) = (each for each in job["InputDataConfig"] if each["ChannelName"] == "train")
    dataset = train["DataSource"]["S3DataSource"]["S3Uri"].rstrip("/").rpartition("/")[0]
    return {
        "model_package_arn": served["model_package_arn"],
        "endpoint_name": served["endpoint_name"],
        "model_data_url": model_data_url,
        "evaluation_uri": package["ModelMetrics"]["ModelQuality"]["Statistics"]["S3Uri"],
        "manifest_uri": f"{dataset}/manifest.json",
        "retraining_id": record("workflows_table")["last_retraining"]["M"]["execution_arn"]["S"].rpartition(":")[2],
    }


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))  # which ends SAM too
    try:
        sys.exit(main(sys.argv[1:]))
    except (SamError, EngineError, ToolMissingError, TerraformError, SettingsError) as error:
        sys.exit(str(error))
