"""What the documents say of the monthly cost is what the program says, of what is in the Terraform root."""

import json
import re
from itertools import pairwise

import pytest

from cloud.settings import REPOSITORY
from tools.apply import ROOT
from tools.aws.monthly_cost import ALARMS, HOURS, METRICS, TRANSITIONS, Mode, Use, lines, main, table

NOT_PROMOTED = (
    *("HasWorkflowName", "PrepareDataset", "IsModelRestored", "TrainModel", "VerifyArtifact", "FindModelPackageGroup"),
    *("HasModelPackageGroup", "RegisterModel", "CompareModels", "IsChallengerBetter", "RejectChallenger", "NoUpdate"),
    *("RecordVerdict", "NotifyOutcome", "HowItEnded", "TakeNotification", "Done"),
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


def test_the_states_of_a_retraining_without_a_promotion_are_counted() -> None:
    machine = json.loads((REPOSITORY / "statemachine" / "retrain.asl.json").read_text())["States"]
    for state, following in pairwise(NOT_PROMOTED):
        assert f'"{following}"' in json.dumps(machine[state])
    assert len(NOT_PROMOTED) == TRANSITIONS["not promoted"]


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
