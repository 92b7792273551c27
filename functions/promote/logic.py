"""Points a workflow at its new model, if that is newer than the one in service."""

import re

from contract.endpoint_records import EndpointRecord
from contract.states import PromoteRequest, PromoteResponse
from functions.shared import evaluations
from functions.shared.errors import InvalidInput
from functions.shared.observability import MetricUnit, logger, metrics
from functions.shared.ports import Artifacts, Clock, EndpointRecords

_VERSION = re.compile(r"arn:[^:]+:sagemaker:[^:]*:[^:]*:model-package/[^/]+/([1-9][0-9]{0,8})")


class Promoter:
    """Writes endpoint records."""

    def __init__(self, *, artifacts: Artifacts, endpoints: EndpointRecords, clock: Clock) -> None:
        self._artifacts = artifacts
        self._endpoints = endpoints
        self._clock = clock

    def promote(self, request: PromoteRequest) -> PromoteResponse:
        """Write the record of the new model; the same promotion again changes nothing that matters.

        Raises:
            InvalidInput: the ARN is not that of a version in a model package group.
            BadArtifact: the evaluation is missing or not readable.
            StalePromotion: the version in service is as new or newer.
        """
        found = _VERSION.fullmatch(request.model_package_arn)
        if found is None:
            raise InvalidInput("model_package_arn: names no version of a model package group")
        version = int(found[1])
        evaluation = evaluations.load(self._artifacts, request.evaluation_uri, request.workflow_name)
        self._endpoints.put(
            EndpointRecord(
                workflow_name=request.workflow_name,
                endpoint_name=request.endpoint_name,
                model_package_arn=request.model_package_arn,
                model_version=version,
                trained_at=evaluation.trained_at,
                kind=evaluation.kind,
                metrics=evaluation.challenger,
                evaluated_runs=evaluation.evaluated_runs,
                later=evaluation.later,
                input_bytes_range=evaluation.profile.input_bytes_range,
                runs=evaluation.profile.runs,
                profile=evaluation.profile,
                updated_at=self._clock.now(),
            )
        )
        logger.info("promoted", extra={"workflow_name": request.workflow_name, "model_version": version})
        metrics.add_metric("Promotions", MetricUnit.Count, 1)
        return PromoteResponse(model_version=version)
