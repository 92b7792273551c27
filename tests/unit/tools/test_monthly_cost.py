"""What the documents say of the monthly cost is what the program says, of what is in the Terraform root."""

import json
import re
from itertools import pairwise

import pytest

from cloud.settings import REPOSITORY
from tools.apply import ROOT
from tools.aws.monthly_cost import ALARMS, CALLS, HOURS, METRICS, TRANSITIONS, Mode, Use, lines, main, table

NOT_PROMOTED = (
    *("PrepareDataset", "IsModelRestored", "TrainModel", "VerifyArtifact", "RegisterModel", "CompareModels"),
    *("IsChallengerBetter", "Conclude", "NotifyOutcome", "HowItEnded", "Done"),
)
WAITS = ("WaitForEndpoint", "ChangeEndpoint", "IsEndpointChanged") * 6
"""Of 30, 30, 30, 30, 30 and 37 seconds (functions/change_endpoint/logic.py): three minutes."""
PROMOTED = (
    *NOT_PROMOTED[:-4],
    *("CreateModel", "CreateEndpointConfig", "ChangeEndpoint", "IsEndpointChanged", *WAITS, "Promote"),
    *NOT_PROMOTED[-4:],
)


def test_the_tables_of_the_documents_are_what_it_prints(capsys: pytest.CaptureFixture[str]) -> None:
    main([])
    assert capsys.readouterr().out.strip() in (REPOSITORY / "docs" / "operating.md").read_text()


def test_the_modes_are_those_of_the_root() -> None:
    variables = (ROOT / "variables.tf").read_text()
    (modes,) = re.findall(r"contains\((\[.*\]), var.endpoint_mode\)", variables)
    assert json.loads(modes) == list(Mode.__value__.__args__)


def test_alarms_and_metrics_are_counted() -> None:
    assert (ROOT / "alarms.tf").read_text().count('resource "aws_cloudwatch_metric_alarm"') == ALARMS
    emitted = {
        (path.parent, name)
        for path in (REPOSITORY / "functions").rglob("*.py")
        for name in re.findall(r'add_metric\("(\w+)"', path.read_text())
    }
    assert len(emitted) == METRICS


@pytest.mark.parametrize(("end", "path"), [("not promoted", NOT_PROMOTED), ("promoted", PROMOTED)])
def test_the_states_and_calls_of_a_retraining_are_counted(end: str, path: tuple[str, ...]) -> None:
    machine = json.loads((REPOSITORY / "statemachine" / "retrain.asl.json").read_text())["States"]
    for state, following in pairwise(path):
        assert f'"{following}"' in json.dumps(machine[state])
    assert len(path) == TRANSITIONS[end]
    assert sum(machine[state].get("Resource", "").endswith("_arn}") for state in path) == CALLS[end]


def test_the_arithmetic() -> None:
    use = Use(predictions=1e6, new_runs=0, retrainings=10, training_seconds=360, model_seconds=0.5, serverless_gb=2)
    serverless, instance = (lines(use, 3, mode) for mode in ("serverless", "instance"))
    assert instance["Endpoints"] == pytest.approx(3 * HOURS * 0.115)
    assert serverless["Endpoints"] == pytest.approx(3 * 1e6 * 0.5 * 2 * 0.00002)
    assert serverless["Training"] == pytest.approx(3 * 10 * 0.1 * 0.115)
    assert serverless["API"] == pytest.approx(3 * 3.5)
    assert "51" not in table(use, [50, 51], "serverless").splitlines()[0]


def test_prices_say_where_they_are_from(capsys: pytest.CaptureFixture[str]) -> None:
    main(["--prices"])
    assert all("https://aws.amazon.com/" in line for line in capsys.readouterr().out.splitlines())
