"""Model package groups and versions."""

import pytest

from cloud.sagemaker.errors import SageMakerError
from tests.unit.cloud.sagemaker_bench import Bench

ARN = "arn:aws:sagemaker:us-east-1:000000000000"


@pytest.fixture
def group(bench: Bench) -> Bench:
    bench.call("CreateModelPackageGroup", ModelPackageGroupName="rna-seq", ModelPackageGroupDescription="d")
    return bench


def refusal(bench: Bench, action: str, **request: object) -> SageMakerError:
    with pytest.raises(SageMakerError) as raised:
        bench.call(action, **request)
    return raised.value


def test_versions_grow_and_are_never_used_again(group: Bench) -> None:
    made = [group.call("CreateModelPackage", ModelPackageGroupName="rna-seq")["ModelPackageArn"] for _ in range(2)]
    assert made == [f"{ARN}:model-package/rna-seq/1", f"{ARN}:model-package/rna-seq/2"]
    group.call("DeleteModelPackage", ModelPackageName=made[1])
    third = group.call("CreateModelPackage", ModelPackageGroupName=f"{ARN}:model-package-group/rna-seq")
    assert third["ModelPackageArn"] == f"{ARN}:model-package/rna-seq/3"


def test_client_token(group: Bench) -> None:
    once = group.call("CreateModelPackage", ModelPackageGroupName="rna-seq", ClientToken="t-1")
    again = group.call("CreateModelPackage", ModelPackageGroupName="rna-seq", ClientToken="t-1")
    other = group.call("CreateModelPackage", ModelPackageGroupName="rna-seq", ClientToken="t-2")
    assert once == again
    assert other != once


def test_describe_and_update(group: Bench) -> None:
    arn = group.call(
        "CreateModelPackage", ModelPackageGroupName="rna-seq", CustomerMetadataProperties={"a": "1", "b": "2"}
    )["ModelPackageArn"]
    package = group.call("DescribeModelPackage", ModelPackageName=arn)
    assert package["ModelPackageVersion"] == 1
    assert package["ModelApprovalStatus"] == "PendingManualApproval"
    group.call(
        "UpdateModelPackage",
        ModelPackageArn=arn,
        ModelApprovalStatus="Rejected",
        ApprovalDescription="within noise",
        CustomerMetadataProperties={"c": "3"},
        CustomerMetadataPropertiesToRemove=["a"],
    )
    package = group.call("DescribeModelPackage", ModelPackageName="rna-seq/1")
    assert package["ModelApprovalStatus"] == "Rejected"
    assert package["ApprovalDescription"] == "within noise"
    assert package["CustomerMetadataProperties"] == {"b": "2", "c": "3"}


def test_list(group: Bench) -> None:
    group.call("CreateModelPackageGroup", ModelPackageGroupName="gwas")
    for name, status in (("rna-seq", "Approved"), ("rna-seq", "Rejected"), ("gwas", "Approved")):
        group.call("CreateModelPackage", ModelPackageGroupName=name, ModelApprovalStatus=status)
    found = group.call("ListModelPackages", ModelPackageGroupName="rna-seq", ModelApprovalStatus="Approved")
    assert [package["ModelPackageVersion"] for package in found["ModelPackageSummaryList"]] == [1]
    assert len(group.call("ListModelPackages")["ModelPackageSummaryList"]) == 3
    groups = group.call("ListModelPackageGroups", SortBy="Name", SortOrder="Ascending")
    assert [g["ModelPackageGroupName"] for g in groups["ModelPackageGroupSummaryList"]] == ["gwas", "rna-seq"]


def test_what_does_not_exist(bench: Bench) -> None:
    missing = f"ModelPackageGroup {ARN}:model-package-group/none does not exist."
    assert refusal(bench, "DescribeModelPackageGroup", ModelPackageGroupName="none").message == missing
    assert refusal(bench, "CreateModelPackage", ModelPackageGroupName="none").message == missing
    assert refusal(bench, "DescribeModelPackage", ModelPackageName="none/1").code == "ValidationException"


def test_group_that_exists_or_is_not_empty(group: Bench) -> None:
    error = refusal(group, "CreateModelPackageGroup", ModelPackageGroupName="rna-seq")
    assert error.message == f"Model Package Group already exists: {ARN}:model-package-group/rna-seq"
    arn = group.call("CreateModelPackage", ModelPackageGroupName="rna-seq")["ModelPackageArn"]
    assert refusal(group, "DeleteModelPackageGroup", ModelPackageGroupName="rna-seq").code == "ConflictException"
    group.call("DeleteModelPackage", ModelPackageName=arn)
    group.call("DeleteModelPackageGroup", ModelPackageGroupName="rna-seq")
    assert group.call("ListModelPackageGroups")["ModelPackageGroupSummaryList"] == []
