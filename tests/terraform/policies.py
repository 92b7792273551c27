"""What an IAM policy may not say."""

from collections.abc import Collection, Iterable
from typing import Any

# These actions know no resources (AWS service authorization reference), so "*" is all that can be said.
WITHOUT_RESOURCE = {
    "cloudwatch:PutMetricData",
    "ecr:GetAuthorizationToken",
    "logs:CreateLogDelivery",
    "logs:DeleteLogDelivery",
    "logs:DescribeLogGroups",
    "logs:DescribeResourcePolicies",
    "logs:GetLogDelivery",
    "logs:ListLogDeliveries",
    "logs:PutResourcePolicy",
    "logs:UpdateLogDelivery",
    "sagemaker:ListEndpointConfigs",
    "sagemaker:ListEndpoints",
    "sagemaker:ListModelPackageGroups",
    "sagemaker:ListModelPackages",
    "sagemaker:ListModels",
    "xray:GetSamplingRules",
    "xray:GetSamplingTargets",
    "xray:PutTelemetryRecords",
    "xray:PutTraceSegments",
}
# What Step Functions and SageMaker name themselves.
FOREIGN_NAMES = (
    "rule/StepFunctionsGetEventsForSageMakerTrainingJobsRule",
    "rule/StepFunctionsGetEventsForStepFunctionsExecutionRule",
    "log-group:/aws/sagemaker/*",
)


def allow(action: str, resource: str, **more: object) -> dict[str, Any]:
    """Return a policy of one statement."""
    statement = {"Sid": "Test", "Effect": "Allow", "Action": action, "Resource": resource, **more}
    return {"Version": "2012-10-17", "Statement": [statement]}


def as_list(value: Any) -> list[Any]:  # noqa: ANN401 - a JSON value
    """IAM writes a list of one as that one."""
    return value if isinstance(value, list) else [value]


def faults(policy: dict[str, Any], name_prefix: str, keys: Collection[str] = ()) -> list[str]:
    """Each way in which a policy of a role gives more than a role needs; the deployment's `keys` have no names."""
    return [
        fault
        for statement in as_list(policy["Statement"])
        if statement["Effect"] == "Allow"
        for fault in _faults_of(statement, name_prefix, keys)
    ]


def _faults_of(statement: dict[str, Any], name_prefix: str, keys: Collection[str]) -> Iterable[str]:
    name = statement.get("Sid", "a statement without Sid")
    if "NotAction" in statement or "NotResource" in statement:
        yield f"{name}: allows everything but something"
        return
    for action in as_list(statement["Action"]):
        if "*" in action:
            yield f"{name}: {action} is a wildcard"
        if action == "iam:PassRole" and not statement.get("Condition", {}).get("StringEquals", {}).get(
            "iam:PassedToService"
        ):
            yield f"{name}: PassRole to any service"
        if action == "cloudwatch:PutMetricData" and "cloudwatch:namespace" not in str(statement.get("Condition")):
            yield f"{name}: metrics in any namespace"
    for resource in as_list(statement["Resource"]):
        if resource == "*":
            for action in set(as_list(statement["Action"])) - WITHOUT_RESOURCE:
                yield f"{name}: {action} on everything"
        elif resource in keys or resource.endswith(FOREIGN_NAMES):
            continue
        elif name_prefix not in resource.split(":", 5)[5]:
            yield f"{name}: {resource} is not of this deployment"


def denies_plain_http(policy: dict[str, Any]) -> bool:
    """Whether everyone is denied what they do without TLS."""
    return any(
        statement["Effect"] == "Deny"
        and statement["Principal"] in ("*", {"AWS": "*"})
        and statement.get("Condition") == {"Bool": {"aws:SecureTransport": "false"}}
        for statement in as_list(policy["Statement"])
    )
