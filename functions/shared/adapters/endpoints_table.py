"""Which model of a workflow is in service, in DynamoDB."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

from contract.endpoint_records import EndpointRecord
from functions.shared.adapters.aws import unavailable
from functions.shared.adapters.items import from_item, to_item
from functions.shared.adapters.tables import readable, scan
from functions.shared.errors import StalePromotion

if TYPE_CHECKING:
    from types_boto3_dynamodb import DynamoDBClient


class EndpointsTable:
    """Table `model_endpoints`."""

    def __init__(self, client: "DynamoDBClient", table: str) -> None:
        self._client = client
        self._table = table

    def get(self, workflow_name: str) -> EndpointRecord | None:
        """Return a workflow's record, or None."""
        with unavailable("endpoints table"):
            answer = self._client.get_item(TableName=self._table, Key={"workflow_name": {"S": workflow_name}})
        return from_item(answer["Item"], EndpointRecord) if "Item" in answer else None

    def all(self) -> Mapping[str, EndpointRecord]:
        """Return every readable record by workflow."""
        records = readable(scan(self._client, self._table), EndpointRecord)
        return {record.workflow_name: record for record in records}

    def put(self, record: EndpointRecord) -> None:
        """Write a record if it goes forward; the same package again is a repeated call, not a conflict."""
        try:
            with unavailable("endpoints table"):
                self._client.put_item(
                    TableName=self._table,
                    Item=to_item(record),
                    ConditionExpression=(
                        "attribute_not_exists(workflow_name) OR model_version < :version "
                        "OR (model_version = :version AND model_package_arn = :package)"
                    ),
                    ExpressionAttributeValues={
                        ":version": {"N": str(record.model_version)},
                        ":package": {"S": record.model_package_arn},
                    },
                )
        except self._client.exceptions.ConditionalCheckFailedException as error:
            message = f"Version {record.model_version} is not newer than the version in service"
            raise StalePromotion(message) from error

    def delete(self, workflow_name: str) -> None:
        """Delete a workflow's record, if it has one."""
        with unavailable("endpoints table"):
            self._client.delete_item(TableName=self._table, Key={"workflow_name": {"S": workflow_name}})
