"""What the field's own scanners say of the root: checkov of its text, parliament and cloudsplaining of its policies.

They live in an environment of their own (requirements/security.txt) and need no network.
"""

import json
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.terraform.conftest import TABLES, Deployment
from tests.terraform.policies import allow
from tools.apply import ROOT
from tools.packages import environment

AUDITED = ("aws_iam_role_policy", "aws_s3_bucket_policy", "aws_sns_topic_policy")
"""Neither tool knows trust policies, nor that "*" in a key's policy is the key: test_policies.py reads those."""

KNOWN = {
    # Permissions management is logs:PutResourcePolicy, which the delivery of the state machines' logs needs
    # (Step Functions developer guide, "IAM policies for logging to CloudWatch Logs").
    "aws_iam_role_policy.retrain": {"parliament: PERMISSIONS_MANAGEMENT_ACTIONS"},
    "aws_iam_role_policy.retrain_all": {
        "parliament: PERMISSIONS_MANAGEMENT_ACTIONS",
        "parliament: RESOURCE_MISMATCH states:DescribeExecution",
    },
    # The credential is ecr:GetAuthorizationToken, without which SageMaker cannot pull the image.
    "aws_iam_role_policy.sagemaker": {
        "parliament: CREDENTIALS_EXPOSURE",
        "cloudsplaining: CredentialsExposure ecr:GetAuthorizationToken",
    },
    # parliament wants an ARN of an express execution beside that of a standard one; ours are standard.
    "module.prepare_dataset.aws_iam_role_policy.this": {"parliament: RESOURCE_MISMATCH states:DescribeExecution"},
    "module.report_round.aws_iam_role_policy.this": {"parliament: RESOURCE_MISMATCH states:DescribeExecution"},
    "module.retire_workflow.aws_iam_role_policy.this": {"parliament: RESOURCE_MISMATCH states:DescribeExecution"},
    "module.retrainings.aws_iam_role_policy.this": {"parliament: RESOURCE_MISMATCH states:DescribeExecution"},
}
"""What they find and is meant to be."""


def audit(policies: dict[str, Any]) -> dict[str, set[str]]:
    """Findings by name of the policy; policies without any are left out."""
    answer = subprocess.run(
        [environment("security") / "python", Path(__file__).with_name("audit.py")],
        input=json.dumps(policies),
        capture_output=True,
        text=True,
        check=False,
    )
    assert answer.returncode == 0, answer.stderr
    found = json.loads(answer.stdout)
    assert found.keys() == policies.keys()
    return {name: set(findings) for name, findings in found.items() if findings}


def checkov(directory: Path) -> set[tuple[str, str]]:
    """Check and resource of each failed check."""
    command = [str(environment("security") / "checkov"), f"--directory={directory}", "--framework=terraform"]
    options = ["--skip-download", "--quiet", "--compact", "--output=json"]
    answer = subprocess.run([*command, *options], capture_output=True, text=True, check=False)
    assert answer.returncode in (0, 1), answer.stderr
    report = json.loads(answer.stdout)
    assert report["summary"]["parsing_errors"] == 0
    assert report["summary"]["passed"] > 0
    return {(each["check_id"], each["resource"]) for each in report["results"]["failed_checks"]}


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A copy of the root without what someone who deploys leaves there."""
    left = shutil.ignore_patterns(".*", "*.tfvars", "*.tfstate*")
    return shutil.copytree(ROOT, tmp_path / "root", ignore=left)


def test_checkov_finds_nothing(root: Path) -> None:
    assert checkov(root) == set()


def test_every_exception_says_why() -> None:
    skips = [line for path in ROOT.rglob("*.tf") for line in path.read_text().splitlines() if "checkov:" in line]
    assert len(skips) > 10
    assert not [line for line in skips if not re.fullmatch(r" +# checkov:skip=CKV2?_AWS_\d+: \w.{7,}", line)]


def test_every_exception_is_needed(root: Path) -> None:
    """Without the comments each of them is a finding."""
    excepted = set()
    block = re.compile(r'^(?:resource|data) "(\w+)" "(\w+)" {$(.*?)^}$', re.MULTILINE | re.DOTALL)
    for path in root.rglob("*.tf"):
        text = path.read_text()
        for type_, name, content in block.findall(text):
            excepted |= {(check, f"{type_}.{name}") for check in re.findall(r"checkov:skip=(\w+)", content)}
        path.write_text(text.replace("checkov:skip", "no skip"))
    of_a_module_or_list = r'^module\.\w+(\["\w+"\])?\.|\[\d+\]$'
    found = {(check, re.sub(of_a_module_or_list, "", resource)) for check, resource in checkov(root)}
    assert len(excepted) > 20
    assert found == excepted


def test_checkov_goes_red_for_planted_defects(tmp_path: Path) -> None:
    text = (ROOT / "storage.tf").read_text()
    for right, wrong in (
        ("point_in_time_recovery {\n    enabled = true", "point_in_time_recovery {\n    enabled = false"),
        ("block_public_policy     = true", "block_public_policy     = false"),
        ("# checkov:skip=CKV_AWS_144", "# no skip of CKV_AWS_144"),
    ):
        assert right in text
        text = text.replace(right, wrong)
    (tmp_path / "storage.tf").write_text(text)
    assert checkov(tmp_path) == {
        *(("CKV_AWS_28", f"aws_dynamodb_table.{name}") for name in TABLES),
        ("CKV_AWS_54", "aws_s3_bucket_public_access_block.artifacts"),
        ("CKV2_AWS_6", "aws_s3_bucket.artifacts"),
        ("CKV_AWS_144", "aws_s3_bucket.artifacts"),
    }


def test_the_policies_are_what_two_auditors_expect(deployment: Deployment) -> None:
    policies = {each["address"]: json.loads(each["values"]["policy"]) for each in deployment.of_type(*AUDITED)}
    assert audit(policies) == KNOWN


LOG_GROUP = "arn:aws:logs:us-east-1:000000000000:log-group:/aws/lambda/runquote-predict"
DEFECTS = {
    "parliament: UNKNOWN_ACTION": allow("s3:FetchObject", "arn:aws:s3:::runquote-artifacts/models/*"),
    "parliament: RESOURCE_MISMATCH logs:PutLogEvents": allow("logs:PutLogEvents", LOG_GROUP),  # a stream is meant
    "parliament: RESOURCE_STAR sagemaker:DeleteEndpoint": allow("sagemaker:DeleteEndpoint", "*"),
    "cloudsplaining: InfrastructureModification sagemaker:DeleteEndpoint": allow("sagemaker:DeleteEndpoint", "*"),
    "cloudsplaining: DataExfiltration s3:GetObject": allow("s3:GetObject", "*"),
    "cloudsplaining: ResourceExposure iam:PutRolePolicy": allow("iam:PutRolePolicy", "*"),
    "cloudsplaining: ServiceWildcard dynamodb": allow("dynamodb:*", "arn:aws:dynamodb:us-east-1:000000000000:table/t"),
}
"""A policy with one mistake, by the finding that it must lead to."""


def test_the_auditors_go_red_for_planted_defects() -> None:
    found = audit(DEFECTS)
    missed = {
        finding: found.get(finding)
        for finding in DEFECTS
        if not any(each.startswith(finding) for each in found.get(finding, ()))
    }
    assert not missed
