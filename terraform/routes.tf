# Written by `make generate` from contract/routes.py, which is the place to change a route.

locals {
  # Paths that answer a browser's preflight, with the methods that they allow.
  preflights = {
    budgets                                           = [aws_api_gateway_resource.budgets.id, "GET,OPTIONS"]
    budgets_team                                      = [aws_api_gateway_resource.budgets_team.id, "PUT,DELETE,OPTIONS"]
    openapi_json                                      = [aws_api_gateway_resource.openapi_json.id, "GET,OPTIONS"]
    predictions                                       = [aws_api_gateway_resource.predictions.id, "POST,GET,OPTIONS"]
    predictions_batch                                 = [aws_api_gateway_resource.predictions_batch.id, "POST,OPTIONS"]
    predictions_prediction_id                         = [aws_api_gateway_resource.predictions_prediction_id.id, "GET,OPTIONS"]
    runs                                              = [aws_api_gateway_resource.runs.id, "POST,OPTIONS"]
    workflows                                         = [aws_api_gateway_resource.workflows.id, "GET,OPTIONS"]
    workflows_workflow_name                           = [aws_api_gateway_resource.workflows_workflow_name.id, "GET,DELETE,OPTIONS"]
    workflows_workflow_name_accuracy                  = [aws_api_gateway_resource.workflows_workflow_name_accuracy.id, "GET,OPTIONS"]
    workflows_workflow_name_retrainings               = [aws_api_gateway_resource.workflows_workflow_name_retrainings.id, "POST,OPTIONS"]
    workflows_workflow_name_retrainings_retraining_id = [aws_api_gateway_resource.workflows_workflow_name_retrainings_retraining_id.id, "GET,OPTIONS"]
    workflows_workflow_name_runs                      = [aws_api_gateway_resource.workflows_workflow_name_runs.id, "GET,OPTIONS"]
    workflows_workflow_name_runs_run_id               = [aws_api_gateway_resource.workflows_workflow_name_runs_run_id.id, "GET,PUT,OPTIONS"]
  }

  # What answers, for the deployment, which is a snapshot of it.
  integrations = [
    aws_api_gateway_integration.predict.id, aws_api_gateway_integration.predict.uri,
    aws_api_gateway_integration.predict_batch.id, aws_api_gateway_integration.predict_batch.uri,
    aws_api_gateway_integration.list_predictions.id, aws_api_gateway_integration.list_predictions.uri,
    aws_api_gateway_integration.get_prediction.id, aws_api_gateway_integration.get_prediction.uri,
    aws_api_gateway_integration.record_runs.id, aws_api_gateway_integration.record_runs.uri,
    aws_api_gateway_integration.list_workflows.id, aws_api_gateway_integration.list_workflows.uri,
    aws_api_gateway_integration.get_workflow.id, aws_api_gateway_integration.get_workflow.uri,
    aws_api_gateway_integration.retire_workflow.id, aws_api_gateway_integration.retire_workflow.uri,
    aws_api_gateway_integration.get_open_api.id, aws_api_gateway_integration.get_open_api.uri,
    aws_api_gateway_integration.list_runs.id, aws_api_gateway_integration.list_runs.uri,
    aws_api_gateway_integration.get_run.id, aws_api_gateway_integration.get_run.uri,
    aws_api_gateway_integration.correct_run.id, aws_api_gateway_integration.correct_run.uri,
    aws_api_gateway_integration.get_accuracy.id, aws_api_gateway_integration.get_accuracy.uri,
    aws_api_gateway_integration.start_retraining.id, aws_api_gateway_integration.start_retraining.uri,
    aws_api_gateway_integration.get_retraining.id, aws_api_gateway_integration.get_retraining.uri,
    aws_api_gateway_integration.list_budgets.id, aws_api_gateway_integration.list_budgets.uri,
    aws_api_gateway_integration.set_budget.id, aws_api_gateway_integration.set_budget.uri,
    aws_api_gateway_integration.delete_budget.id, aws_api_gateway_integration.delete_budget.uri,
  ]
}

resource "aws_api_gateway_resource" "budgets" {
  rest_api_id = aws_api_gateway_rest_api.this.id
  parent_id   = aws_api_gateway_rest_api.this.root_resource_id
  path_part   = "budgets"
}

resource "aws_api_gateway_resource" "budgets_team" {
  rest_api_id = aws_api_gateway_rest_api.this.id
  parent_id   = aws_api_gateway_resource.budgets.id
  path_part   = "{team}"
}

resource "aws_api_gateway_resource" "openapi_json" {
  rest_api_id = aws_api_gateway_rest_api.this.id
  parent_id   = aws_api_gateway_rest_api.this.root_resource_id
  path_part   = "openapi.json"
}

resource "aws_api_gateway_resource" "predictions" {
  rest_api_id = aws_api_gateway_rest_api.this.id
  parent_id   = aws_api_gateway_rest_api.this.root_resource_id
  path_part   = "predictions"
}

resource "aws_api_gateway_resource" "predictions_batch" {
  rest_api_id = aws_api_gateway_rest_api.this.id
  parent_id   = aws_api_gateway_resource.predictions.id
  path_part   = "batch"
}

resource "aws_api_gateway_resource" "predictions_prediction_id" {
  rest_api_id = aws_api_gateway_rest_api.this.id
  parent_id   = aws_api_gateway_resource.predictions.id
  path_part   = "{prediction_id}"
}

resource "aws_api_gateway_resource" "runs" {
  rest_api_id = aws_api_gateway_rest_api.this.id
  parent_id   = aws_api_gateway_rest_api.this.root_resource_id
  path_part   = "runs"
}

resource "aws_api_gateway_resource" "workflows" {
  rest_api_id = aws_api_gateway_rest_api.this.id
  parent_id   = aws_api_gateway_rest_api.this.root_resource_id
  path_part   = "workflows"
}

resource "aws_api_gateway_resource" "workflows_workflow_name" {
  rest_api_id = aws_api_gateway_rest_api.this.id
  parent_id   = aws_api_gateway_resource.workflows.id
  path_part   = "{workflow_name}"
}

resource "aws_api_gateway_resource" "workflows_workflow_name_accuracy" {
  rest_api_id = aws_api_gateway_rest_api.this.id
  parent_id   = aws_api_gateway_resource.workflows_workflow_name.id
  path_part   = "accuracy"
}

resource "aws_api_gateway_resource" "workflows_workflow_name_retrainings" {
  rest_api_id = aws_api_gateway_rest_api.this.id
  parent_id   = aws_api_gateway_resource.workflows_workflow_name.id
  path_part   = "retrainings"
}

resource "aws_api_gateway_resource" "workflows_workflow_name_retrainings_retraining_id" {
  rest_api_id = aws_api_gateway_rest_api.this.id
  parent_id   = aws_api_gateway_resource.workflows_workflow_name_retrainings.id
  path_part   = "{retraining_id}"
}

resource "aws_api_gateway_resource" "workflows_workflow_name_runs" {
  rest_api_id = aws_api_gateway_rest_api.this.id
  parent_id   = aws_api_gateway_resource.workflows_workflow_name.id
  path_part   = "runs"
}

resource "aws_api_gateway_resource" "workflows_workflow_name_runs_run_id" {
  rest_api_id = aws_api_gateway_rest_api.this.id
  parent_id   = aws_api_gateway_resource.workflows_workflow_name_runs.id
  path_part   = "{run_id}"
}

# POST /predictions

resource "aws_api_gateway_model" "predict" {
  rest_api_id  = aws_api_gateway_rest_api.this.id
  name         = "predict"
  description  = "Body of POST /predictions"
  content_type = "application/json"
  schema       = jsonencode(local.gateway_models.predict)
}

resource "aws_api_gateway_method" "predict" {
  rest_api_id          = aws_api_gateway_rest_api.this.id
  resource_id          = aws_api_gateway_resource.predictions.id
  operation_name       = "predict"
  http_method          = "POST"
  authorization        = local.caller.authorization
  authorizer_id        = local.caller.authorizer_id
  authorization_scopes = local.caller.scopes
  api_key_required     = local.caller.needs_key
  request_validator_id = aws_api_gateway_request_validator.this.id
  request_models = {
    "application/json" = aws_api_gateway_model.predict.name
    "$default"         = aws_api_gateway_model.predict.name
  }
}

resource "aws_api_gateway_integration" "predict" {
  rest_api_id             = aws_api_gateway_rest_api.this.id
  resource_id             = aws_api_gateway_resource.predictions.id
  http_method             = aws_api_gateway_method.predict.http_method
  type                    = "AWS_PROXY"
  integration_http_method = "POST"
  uri                     = module.predict.invoke_arn
}

resource "aws_lambda_permission" "predict" {
  statement_id  = "predict"
  action        = "lambda:InvokeFunction"
  function_name = module.predict.function_name
  qualifier     = module.predict.alias_name
  principal     = "apigateway.amazonaws.com"
  source_arn    = "${aws_api_gateway_rest_api.this.execution_arn}/*/POST/predictions"

  lifecycle {
    create_before_destroy = true # so that the route answers while its permission is replaced
  }
}

# POST /predictions/batch

resource "aws_api_gateway_model" "predict_batch" {
  rest_api_id  = aws_api_gateway_rest_api.this.id
  name         = "predictBatch"
  description  = "Body of POST /predictions/batch"
  content_type = "application/json"
  schema       = jsonencode(local.gateway_models.predictBatch)
}

resource "aws_api_gateway_method" "predict_batch" {
  rest_api_id          = aws_api_gateway_rest_api.this.id
  resource_id          = aws_api_gateway_resource.predictions_batch.id
  operation_name       = "predictBatch"
  http_method          = "POST"
  authorization        = local.caller.authorization
  authorizer_id        = local.caller.authorizer_id
  authorization_scopes = local.caller.scopes
  api_key_required     = local.caller.needs_key
  request_validator_id = aws_api_gateway_request_validator.this.id
  request_models = {
    "application/json" = aws_api_gateway_model.predict_batch.name
    "$default"         = aws_api_gateway_model.predict_batch.name
  }
}

resource "aws_api_gateway_integration" "predict_batch" {
  rest_api_id             = aws_api_gateway_rest_api.this.id
  resource_id             = aws_api_gateway_resource.predictions_batch.id
  http_method             = aws_api_gateway_method.predict_batch.http_method
  type                    = "AWS_PROXY"
  integration_http_method = "POST"
  uri                     = module.predict.invoke_arn
}

resource "aws_lambda_permission" "predict_batch" {
  statement_id  = "predict_batch"
  action        = "lambda:InvokeFunction"
  function_name = module.predict.function_name
  qualifier     = module.predict.alias_name
  principal     = "apigateway.amazonaws.com"
  source_arn    = "${aws_api_gateway_rest_api.this.execution_arn}/*/POST/predictions/batch"

  lifecycle {
    create_before_destroy = true # so that the route answers while its permission is replaced
  }
}

# GET /predictions

resource "aws_api_gateway_method" "list_predictions" {
  # checkov:skip=CKV2_AWS_53: there is no body; the function checks path and query

  rest_api_id          = aws_api_gateway_rest_api.this.id
  resource_id          = aws_api_gateway_resource.predictions.id
  operation_name       = "listPredictions"
  http_method          = "GET"
  authorization        = local.caller.authorization
  authorizer_id        = local.caller.authorizer_id
  authorization_scopes = local.caller.scopes
  api_key_required     = local.caller.needs_key
}

resource "aws_api_gateway_integration" "list_predictions" {
  rest_api_id             = aws_api_gateway_rest_api.this.id
  resource_id             = aws_api_gateway_resource.predictions.id
  http_method             = aws_api_gateway_method.list_predictions.http_method
  type                    = "AWS_PROXY"
  integration_http_method = "POST"
  uri                     = module.predictions.invoke_arn
}

resource "aws_lambda_permission" "list_predictions" {
  statement_id  = "list_predictions"
  action        = "lambda:InvokeFunction"
  function_name = module.predictions.function_name
  qualifier     = module.predictions.alias_name
  principal     = "apigateway.amazonaws.com"
  source_arn    = "${aws_api_gateway_rest_api.this.execution_arn}/*/GET/predictions"

  lifecycle {
    create_before_destroy = true # so that the route answers while its permission is replaced
  }
}

# GET /predictions/{prediction_id}

resource "aws_api_gateway_method" "get_prediction" {
  # checkov:skip=CKV2_AWS_53: there is no body; the function checks path and query

  rest_api_id          = aws_api_gateway_rest_api.this.id
  resource_id          = aws_api_gateway_resource.predictions_prediction_id.id
  operation_name       = "getPrediction"
  http_method          = "GET"
  authorization        = local.caller.authorization
  authorizer_id        = local.caller.authorizer_id
  authorization_scopes = local.caller.scopes
  api_key_required     = local.caller.needs_key
  request_parameters   = { "method.request.path.prediction_id" = true }
}

resource "aws_api_gateway_integration" "get_prediction" {
  rest_api_id             = aws_api_gateway_rest_api.this.id
  resource_id             = aws_api_gateway_resource.predictions_prediction_id.id
  http_method             = aws_api_gateway_method.get_prediction.http_method
  type                    = "AWS_PROXY"
  integration_http_method = "POST"
  uri                     = module.predictions.invoke_arn
}

resource "aws_lambda_permission" "get_prediction" {
  statement_id  = "get_prediction"
  action        = "lambda:InvokeFunction"
  function_name = module.predictions.function_name
  qualifier     = module.predictions.alias_name
  principal     = "apigateway.amazonaws.com"
  source_arn    = "${aws_api_gateway_rest_api.this.execution_arn}/*/GET/predictions/*"

  lifecycle {
    create_before_destroy = true # so that the route answers while its permission is replaced
  }
}

# POST /runs

resource "aws_api_gateway_model" "record_runs" {
  rest_api_id  = aws_api_gateway_rest_api.this.id
  name         = "recordRuns"
  description  = "Body of POST /runs"
  content_type = "application/json"
  schema       = jsonencode(local.gateway_models.recordRuns)
}

resource "aws_api_gateway_method" "record_runs" {
  rest_api_id          = aws_api_gateway_rest_api.this.id
  resource_id          = aws_api_gateway_resource.runs.id
  operation_name       = "recordRuns"
  http_method          = "POST"
  authorization        = local.caller.authorization
  authorizer_id        = local.caller.authorizer_id
  authorization_scopes = local.caller.scopes
  api_key_required     = local.caller.needs_key
  request_validator_id = aws_api_gateway_request_validator.this.id
  request_models = {
    "application/json" = aws_api_gateway_model.record_runs.name
    "$default"         = aws_api_gateway_model.record_runs.name
  }
}

resource "aws_api_gateway_integration" "record_runs" {
  rest_api_id             = aws_api_gateway_rest_api.this.id
  resource_id             = aws_api_gateway_resource.runs.id
  http_method             = aws_api_gateway_method.record_runs.http_method
  type                    = "AWS_PROXY"
  integration_http_method = "POST"
  uri                     = module.record_runs.invoke_arn
}

resource "aws_lambda_permission" "record_runs" {
  statement_id  = "record_runs"
  action        = "lambda:InvokeFunction"
  function_name = module.record_runs.function_name
  qualifier     = module.record_runs.alias_name
  principal     = "apigateway.amazonaws.com"
  source_arn    = "${aws_api_gateway_rest_api.this.execution_arn}/*/POST/runs"

  lifecycle {
    create_before_destroy = true # so that the route answers while its permission is replaced
  }
}

# GET /workflows

resource "aws_api_gateway_method" "list_workflows" {
  # checkov:skip=CKV2_AWS_53: there is no body; the function checks path and query

  rest_api_id          = aws_api_gateway_rest_api.this.id
  resource_id          = aws_api_gateway_resource.workflows.id
  operation_name       = "listWorkflows"
  http_method          = "GET"
  authorization        = local.caller.authorization
  authorizer_id        = local.caller.authorizer_id
  authorization_scopes = local.caller.scopes
  api_key_required     = local.caller.needs_key
}

resource "aws_api_gateway_integration" "list_workflows" {
  rest_api_id             = aws_api_gateway_rest_api.this.id
  resource_id             = aws_api_gateway_resource.workflows.id
  http_method             = aws_api_gateway_method.list_workflows.http_method
  type                    = "AWS_PROXY"
  integration_http_method = "POST"
  uri                     = module.workflows.invoke_arn
}

resource "aws_lambda_permission" "list_workflows" {
  statement_id  = "list_workflows"
  action        = "lambda:InvokeFunction"
  function_name = module.workflows.function_name
  qualifier     = module.workflows.alias_name
  principal     = "apigateway.amazonaws.com"
  source_arn    = "${aws_api_gateway_rest_api.this.execution_arn}/*/GET/workflows"

  lifecycle {
    create_before_destroy = true # so that the route answers while its permission is replaced
  }
}

# GET /workflows/{workflow_name}

resource "aws_api_gateway_method" "get_workflow" {
  # checkov:skip=CKV2_AWS_53: there is no body; the function checks path and query

  rest_api_id          = aws_api_gateway_rest_api.this.id
  resource_id          = aws_api_gateway_resource.workflows_workflow_name.id
  operation_name       = "getWorkflow"
  http_method          = "GET"
  authorization        = local.caller.authorization
  authorizer_id        = local.caller.authorizer_id
  authorization_scopes = local.caller.scopes
  api_key_required     = local.caller.needs_key
  request_parameters   = { "method.request.path.workflow_name" = true }
}

resource "aws_api_gateway_integration" "get_workflow" {
  rest_api_id             = aws_api_gateway_rest_api.this.id
  resource_id             = aws_api_gateway_resource.workflows_workflow_name.id
  http_method             = aws_api_gateway_method.get_workflow.http_method
  type                    = "AWS_PROXY"
  integration_http_method = "POST"
  uri                     = module.workflows.invoke_arn
}

resource "aws_lambda_permission" "get_workflow" {
  statement_id  = "get_workflow"
  action        = "lambda:InvokeFunction"
  function_name = module.workflows.function_name
  qualifier     = module.workflows.alias_name
  principal     = "apigateway.amazonaws.com"
  source_arn    = "${aws_api_gateway_rest_api.this.execution_arn}/*/GET/workflows/*"

  lifecycle {
    create_before_destroy = true # so that the route answers while its permission is replaced
  }
}

# DELETE /workflows/{workflow_name}

resource "aws_api_gateway_method" "retire_workflow" {
  # checkov:skip=CKV2_AWS_53: there is no body; the function checks path and query

  rest_api_id          = aws_api_gateway_rest_api.this.id
  resource_id          = aws_api_gateway_resource.workflows_workflow_name.id
  operation_name       = "retireWorkflow"
  http_method          = "DELETE"
  authorization        = local.caller.authorization
  authorizer_id        = local.caller.authorizer_id
  authorization_scopes = local.caller.scopes
  api_key_required     = local.caller.needs_key
  request_parameters   = { "method.request.path.workflow_name" = true }
}

resource "aws_api_gateway_integration" "retire_workflow" {
  rest_api_id             = aws_api_gateway_rest_api.this.id
  resource_id             = aws_api_gateway_resource.workflows_workflow_name.id
  http_method             = aws_api_gateway_method.retire_workflow.http_method
  type                    = "AWS_PROXY"
  integration_http_method = "POST"
  uri                     = module.retire_workflow.invoke_arn
}

resource "aws_lambda_permission" "retire_workflow" {
  statement_id  = "retire_workflow"
  action        = "lambda:InvokeFunction"
  function_name = module.retire_workflow.function_name
  qualifier     = module.retire_workflow.alias_name
  principal     = "apigateway.amazonaws.com"
  source_arn    = "${aws_api_gateway_rest_api.this.execution_arn}/*/DELETE/workflows/*"

  lifecycle {
    create_before_destroy = true # so that the route answers while its permission is replaced
  }
}

# GET /openapi.json

resource "aws_api_gateway_method" "get_open_api" {
  # checkov:skip=CKV2_AWS_53: there is no body; the function checks path and query
  # checkov:skip=CKV_AWS_59: a description of the API, which is public, and says nothing of this deployment

  rest_api_id      = aws_api_gateway_rest_api.this.id
  resource_id      = aws_api_gateway_resource.openapi_json.id
  operation_name   = "getOpenApi"
  http_method      = "GET"
  authorization    = "NONE"
  api_key_required = false
}

resource "aws_api_gateway_integration" "get_open_api" {
  rest_api_id             = aws_api_gateway_rest_api.this.id
  resource_id             = aws_api_gateway_resource.openapi_json.id
  http_method             = aws_api_gateway_method.get_open_api.http_method
  type                    = "AWS_PROXY"
  integration_http_method = "POST"
  uri                     = module.workflows.invoke_arn
}

resource "aws_lambda_permission" "get_open_api" {
  statement_id  = "get_open_api"
  action        = "lambda:InvokeFunction"
  function_name = module.workflows.function_name
  qualifier     = module.workflows.alias_name
  principal     = "apigateway.amazonaws.com"
  source_arn    = "${aws_api_gateway_rest_api.this.execution_arn}/*/GET/openapi.json"

  lifecycle {
    create_before_destroy = true # so that the route answers while its permission is replaced
  }
}

# GET /workflows/{workflow_name}/runs

resource "aws_api_gateway_method" "list_runs" {
  # checkov:skip=CKV2_AWS_53: there is no body; the function checks path and query

  rest_api_id          = aws_api_gateway_rest_api.this.id
  resource_id          = aws_api_gateway_resource.workflows_workflow_name_runs.id
  operation_name       = "listRuns"
  http_method          = "GET"
  authorization        = local.caller.authorization
  authorizer_id        = local.caller.authorizer_id
  authorization_scopes = local.caller.scopes
  api_key_required     = local.caller.needs_key
  request_parameters   = { "method.request.path.workflow_name" = true }
}

resource "aws_api_gateway_integration" "list_runs" {
  rest_api_id             = aws_api_gateway_rest_api.this.id
  resource_id             = aws_api_gateway_resource.workflows_workflow_name_runs.id
  http_method             = aws_api_gateway_method.list_runs.http_method
  type                    = "AWS_PROXY"
  integration_http_method = "POST"
  uri                     = module.workflows.invoke_arn
}

resource "aws_lambda_permission" "list_runs" {
  statement_id  = "list_runs"
  action        = "lambda:InvokeFunction"
  function_name = module.workflows.function_name
  qualifier     = module.workflows.alias_name
  principal     = "apigateway.amazonaws.com"
  source_arn    = "${aws_api_gateway_rest_api.this.execution_arn}/*/GET/workflows/*/runs"

  lifecycle {
    create_before_destroy = true # so that the route answers while its permission is replaced
  }
}

# GET /workflows/{workflow_name}/runs/{run_id}

resource "aws_api_gateway_method" "get_run" {
  # checkov:skip=CKV2_AWS_53: there is no body; the function checks path and query

  rest_api_id          = aws_api_gateway_rest_api.this.id
  resource_id          = aws_api_gateway_resource.workflows_workflow_name_runs_run_id.id
  operation_name       = "getRun"
  http_method          = "GET"
  authorization        = local.caller.authorization
  authorizer_id        = local.caller.authorizer_id
  authorization_scopes = local.caller.scopes
  api_key_required     = local.caller.needs_key
  request_parameters   = { "method.request.path.workflow_name" = true, "method.request.path.run_id" = true }
}

resource "aws_api_gateway_integration" "get_run" {
  rest_api_id             = aws_api_gateway_rest_api.this.id
  resource_id             = aws_api_gateway_resource.workflows_workflow_name_runs_run_id.id
  http_method             = aws_api_gateway_method.get_run.http_method
  type                    = "AWS_PROXY"
  integration_http_method = "POST"
  uri                     = module.workflows.invoke_arn
}

resource "aws_lambda_permission" "get_run" {
  statement_id  = "get_run"
  action        = "lambda:InvokeFunction"
  function_name = module.workflows.function_name
  qualifier     = module.workflows.alias_name
  principal     = "apigateway.amazonaws.com"
  source_arn    = "${aws_api_gateway_rest_api.this.execution_arn}/*/GET/workflows/*/runs/*"

  lifecycle {
    create_before_destroy = true # so that the route answers while its permission is replaced
  }
}

# PUT /workflows/{workflow_name}/runs/{run_id}

resource "aws_api_gateway_model" "correct_run" {
  rest_api_id  = aws_api_gateway_rest_api.this.id
  name         = "correctRun"
  description  = "Body of PUT /workflows/{workflow_name}/runs/{run_id}"
  content_type = "application/json"
  schema       = jsonencode(local.gateway_models.correctRun)
}

resource "aws_api_gateway_method" "correct_run" {
  rest_api_id          = aws_api_gateway_rest_api.this.id
  resource_id          = aws_api_gateway_resource.workflows_workflow_name_runs_run_id.id
  operation_name       = "correctRun"
  http_method          = "PUT"
  authorization        = local.caller.authorization
  authorizer_id        = local.caller.authorizer_id
  authorization_scopes = local.caller.scopes
  api_key_required     = local.caller.needs_key
  request_parameters   = { "method.request.path.workflow_name" = true, "method.request.path.run_id" = true }
  request_validator_id = aws_api_gateway_request_validator.this.id
  request_models = {
    "application/json" = aws_api_gateway_model.correct_run.name
    "$default"         = aws_api_gateway_model.correct_run.name
  }
}

resource "aws_api_gateway_integration" "correct_run" {
  rest_api_id             = aws_api_gateway_rest_api.this.id
  resource_id             = aws_api_gateway_resource.workflows_workflow_name_runs_run_id.id
  http_method             = aws_api_gateway_method.correct_run.http_method
  type                    = "AWS_PROXY"
  integration_http_method = "POST"
  uri                     = module.record_runs.invoke_arn
}

resource "aws_lambda_permission" "correct_run" {
  statement_id  = "correct_run"
  action        = "lambda:InvokeFunction"
  function_name = module.record_runs.function_name
  qualifier     = module.record_runs.alias_name
  principal     = "apigateway.amazonaws.com"
  source_arn    = "${aws_api_gateway_rest_api.this.execution_arn}/*/PUT/workflows/*/runs/*"

  lifecycle {
    create_before_destroy = true # so that the route answers while its permission is replaced
  }
}

# GET /workflows/{workflow_name}/accuracy

resource "aws_api_gateway_method" "get_accuracy" {
  # checkov:skip=CKV2_AWS_53: there is no body; the function checks path and query

  rest_api_id          = aws_api_gateway_rest_api.this.id
  resource_id          = aws_api_gateway_resource.workflows_workflow_name_accuracy.id
  operation_name       = "getAccuracy"
  http_method          = "GET"
  authorization        = local.caller.authorization
  authorizer_id        = local.caller.authorizer_id
  authorization_scopes = local.caller.scopes
  api_key_required     = local.caller.needs_key
  request_parameters   = { "method.request.path.workflow_name" = true }
}

resource "aws_api_gateway_integration" "get_accuracy" {
  rest_api_id             = aws_api_gateway_rest_api.this.id
  resource_id             = aws_api_gateway_resource.workflows_workflow_name_accuracy.id
  http_method             = aws_api_gateway_method.get_accuracy.http_method
  type                    = "AWS_PROXY"
  integration_http_method = "POST"
  uri                     = module.workflows.invoke_arn
}

resource "aws_lambda_permission" "get_accuracy" {
  statement_id  = "get_accuracy"
  action        = "lambda:InvokeFunction"
  function_name = module.workflows.function_name
  qualifier     = module.workflows.alias_name
  principal     = "apigateway.amazonaws.com"
  source_arn    = "${aws_api_gateway_rest_api.this.execution_arn}/*/GET/workflows/*/accuracy"

  lifecycle {
    create_before_destroy = true # so that the route answers while its permission is replaced
  }
}

# POST /workflows/{workflow_name}/retrainings

resource "aws_api_gateway_method" "start_retraining" {
  # checkov:skip=CKV2_AWS_53: there is no body; the function checks path and query

  rest_api_id          = aws_api_gateway_rest_api.this.id
  resource_id          = aws_api_gateway_resource.workflows_workflow_name_retrainings.id
  operation_name       = "startRetraining"
  http_method          = "POST"
  authorization        = local.caller.authorization
  authorizer_id        = local.caller.authorizer_id
  authorization_scopes = local.caller.scopes
  api_key_required     = local.caller.needs_key
  request_parameters   = { "method.request.path.workflow_name" = true }
}

resource "aws_api_gateway_integration" "start_retraining" {
  rest_api_id             = aws_api_gateway_rest_api.this.id
  resource_id             = aws_api_gateway_resource.workflows_workflow_name_retrainings.id
  http_method             = aws_api_gateway_method.start_retraining.http_method
  type                    = "AWS_PROXY"
  integration_http_method = "POST"
  uri                     = module.retrainings.invoke_arn
}

resource "aws_lambda_permission" "start_retraining" {
  statement_id  = "start_retraining"
  action        = "lambda:InvokeFunction"
  function_name = module.retrainings.function_name
  qualifier     = module.retrainings.alias_name
  principal     = "apigateway.amazonaws.com"
  source_arn    = "${aws_api_gateway_rest_api.this.execution_arn}/*/POST/workflows/*/retrainings"

  lifecycle {
    create_before_destroy = true # so that the route answers while its permission is replaced
  }
}

# GET /workflows/{workflow_name}/retrainings/{retraining_id}

resource "aws_api_gateway_method" "get_retraining" {
  # checkov:skip=CKV2_AWS_53: there is no body; the function checks path and query

  rest_api_id          = aws_api_gateway_rest_api.this.id
  resource_id          = aws_api_gateway_resource.workflows_workflow_name_retrainings_retraining_id.id
  operation_name       = "getRetraining"
  http_method          = "GET"
  authorization        = local.caller.authorization
  authorizer_id        = local.caller.authorizer_id
  authorization_scopes = local.caller.scopes
  api_key_required     = local.caller.needs_key
  request_parameters   = { "method.request.path.workflow_name" = true, "method.request.path.retraining_id" = true }
}

resource "aws_api_gateway_integration" "get_retraining" {
  rest_api_id             = aws_api_gateway_rest_api.this.id
  resource_id             = aws_api_gateway_resource.workflows_workflow_name_retrainings_retraining_id.id
  http_method             = aws_api_gateway_method.get_retraining.http_method
  type                    = "AWS_PROXY"
  integration_http_method = "POST"
  uri                     = module.retrainings.invoke_arn
}

resource "aws_lambda_permission" "get_retraining" {
  statement_id  = "get_retraining"
  action        = "lambda:InvokeFunction"
  function_name = module.retrainings.function_name
  qualifier     = module.retrainings.alias_name
  principal     = "apigateway.amazonaws.com"
  source_arn    = "${aws_api_gateway_rest_api.this.execution_arn}/*/GET/workflows/*/retrainings/*"

  lifecycle {
    create_before_destroy = true # so that the route answers while its permission is replaced
  }
}

# GET /budgets

resource "aws_api_gateway_method" "list_budgets" {
  # checkov:skip=CKV2_AWS_53: there is no body; the function checks path and query

  rest_api_id          = aws_api_gateway_rest_api.this.id
  resource_id          = aws_api_gateway_resource.budgets.id
  operation_name       = "listBudgets"
  http_method          = "GET"
  authorization        = local.caller.authorization
  authorizer_id        = local.caller.authorizer_id
  authorization_scopes = local.caller.scopes
  api_key_required     = local.caller.needs_key
}

resource "aws_api_gateway_integration" "list_budgets" {
  rest_api_id             = aws_api_gateway_rest_api.this.id
  resource_id             = aws_api_gateway_resource.budgets.id
  http_method             = aws_api_gateway_method.list_budgets.http_method
  type                    = "AWS_PROXY"
  integration_http_method = "POST"
  uri                     = module.budgets.invoke_arn
}

resource "aws_lambda_permission" "list_budgets" {
  statement_id  = "list_budgets"
  action        = "lambda:InvokeFunction"
  function_name = module.budgets.function_name
  qualifier     = module.budgets.alias_name
  principal     = "apigateway.amazonaws.com"
  source_arn    = "${aws_api_gateway_rest_api.this.execution_arn}/*/GET/budgets"

  lifecycle {
    create_before_destroy = true # so that the route answers while its permission is replaced
  }
}

# PUT /budgets/{team}

resource "aws_api_gateway_model" "set_budget" {
  rest_api_id  = aws_api_gateway_rest_api.this.id
  name         = "setBudget"
  description  = "Body of PUT /budgets/{team}"
  content_type = "application/json"
  schema       = jsonencode(local.gateway_models.setBudget)
}

resource "aws_api_gateway_method" "set_budget" {
  rest_api_id          = aws_api_gateway_rest_api.this.id
  resource_id          = aws_api_gateway_resource.budgets_team.id
  operation_name       = "setBudget"
  http_method          = "PUT"
  authorization        = local.caller.authorization
  authorizer_id        = local.caller.authorizer_id
  authorization_scopes = local.caller.scopes
  api_key_required     = local.caller.needs_key
  request_parameters   = { "method.request.path.team" = true }
  request_validator_id = aws_api_gateway_request_validator.this.id
  request_models = {
    "application/json" = aws_api_gateway_model.set_budget.name
    "$default"         = aws_api_gateway_model.set_budget.name
  }
}

resource "aws_api_gateway_integration" "set_budget" {
  rest_api_id             = aws_api_gateway_rest_api.this.id
  resource_id             = aws_api_gateway_resource.budgets_team.id
  http_method             = aws_api_gateway_method.set_budget.http_method
  type                    = "AWS_PROXY"
  integration_http_method = "POST"
  uri                     = module.budgets.invoke_arn
}

resource "aws_lambda_permission" "set_budget" {
  statement_id  = "set_budget"
  action        = "lambda:InvokeFunction"
  function_name = module.budgets.function_name
  qualifier     = module.budgets.alias_name
  principal     = "apigateway.amazonaws.com"
  source_arn    = "${aws_api_gateway_rest_api.this.execution_arn}/*/PUT/budgets/*"

  lifecycle {
    create_before_destroy = true # so that the route answers while its permission is replaced
  }
}

# DELETE /budgets/{team}

resource "aws_api_gateway_method" "delete_budget" {
  # checkov:skip=CKV2_AWS_53: there is no body; the function checks path and query

  rest_api_id          = aws_api_gateway_rest_api.this.id
  resource_id          = aws_api_gateway_resource.budgets_team.id
  operation_name       = "deleteBudget"
  http_method          = "DELETE"
  authorization        = local.caller.authorization
  authorizer_id        = local.caller.authorizer_id
  authorization_scopes = local.caller.scopes
  api_key_required     = local.caller.needs_key
  request_parameters   = { "method.request.path.team" = true }
}

resource "aws_api_gateway_integration" "delete_budget" {
  rest_api_id             = aws_api_gateway_rest_api.this.id
  resource_id             = aws_api_gateway_resource.budgets_team.id
  http_method             = aws_api_gateway_method.delete_budget.http_method
  type                    = "AWS_PROXY"
  integration_http_method = "POST"
  uri                     = module.budgets.invoke_arn
}

resource "aws_lambda_permission" "delete_budget" {
  statement_id  = "delete_budget"
  action        = "lambda:InvokeFunction"
  function_name = module.budgets.function_name
  qualifier     = module.budgets.alias_name
  principal     = "apigateway.amazonaws.com"
  source_arn    = "${aws_api_gateway_rest_api.this.execution_arn}/*/DELETE/budgets/*"

  lifecycle {
    create_before_destroy = true # so that the route answers while its permission is replaced
  }
}
