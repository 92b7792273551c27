"""The model registry: model package groups and their versioned packages."""

import threading
from typing import Any

from cloud.sagemaker.context import Context
from cloud.sagemaker.errors import SageMakerError, unsupported, validation_exception
from cloud.sagemaker.resources import Action, now, page
from cloud.sagemaker.store import AlreadyExistsError, Document

GROUP = "model-package-group"
PACKAGE = "model-package"


class Registry:
    """Groups and packages. A version number is never used twice, also after a package was deleted."""

    def __init__(self, context: Context) -> None:
        self._store = context.store
        self._tags = context.tags
        self._account = context.account
        self._lock = threading.RLock()
        self.actions: dict[str, Action] = {
            "CreateModelPackageGroup": self.create_group,
            "DescribeModelPackageGroup": self.describe_group,
            "DeleteModelPackageGroup": self.delete_group,
            "ListModelPackageGroups": self.list_groups,
            "CreateModelPackage": self.create,
            "DescribeModelPackage": self.describe,
            "UpdateModelPackage": self.update,
            "DeleteModelPackage": self.delete,
            "ListModelPackages": self.list,
        }

    def create_group(self, request: dict[str, Any]) -> dict[str, Any]:
        """CreateModelPackageGroup."""
        name = request["ModelPackageGroupName"]
        arn = self._account.arn(GROUP, name)
        group = {
            "ModelPackageGroupName": name,
            "ModelPackageGroupArn": arn,
            "ModelPackageGroupDescription": request.get("ModelPackageGroupDescription"),
            "ModelPackageGroupStatus": "Completed",
            "CreationTime": now(),
            "CreatedBy": {},
            "LastVersion": 0,
        }
        try:
            self._store.insert(GROUP, name, group)
        except AlreadyExistsError:
            raise validation_exception(f"Model Package Group already exists: {arn}") from None
        self._tags.create(arn, request)
        return {"ModelPackageGroupArn": arn}

    def describe_group(self, request: dict[str, Any]) -> dict[str, Any]:
        """DescribeModelPackageGroup."""
        return self._group(request["ModelPackageGroupName"])

    def delete_group(self, request: dict[str, Any]) -> dict[str, Any]:
        """DeleteModelPackageGroup: refused while it has packages."""
        with self._lock:
            group = self._group(request["ModelPackageGroupName"])
            name = group["ModelPackageGroupName"]
            if any(package["ModelPackageGroupName"] == name for package in self._store.all(PACKAGE)):
                raise SageMakerError(
                    "ConflictException",
                    f"Model Package Group cannot be deleted as it contains model packages: {name}",
                )
            self._store.delete(GROUP, name)
            self._tags.forget(group["ModelPackageGroupArn"])
        return {}

    def list_groups(self, request: dict[str, Any]) -> dict[str, Any]:
        """ListModelPackageGroups."""
        groups, token = page(self._store.all(GROUP), request, name="ModelPackageGroupName", newest_first=True)
        return {"ModelPackageGroupSummaryList": groups, "NextToken": token}

    def create(self, request: dict[str, Any]) -> dict[str, Any]:
        """CreateModelPackage: the next version of a group; the same ClientToken gives the same version."""
        if "ModelPackageGroupName" not in request:
            raise unsupported("A model package outside a model package group")
        with self._lock:
            group = self._group(request["ModelPackageGroupName"])
            made = self._made_with(request.get("ClientToken"))
            if made:
                return {"ModelPackageArn": made}
            name, version = group["ModelPackageGroupName"], group["LastVersion"] + 1
            arn = self._account.arn(PACKAGE, f"{name}/{version}")
            package = {key: value for key, value in request.items() if key != "Tags"} | {
                "ModelPackageName": f"{name}/{version}",
                "ModelPackageGroupName": name,
                "ModelPackageVersion": version,
                "ModelPackageArn": arn,
                "ModelPackageStatus": "Completed",
                "ModelPackageStatusDetails": {"ValidationStatuses": [], "ImageScanStatuses": []},
                "ModelApprovalStatus": request.get("ModelApprovalStatus", "PendingManualApproval"),
                "CreationTime": now(),
                "CreatedBy": {},
            }
            self._store.update(GROUP, name, {"LastVersion": version})
            self._store.insert(PACKAGE, arn, package)
            self._tags.create(arn, request)
        return {"ModelPackageArn": arn}

    def describe(self, request: dict[str, Any]) -> dict[str, Any]:
        """DescribeModelPackage, by ARN or by group/version."""
        return self._package(request["ModelPackageName"])

    def update(self, request: dict[str, Any]) -> dict[str, Any]:
        """UpdateModelPackage: approval status and description, and customer metadata."""
        with self._lock:
            package = self._package(request["ModelPackageArn"])
            removed = request.get("CustomerMetadataPropertiesToRemove", [])
            metadata = package.get("CustomerMetadataProperties", {}) | request.get("CustomerMetadataProperties", {})
            kept = ("ModelApprovalStatus", "ApprovalDescription", "SourceUri", "InferenceSpecification")
            changes = {name: request[name] for name in kept if name in request} | {
                "CustomerMetadataProperties": {k: v for k, v in metadata.items() if k not in removed} or None,
                "LastModifiedTime": now(),
                "LastModifiedBy": {},
            }
            self._store.update(PACKAGE, package["ModelPackageArn"], changes)
        return {"ModelPackageArn": package["ModelPackageArn"]}

    def delete(self, request: dict[str, Any]) -> dict[str, Any]:
        """DeleteModelPackage."""
        arn = self._package(request["ModelPackageName"])["ModelPackageArn"]
        self._store.delete(PACKAGE, arn)
        self._tags.forget(arn)
        return {}

    def list(self, request: dict[str, Any]) -> dict[str, Any]:
        """ListModelPackages, of one group or of all."""
        group = request.get("ModelPackageGroupName", "").rsplit("/", 1)[-1]
        if group:
            self._group(group)
        status = request.get("ModelApprovalStatus")
        packages = [
            package
            for package in self._store.all(PACKAGE)
            if group in {"", package["ModelPackageGroupName"]} and status in {None, package["ModelApprovalStatus"]}
        ]
        found, token = page(packages, request, name="ModelPackageName", status="ModelPackageStatus", newest_first=True)
        return {"ModelPackageSummaryList": found, "NextToken": token}

    def _group(self, name_or_arn: str) -> Document:
        name = name_or_arn.rsplit("/", 1)[-1]
        group = self._store.get(GROUP, name)
        if group is None:
            raise validation_exception(f"ModelPackageGroup {self._account.arn(GROUP, name)} does not exist.")
        return group

    def _package(self, name_or_arn: str) -> Document:
        arn = name_or_arn if name_or_arn.startswith("arn:") else self._account.arn(PACKAGE, name_or_arn)
        package = self._store.get(PACKAGE, arn)
        if package is None:
            raise validation_exception(f"ModelPackage {arn} does not exist.")
        return package

    def _made_with(self, token: str | None) -> str | None:
        if token is None:
            return None
        return next((p["ModelPackageArn"] for p in self._store.all(PACKAGE) if p.get("ClientToken") == token), None)
