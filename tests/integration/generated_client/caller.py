"""What somebody might write with the generated client: calls the operations and prints what came back.

Runs in the generator's own environment, with nothing of ours on its path: `python caller.py URL KEY WORKFLOW`.
"""

import json
import sys
from datetime import UTC, datetime

# Generated during the test, so that no checker finds them.
from runquote_client import AuthenticatedClient  # type: ignore[import-not-found]
from runquote_client.api.default import (  # type: ignore[import-not-found]
    correct_run,
    delete_budget,
    get_accuracy,
    get_open_api,
    get_prediction,
    get_retraining,
    get_run,
    get_workflow,
    list_budgets,
    list_predictions,
    list_runs,
    list_workflows,
    predict,
    predict_batch,
    record_runs,
    retire_workflow,
    set_budget,
    start_retraining,
)
from runquote_client.models import (  # type: ignore[import-not-found]
    BatchRequest,
    BudgetRequest,
    ErrorBody,
    Prediction,
    PredictionRequest,
    Run,
    RunCostSource,
    RunsRequest,
    RunStatus,
)


def call(url: str, key: str, workflow: str) -> dict[str, object]:
    """Call the operations; return what a reader can check."""
    client = AuthenticatedClient(url, token=key, prefix="", auth_header_name="x-api-key")
    asked = PredictionRequest(workflow_name=workflow, input_bytes=10_000_000)
    unheard = PredictionRequest(workflow_name="unheard-of", input_bytes=1)
    run = Run(
        workflow_name="generated-client",
        run_id="run-1",
        status=RunStatus.SUCCEEDED,
        started_at=datetime(2026, 11, 1, 8, tzinfo=UTC),
        completed_at=datetime(2026, 11, 1, 9, tzinfo=UTC),
        input_bytes=5_000_000,
        cost_usd=0.25,
        cost_source=RunCostSource.BILLED,
    )
    one = predict.sync(client=client, body=asked)
    batch = predict_batch.sync(client=client, body=BatchRequest(requests=[asked, unheard]))
    recorded = record_runs.sync_detailed(client=client, body=RunsRequest(runs=[run]))
    listed = list_workflows.sync(client=client)
    detail = get_workflow.sync("generated-client", client=client)
    page = list_runs.sync("generated-client", client=client, status=RunStatus.SUCCEEDED, limit=5)
    accuracy = get_accuracy.sync(workflow, client=client)
    started = start_retraining.sync("generated-client", client=client)
    followed = get_retraining.sync("generated-client", started.retraining_id, client=client)
    budget = set_budget.sync("generated", client=client, body=BudgetRequest(limit_usd=12.5))
    teams = [each.team for each in list_budgets.sync(client=client).budgets]
    delete_budget.sync("generated", client=client)
    kept = get_prediction.sync(one.prediction_id, client=client)
    found = list_predictions.sync(client=client, workflow_name=workflow, limit=5)
    withdrawal = {"reason": "It was made up", "withdrawn": True}  # a choice of members, which the generator leaves open
    withdrawn = correct_run.sync("generated-client", "run-1", client=client, body=withdrawal)
    story = get_run.sync("generated-client", "run-1", client=client)
    retired = retire_workflow.sync("generated-client", client=client)
    refused = predict.sync(client=client, body=unheard)
    assert isinstance(one, Prediction)
    assert isinstance(refused, ErrorBody)
    return {
        "cost_usd": one.cost_usd,
        "outcomes": len(one.outcomes_usd),
        "trained_at": one.model.trained_at.isoformat(),
        "batch": [type(each).__name__ for each in batch.predictions],
        "total_usd": batch.total.cost_usd,
        "recorded": [recorded.status_code.value, recorded.parsed.accepted],
        "workflows": [each.workflow_name for each in listed.workflows],
        "recent_runs": [each.run_id for each in detail.recent_runs],
        "page": [each.run_id for each in page.runs],
        "evaluated_runs": accuracy.evaluated_runs,
        "retraining": followed.workflow_name,
        "limit_usd": budget.limit_usd,
        "teams": teams,
        "kept_usd": kept.answer.cost_usd,
        "found": [each.prediction_id == one.prediction_id for each in found.predictions],
        "withdrawn": [withdrawn.run.withdrawn, [each.reason for each in story.changes]],
        "retired": type(retired).__name__,
        "refused": refused.error.value,
        "described": get_open_api.sync(client=client).to_dict()["info"]["title"],
    }


if __name__ == "__main__":
    print(json.dumps(call(*sys.argv[1:])))
