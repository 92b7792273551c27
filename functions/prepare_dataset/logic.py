"""Claims a workflow for one retraining and writes its history as the dataset of that retraining."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from contract import names
from contract.states import MINIMUM_RUNS, Champion, PrepareDatasetRequest, PrepareDatasetResponse, RetrainInput
from contract.validation_words import quoted
from functions.prepare_dataset.dataset import Dataset
from functions.prepare_dataset.serving import Serving
from functions.shared import words
from functions.shared.errors import AlreadyRunning, InsufficientData, InvalidInput, MalformedRecord, WorkflowRetired
from functions.shared.observability import MetricUnit, logger, metrics
from functions.shared.ports import (
    Artifacts,
    Clock,
    EndpointRecords,
    Executions,
    Lease,
    Leases,
    ModelRegistry,
    RunHistory,
    WorkflowRecords,
)
from functions.shared.steps import read


class DatasetPreparer:
    """Prepares the dataset of one execution of `retrain`."""

    def __init__(  # noqa: PLR0913 - its ports, by name
        self,
        *,
        runs: RunHistory,
        workflows: WorkflowRecords,
        leases: Leases,
        executions: Executions,
        endpoints: EndpointRecords,
        registry: ModelRegistry,
        artifacts: Artifacts,
        clock: Clock,
        name_prefix: str,
        lease_seconds: int,
        serving_of: Callable[[str], Serving],
    ) -> None:
        self._runs = runs
        self._workflows = workflows
        self._leases = leases
        self._executions = executions
        self._endpoints = endpoints
        self._registry = registry
        self._artifacts = artifacts
        self._clock = clock
        self._name_prefix = name_prefix
        self._lease_seconds = lease_seconds
        self._serving_of = serving_of

    def prepare(self, request: PrepareDatasetRequest) -> PrepareDatasetResponse:
        """Claim the workflow, write its dataset, and return all that the next states need.

        Whatever fails after the claim, the state machine releases it; the same execution may claim again.

        Raises:
            InvalidInput: the execution's input is not a RetrainInput, asks for a version that cannot be restored, or
                names a workflow that is retired.
            AlreadyRunning: another execution holds the workflow.
            InsufficientData: there are fewer than MINIMUM_RUNS successful runs.
            DependencyUnavailable: AWS does not answer.
        """
        asked = read(request.input, RetrainInput)
        workflow_name = asked.workflow_name
        self._claim(workflow_name, request.execution_arn)
        # Read before the runs: what is revised from here on is examined next time.
        record = self._workflows.get(workflow_name)
        prefix = names.dataset_prefix(self._name_prefix, workflow_name, request.execution_name)
        dataset = Dataset(self._artifacts, prefix)
        history = self._runs.succeeded(workflow_name)
        dataset.write(history.rows)
        if history.unreadable:
            logger.error("runs left out", extra={"runs": len(history.unreadable), "examples": history.unreadable[:5]})
            metrics.add_metric("UnreadableRuns", MetricUnit.Count, len(history.unreadable))
        if dataset.runs < MINIMUM_RUNS:
            raise InsufficientData(_too_few(workflow_name, dataset.runs))
        manifest = dataset.finish(workflow_name, request.execution_arn, self._clock.now())
        logger.info(
            "dataset written",
            extra={"workflow_name": workflow_name, "runs": manifest.runs, "holdout_runs": manifest.holdout_runs},
        )
        champion = self._champion(workflow_name)
        restored_model_url = self._restored(asked.restore_version, champion) if asked.restore_version else None
        resource = names.resource_name(self._name_prefix, workflow_name)
        name = names.challenger_name(self._name_prefix, workflow_name, request.execution_name)
        serving = self._serving_of(name)
        return PrepareDatasetResponse(
            workflow_name=workflow_name,
            # Runs that cannot be read are examined too: else the schedule would retrain for them for ever.
            runs=manifest.runs + len(history.unreadable),
            revisions=record.revisions if record else 0,
            manifest_uri=dataset.manifest_uri,
            name=name,
            endpoint_name=resource,
            model_package_group_name=resource,
            client_token=names.client_token(request.execution_name),
            champion=champion,
            hyper_parameters={
                "workflow_name": workflow_name,
                **({"champion_version": str(champion.model_version)} if champion else {}),
            },
            input_data_config=self._channels(dataset, champion),
            output_path=self._artifacts.uri(f"models/{resource}"),
            production_variants=serving.production_variants,
            restored_version=asked.restore_version,
            restored_model_url=restored_model_url,
            enable_network_isolation=serving.enable_network_isolation,
        )

    def _claim(self, workflow_name: str, execution_arn: str) -> None:
        """Take the lease, from a holder that has ended or outstayed it if need be."""
        now = self._clock.now()
        wanted = Lease(execution_arn, now + timedelta(seconds=self._lease_seconds))
        try:
            holder = self._leases.claim(workflow_name, wanted)
            if holder is None:
                return
            expired = holder.expires_at is None or holder.expires_at <= now
            if not expired and names.is_retirement(holder.owner):
                raise AlreadyRunning(f"{quoted(workflow_name)} is being retired")
            if not expired and self._executions.is_running(holder.owner):
                raise AlreadyRunning(f"Execution {holder.owner} is retraining {quoted(workflow_name)}")
            logger.warning(
                "lease taken over", extra={"workflow_name": workflow_name, "holder": holder.owner, "expired": expired}
            )
            if self._leases.claim(workflow_name, wanted, replaces=holder) is not None:
                raise AlreadyRunning(f"Another execution has just claimed {quoted(workflow_name)}")
        except LookupError as error:
            raise InsufficientData(_too_few(workflow_name, 0)) from error
        except WorkflowRetired as error:
            message = f"{quoted(workflow_name)} is retired: a new run, or a retraining by the API, brings it back"
            raise InvalidInput(message) from error

    def _champion(self, workflow_name: str) -> Champion | None:
        """Return the model in service; a record that nobody can read is replaced by the next promotion."""
        try:
            record = self._endpoints.get(workflow_name)
        except MalformedRecord as error:
            logger.error("champion is unreadable", extra={"workflow_name": workflow_name, "cause": str(error)})
            return None
        if record is None:
            return None
        return Champion(
            model_version=record.model_version,
            model_package_arn=record.model_package_arn,
            endpoint_name=record.endpoint_name,
        )

    def _restored(self, version: int, champion: Champion | None) -> str:
        """Return where the model of a version is: an earlier one, one that was not promoted, or the one in service."""
        if champion is None:
            raise InvalidInput("restore_version: no model is in service")
        group, _ = champion.model_package_arn.rsplit("/", 1)
        uri = self._registry.artifact_uri(f"{group}/{version}")
        if uri is None:
            raise InvalidInput(f"restore_version: there is no version {version}")
        return uri

    def _channels(self, dataset: Dataset, champion: Champion | None) -> list[dict[str, Any]]:
        channels = [_channel("train", dataset.train_uri), _channel("holdout", dataset.holdout_uri)]
        if champion is not None:
            uri = self._registry.artifact_uri(champion.model_package_arn)
            if uri is not None:
                channels.append(_channel("champion", uri, "application/gzip"))
        return channels


def _channel(name: str, uri: str, content_type: str = "application/jsonlines") -> dict[str, Any]:
    """Return one channel of CreateTrainingJob's InputDataConfig (botocore's model of sagemaker).

    The container unzips the parts itself, so SageMaker is told of no compression.
    """
    return {
        "ChannelName": name,
        "DataSource": {
            "S3DataSource": {"S3DataType": "S3Prefix", "S3Uri": uri, "S3DataDistributionType": "FullyReplicated"}
        },
        "ContentType": content_type,
        "CompressionType": "None",
        "InputMode": "File",
    }


def _too_few(workflow_name: str, runs: int) -> str:
    return (
        f"{quoted(workflow_name)} has {words.counted(runs, 'successful run')} recorded; "
        f"a model needs at least {MINIMUM_RUNS}"
    )
