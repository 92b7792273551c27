"""`make up`: from a fresh clone to a running system that has learned from the example history.

Every step looks at what is there and does only what is missing, so running it again, or after it was killed at any
point, ends in the same place.
"""

import fcntl
import json
import os
import secrets
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NoReturn
from urllib.parse import urlsplit

from cloud.clients import client_for
from cloud.engine import EngineError
from cloud.lifecycle import CloudError
from cloud.private import drawn_once, make_private, new_secret, open_private, write_private
from cloud.settings import REPOSITORY, CloudSettings, SettingsError, cloud_environment
from contract.made_up import MADE_UP_WORDS, MADE_UP_WORKFLOW, is_made_up
from contract.predictions import Prediction, PredictionRequest
from runquote.client import Client, RunquoteError
from runquote.readers.base import ReaderError
from runquote.readers.csv import read_runs
from runquote.sizes import format_usd
from tools import backends, webserver
from tools.apply import TerraformError, apply
from tools.build import build
from tools.npm import NpmError
from tools.programs import ToolMissingError
from tools.sign_in import PERSON, add_person, program_token

TRAINING_SECONDS = 900
EXAMPLE = PredictionRequest(workflow_name="germline-variants", input_bytes=10_000_000)
"""Asked of a measured history, which is always there."""
DEMO_EXAMPLE = PredictionRequest(
    workflow_name=MADE_UP_WORKFLOW, input_bytes=120 * 10**9, parameters={"caller": "deepvariant", "coverage": 30}
)
"""Asked of the history at the scale of real work, unless `RUNQUOTE_DEMO=0` left it out."""


class UpError(Exception):
    """A step failed; the message is one line that says which and what to do."""


@contextmanager
def step(name: str) -> Iterator[None]:
    """Say what is being done and, on the same line of a terminal, how long it took."""
    started = time.monotonic()
    overwrite = sys.stdout.isatty()
    print(f"  {name} …", end="" if overwrite else "\n", flush=True)
    try:
        yield
    except BaseException:
        print()
        raise
    print(f"{'\r' if overwrite else ''}  {name}: {time.monotonic() - started:.1f} s", flush=True)


def up(settings: CloudSettings, backend: backends.Backend | None = None) -> dict[str, Any]:
    """Bring everything up; return the outputs, which are also in `outputs.json` of the state directory.

    The backend is that of the environment unless one is given.
    """
    make_private(settings.state_directory)
    web_settings = webserver.WebSettings.from_environment(settings.state_directory)
    backend = backend or backends.backend_from(settings)
    with _only_one(settings.state_directory):
        for other in backends.others(backend, settings):
            other.stop()
        with step("Function packages"):
            build()
        backend.start(step)
        with step("Terraform apply"):
            terraform_outputs = apply(
                cloud_environment(settings), backend.directory, _variables(settings, web_settings)
            )
        outputs = _local_outputs(terraform_outputs, settings, web_settings)
        with _client(outputs, settings) as client:
            with step("Example history"):
                recorded = _record_examples(client)
                _count_spend(client, outputs, settings)
            with step("Training"):
                _retrain_all(outputs, settings, backend.log)
            with step("Web app"):
                backend.serve_web(_web_config(outputs))
            write_private(settings.state_directory / "outputs.json", json.dumps(outputs, indent=2) + "\n")
            example = DEMO_EXAMPLE if _with_demo() else EXAMPLE
            size, parameters = example.input_bytes, example.parameters
            prediction = client.predict(example.workflow_name, size, parameters=parameters, keep=False)
            _report(outputs, recorded, example, prediction, "keeps" if backend.keeps_data else "forgets")
    return outputs


@contextmanager
def _only_one(state_directory: Path) -> Iterator[None]:
    """Hold a lock that ends with this process, however it ends."""
    with open_private(state_directory / "up.lock", "wb") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise UpError("Another `make up` is at work in this checkout: wait for it to end") from None
        yield


def _variables(settings: CloudSettings, web: "webserver.WebSettings") -> dict[str, Any]:
    """What this machine alone decides: who may call, and with which key."""
    auth = os.environ.get("RUNQUOTE_AUTH") or "api_key"
    return {"web_origin": web.url, "auth": auth, "api_key_value": _secret(settings, "api-key", "local-")}


def _secret(settings: CloudSettings, name: str, beginning: str) -> str:
    """Return a secret that is made once and kept in a file that only this user reads."""
    return drawn_once(settings.state_directory / name, f"{beginning}{new_secret()}")


def _local_outputs(terraform: dict[str, Any], settings: CloudSettings, web: "webserver.WebSettings") -> dict[str, Any]:
    """Terraform names AWS hosts; here the same API answers under the local cloud's address."""
    rest_api_id, stage = str(urlsplit(terraform["api_url"]).hostname).split(".")[0], urlsplit(terraform["api_url"]).path
    return terraform | {
        "api_url": f"{settings.endpoint_url}/restapis/{rest_api_id}{stage.rstrip('/')}/_user_request_",
        "endpoint_url": settings.endpoint_url,
        "credentials_file": str(settings.credentials_file),
        "web_url": web.url,
        **({"sign_in_url": settings.endpoint_url} if "sign_in_url" in terraform else {}),
    }


def _client(outputs: dict[str, Any], settings: CloudSettings) -> Client:
    """A client that has the key or, where people sign in, a token. Adds who may sign in, and how, to the outputs."""
    if "api_key" in outputs:
        return Client(outputs["api_url"], outputs["api_key"])
    pool, password = outputs["user_pool_id"], _secret(settings, "password", "Local-1-")
    add_person(settings, pool, password)
    outputs["person"] = {"username": PERSON, "password": password}
    return Client(outputs["api_url"], token=program_token(settings, pool, f"{outputs['name_prefix']}/api"))


def _web_config(outputs: dict[str, Any]) -> dict[str, Any]:
    """What the web app is told: Terraform's, with local addresses and, since they are this machine's alone, the key."""
    config: dict[str, Any] = json.loads(outputs["web_config"]) | {"apiUrl": outputs["api_url"]}
    if "signIn" not in config:
        return config | {"apiKey": outputs["api_key"]}
    return config | {"signIn": config["signIn"] | {"url": outputs["sign_in_url"]}}


def _record_examples(client: Client) -> int:
    """Post the measured histories and the made-up one; runs that are there already stay as they are."""
    count = 0
    for path in sorted((REPOSITORY / "examples").glob("*/runs.csv")):
        if is_made_up(path.parent.name) and not _with_demo():
            continue
        for answer in client.record_runs(read_runs(path)):
            count += answer.accepted + answer.unchanged
            if answer.rejected:
                raise UpError(f"{path}: run {answer.rejected[0].run_id}: {answer.rejected[0].message}")
    return count


def _with_demo() -> bool:
    """Say whether the made-up history is wanted: always, but for RUNQUOTE_DEMO=0."""
    return os.environ.get("RUNQUOTE_DEMO") != "0"


def _count_spend(client: Client, outputs: dict[str, Any], settings: CloudSettings) -> None:
    """Count what runs cost that an earlier version recorded, which counted no money."""
    if client.budgets().uncounted_runs == 0:
        return
    answer = client_for("lambda", settings).invoke(FunctionName=outputs["rebuild_spend_function"], Payload=b"{}")
    if "FunctionError" in answer:
        raise UpError(f"What runs cost could not be counted: {answer['Payload'].read().decode()}")


def _retrain_all(outputs: dict[str, Any], settings: CloudSettings, log: str) -> None:
    """Run the state machine that the schedule starts, and wait for it.

    A round that an earlier, killed `make up` left under way is waited for first: what it trains need not be trained
    again.
    """
    states = client_for("stepfunctions", settings)
    machine = outputs["retrain_all_state_machine_arn"]
    deadline = time.monotonic() + TRAINING_SECONDS

    def finished(execution: str) -> dict[str, Any]:
        while (answer := states.describe_execution(executionArn=execution))["status"] == "RUNNING":
            if time.monotonic() > deadline:
                raise UpError(f"Training did not end within {TRAINING_SECONDS} s: see {log}")
            time.sleep(0.5)
        return dict(answer)

    for running in states.list_executions(stateMachineArn=machine, statusFilter="RUNNING")["executions"]:
        finished(running["executionArn"])
    name = f"make-up-{secrets.token_hex(6)}"
    answer = finished(states.start_execution(stateMachineArn=machine, name=name)["executionArn"])
    if answer["status"] != "SUCCEEDED":
        raise UpError(f"Training ended as {answer['status']}: {answer.get('error')}: {answer.get('cause')}")


def _report(
    outputs: dict[str, Any], recorded: int, example: PredictionRequest, prediction: Prediction, keeps: str
) -> None:
    cost = format_usd(prediction.cost_usd)
    interval, model = next(each for each in prediction.intervals if each.coverage == 0.8), prediction.model
    print(f"""
Runquote is up, with {recorded} example runs.

  Web app   {outputs["web_url"]}
  API       {outputs["api_url"]}
  {_who(outputs)}

All outputs are in build/local/outputs.json. `make down` stops everything and {keeps} the data. Try:

  curl -s -X POST '{outputs["api_url"]}/predictions' \\
    -H '{_header(outputs)}' -H 'content-type: application/json' \\
    -d '{example.model_dump_json(exclude_defaults=True)}'

It answers: about {cost}; 8 in 10 runs like this cost between {format_usd(interval.low_usd)} and \
{format_usd(interval.high_usd)}.
(Model version {model.version}, learned from {model.runs} runs, median error {model.median_ape:.0%}.)""")
    if is_made_up(example.workflow_name):
        print(f"{example.workflow_name}: {MADE_UP_WORDS}\n`RUNQUOTE_DEMO=0 make up` leaves them out from the start.")


def _who(outputs: dict[str, Any]) -> str:
    if "api_key" in outputs:
        return f"Key       {outputs['api_key']}"
    return f"Sign in   as {outputs['person']['username']} with the password {outputs['person']['password']}"


def _header(outputs: dict[str, Any]) -> str:
    return f"x-api-key: {outputs['api_key']}" if "api_key" in outputs else "authorization: Bearer ACCESS_TOKEN"


def fail(error: Exception) -> NoReturn:
    """End with the one line that says what went wrong."""
    print(f"\n{error}", file=sys.stderr)
    sys.exit(1)


if __name__ == "__main__":
    try:
        up(CloudSettings.from_environment())
    except (UpError, SettingsError, CloudError, TerraformError, NpmError, RunquoteError, ReaderError) as error:
        fail(error)
    except (webserver.WebServerError, EngineError, ToolMissingError) as error:
        fail(error)
