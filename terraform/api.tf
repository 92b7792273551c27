# Resources, methods and integrations are written out: SAM CLI cannot link what for_each makes.
# tests/terraform holds them against contract/generated/openapi.json.

locals {
  stage_name     = "v1"
  gateway_models = jsondecode(file("${local.project_dir}/contract/generated/gateway_models.json"))

  # API Gateway's own errors, in the shape of ours. An unknown path or method is a "missing authentication token" to
  # API Gateway, which looks for a signature that could make sense of it.
  gateway_errors = {
    ACCESS_DENIED                = ["403", "forbidden", local.how_to_call]
    BAD_REQUEST_BODY             = ["400", "invalid_request", "Invalid request body $context.error.validationErrorString"]
    BAD_REQUEST_PARAMETERS       = ["400", "invalid_request", "Invalid request parameters $context.error.validationErrorString"]
    DEFAULT_4XX                  = ["400", "invalid_request", "The request cannot be understood"]
    DEFAULT_5XX                  = ["500", "internal_error", "Something went wrong on our side; please try again"]
    EXPIRED_TOKEN                = ["401", "unauthorized", local.how_to_call]
    INTEGRATION_FAILURE          = ["503", "unavailable", "The service is not available; please try again"]
    INTEGRATION_TIMEOUT          = ["503", "unavailable", "The service did not answer in time; please try again"]
    INVALID_API_KEY              = ["403", "forbidden", local.how_to_call]
    INVALID_SIGNATURE            = ["403", "forbidden", local.how_to_call]
    MISSING_AUTHENTICATION_TOKEN = ["404", "not_found", "There is nothing at this path, or not for this method"]
    QUOTA_EXCEEDED               = ["429", "too_many_requests", "The daily quota of this key is used up"]
    REQUEST_TOO_LARGE            = ["413", "payload_too_large", "The request body is too large"]
    RESOURCE_NOT_FOUND           = ["404", "not_found", "There is nothing at this path"]
    THROTTLED                    = ["429", "too_many_requests", "Too many requests; please slow down"]
    UNAUTHORIZED                 = ["401", "unauthorized", local.how_to_call]
    UNSUPPORTED_MEDIA_TYPE       = ["415", "unsupported_media_type", "Send JSON, with Content-Type: application/json"]
  }
  gateway_error_headers = {
    EXPIRED_TOKEN  = { WWW-Authenticate = "Bearer" }
    QUOTA_EXCEEDED = { Retry-After = "3600" }
    THROTTLED      = { Retry-After = "1" }
    UNAUTHORIZED   = { WWW-Authenticate = "Bearer" }
  }

  # One origin, so the answer need not depend on who asks: a browser compares it with the page's own.
  cors_headers = {
    Access-Control-Allow-Origin   = local.web_origin
    Access-Control-Expose-Headers = "x-request-id, retry-after"
  }
  preflight_headers = {
    Access-Control-Allow-Origin  = local.web_origin
    Access-Control-Allow-Headers = "content-type,${local.sign_in ? "authorization" : "x-api-key"}"
    Access-Control-Max-Age       = "3600"
  }
  preflight_paths = {
    predictions       = [aws_api_gateway_resource.predictions.id, "POST,OPTIONS"]
    predictions_batch = [aws_api_gateway_resource.predictions_batch.id, "POST,OPTIONS"]
    runs              = [aws_api_gateway_resource.runs.id, "POST,OPTIONS"]
    workflows         = [aws_api_gateway_resource.workflows.id, "GET,OPTIONS"]
    workflow          = [aws_api_gateway_resource.workflow.id, "GET,DELETE,OPTIONS"]
    openapi           = [aws_api_gateway_resource.openapi.id, "GET,OPTIONS"]
    workflow_runs     = [aws_api_gateway_resource.workflow_runs.id, "GET,OPTIONS"]
    workflow_run      = [aws_api_gateway_resource.workflow_run.id, "GET,PUT,OPTIONS"]
    accuracy          = [aws_api_gateway_resource.accuracy.id, "GET,OPTIONS"]
    retrainings       = [aws_api_gateway_resource.retrainings.id, "POST,OPTIONS"]
    retraining        = [aws_api_gateway_resource.retraining.id, "GET,OPTIONS"]
    budgets           = [aws_api_gateway_resource.budgets.id, "GET,OPTIONS"]
    budget            = [aws_api_gateway_resource.budget.id, "PUT,DELETE,OPTIONS"]
  }
}

resource "aws_api_gateway_rest_api" "this" {
  name        = "${var.name_prefix}-api"
  description = "What will this workflow run cost?"

  endpoint_configuration {
    types = ["REGIONAL"]
  }

  lifecycle {
    create_before_destroy = true # were it ever replaced
  }
}

# Paths

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

resource "aws_api_gateway_resource" "workflow" {
  rest_api_id = aws_api_gateway_rest_api.this.id
  parent_id   = aws_api_gateway_resource.workflows.id
  path_part   = "{workflow_name}"
}

resource "aws_api_gateway_resource" "openapi" {
  rest_api_id = aws_api_gateway_rest_api.this.id
  parent_id   = aws_api_gateway_rest_api.this.root_resource_id
  path_part   = "openapi.json"
}

resource "aws_api_gateway_resource" "workflow_runs" {
  rest_api_id = aws_api_gateway_rest_api.this.id
  parent_id   = aws_api_gateway_resource.workflow.id
  path_part   = "runs"
}

resource "aws_api_gateway_resource" "workflow_run" {
  rest_api_id = aws_api_gateway_rest_api.this.id
  parent_id   = aws_api_gateway_resource.workflow_runs.id
  path_part   = "{run_id}"
}

resource "aws_api_gateway_resource" "accuracy" {
  rest_api_id = aws_api_gateway_rest_api.this.id
  parent_id   = aws_api_gateway_resource.workflow.id
  path_part   = "accuracy"
}

resource "aws_api_gateway_resource" "retrainings" {
  rest_api_id = aws_api_gateway_rest_api.this.id
  parent_id   = aws_api_gateway_resource.workflow.id
  path_part   = "retrainings"
}

resource "aws_api_gateway_resource" "retraining" {
  rest_api_id = aws_api_gateway_rest_api.this.id
  parent_id   = aws_api_gateway_resource.retrainings.id
  path_part   = "{retraining_id}"
}

resource "aws_api_gateway_resource" "budgets" {
  rest_api_id = aws_api_gateway_rest_api.this.id
  parent_id   = aws_api_gateway_rest_api.this.root_resource_id
  path_part   = "budgets"
}

resource "aws_api_gateway_resource" "budget" {
  rest_api_id = aws_api_gateway_rest_api.this.id
  parent_id   = aws_api_gateway_resource.budgets.id
  path_part   = "{team}"
}

# Request bodies. `$default` catches every other content type, which would otherwise skip the model.

resource "aws_api_gateway_request_validator" "this" {
  name                        = "body-and-parameters"
  rest_api_id                 = aws_api_gateway_rest_api.this.id
  validate_request_body       = true
  validate_request_parameters = true
}

resource "aws_api_gateway_model" "predict" {
  rest_api_id  = aws_api_gateway_rest_api.this.id
  name         = "predict"
  description  = "Body of POST /predictions"
  content_type = "application/json"
  schema       = jsonencode(local.gateway_models.predict)
}

resource "aws_api_gateway_model" "predict_batch" {
  rest_api_id  = aws_api_gateway_rest_api.this.id
  name         = "predictBatch"
  description  = "Body of POST /predictions/batch"
  content_type = "application/json"
  schema       = jsonencode(local.gateway_models.predictBatch)
}

resource "aws_api_gateway_model" "record_runs" {
  rest_api_id  = aws_api_gateway_rest_api.this.id
  name         = "recordRuns"
  description  = "Body of POST /runs"
  content_type = "application/json"
  schema       = jsonencode(local.gateway_models.recordRuns)
}

resource "aws_api_gateway_model" "correct_run" {
  rest_api_id  = aws_api_gateway_rest_api.this.id
  name         = "correctRun"
  description  = "Body of PUT /workflows/{workflow_name}/runs/{run_id}"
  content_type = "application/json"
  schema       = jsonencode(local.gateway_models.correctRun)
}

resource "aws_api_gateway_model" "set_budget" {
  rest_api_id  = aws_api_gateway_rest_api.this.id
  name         = "setBudget"
  description  = "Body of PUT /budgets/{team}"
  content_type = "application/json"
  schema       = jsonencode(local.gateway_models.setBudget)
}

# POST /predictions

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

# POST /predictions/batch

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

# POST /runs

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

# GET /workflows/{workflow_name}

resource "aws_api_gateway_method" "get_workflow" {
  # checkov:skip=CKV2_AWS_53: there is no body; the function checks path and query

  rest_api_id          = aws_api_gateway_rest_api.this.id
  resource_id          = aws_api_gateway_resource.workflow.id
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
  resource_id             = aws_api_gateway_resource.workflow.id
  http_method             = aws_api_gateway_method.get_workflow.http_method
  type                    = "AWS_PROXY"
  integration_http_method = "POST"
  uri                     = module.workflows.invoke_arn
}

# DELETE /workflows/{workflow_name}

resource "aws_api_gateway_method" "retire_workflow" {
  # checkov:skip=CKV2_AWS_53: there is no body; the function checks path and query

  rest_api_id          = aws_api_gateway_rest_api.this.id
  resource_id          = aws_api_gateway_resource.workflow.id
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
  resource_id             = aws_api_gateway_resource.workflow.id
  http_method             = aws_api_gateway_method.retire_workflow.http_method
  type                    = "AWS_PROXY"
  integration_http_method = "POST"
  uri                     = module.retire_workflow.invoke_arn
}

# GET /openapi.json

resource "aws_api_gateway_method" "get_open_api" {
  # checkov:skip=CKV2_AWS_53: there is no body; the function checks path and query

  # checkov:skip=CKV_AWS_59: a description of the API, which is public, and says nothing of this deployment

  rest_api_id      = aws_api_gateway_rest_api.this.id
  resource_id      = aws_api_gateway_resource.openapi.id
  operation_name   = "getOpenApi"
  http_method      = "GET"
  authorization    = "NONE"
  api_key_required = false # whoever writes a client reads this before they have a key
}

resource "aws_api_gateway_integration" "get_open_api" {
  rest_api_id             = aws_api_gateway_rest_api.this.id
  resource_id             = aws_api_gateway_resource.openapi.id
  http_method             = aws_api_gateway_method.get_open_api.http_method
  type                    = "AWS_PROXY"
  integration_http_method = "POST"
  uri                     = module.workflows.invoke_arn
}

# GET /workflows/{workflow_name}/runs

resource "aws_api_gateway_method" "list_runs" {
  # checkov:skip=CKV2_AWS_53: there is no body; the function checks path and query

  rest_api_id          = aws_api_gateway_rest_api.this.id
  resource_id          = aws_api_gateway_resource.workflow_runs.id
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
  resource_id             = aws_api_gateway_resource.workflow_runs.id
  http_method             = aws_api_gateway_method.list_runs.http_method
  type                    = "AWS_PROXY"
  integration_http_method = "POST"
  uri                     = module.workflows.invoke_arn
}

# GET /workflows/{workflow_name}/runs/{run_id}

resource "aws_api_gateway_method" "get_run" {
  # checkov:skip=CKV2_AWS_53: there is no body; the function checks path and query

  rest_api_id          = aws_api_gateway_rest_api.this.id
  resource_id          = aws_api_gateway_resource.workflow_run.id
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
  resource_id             = aws_api_gateway_resource.workflow_run.id
  http_method             = aws_api_gateway_method.get_run.http_method
  type                    = "AWS_PROXY"
  integration_http_method = "POST"
  uri                     = module.workflows.invoke_arn
}

# PUT /workflows/{workflow_name}/runs/{run_id}

resource "aws_api_gateway_method" "correct_run" {
  rest_api_id          = aws_api_gateway_rest_api.this.id
  resource_id          = aws_api_gateway_resource.workflow_run.id
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
  resource_id             = aws_api_gateway_resource.workflow_run.id
  http_method             = aws_api_gateway_method.correct_run.http_method
  type                    = "AWS_PROXY"
  integration_http_method = "POST"
  uri                     = module.record_runs.invoke_arn
}

# GET /workflows/{workflow_name}/accuracy

resource "aws_api_gateway_method" "get_accuracy" {
  # checkov:skip=CKV2_AWS_53: there is no body; the function checks path and query

  rest_api_id          = aws_api_gateway_rest_api.this.id
  resource_id          = aws_api_gateway_resource.accuracy.id
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
  resource_id             = aws_api_gateway_resource.accuracy.id
  http_method             = aws_api_gateway_method.get_accuracy.http_method
  type                    = "AWS_PROXY"
  integration_http_method = "POST"
  uri                     = module.workflows.invoke_arn
}

# POST /workflows/{workflow_name}/retrainings

resource "aws_api_gateway_method" "start_retraining" {
  # checkov:skip=CKV2_AWS_53: there is no body; the function checks path and query

  rest_api_id          = aws_api_gateway_rest_api.this.id
  resource_id          = aws_api_gateway_resource.retrainings.id
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
  resource_id             = aws_api_gateway_resource.retrainings.id
  http_method             = aws_api_gateway_method.start_retraining.http_method
  type                    = "AWS_PROXY"
  integration_http_method = "POST"
  uri                     = module.retrainings.invoke_arn
}

# GET /workflows/{workflow_name}/retrainings/{retraining_id}

resource "aws_api_gateway_method" "get_retraining" {
  # checkov:skip=CKV2_AWS_53: there is no body; the function checks path and query

  rest_api_id          = aws_api_gateway_rest_api.this.id
  resource_id          = aws_api_gateway_resource.retraining.id
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
  resource_id             = aws_api_gateway_resource.retraining.id
  http_method             = aws_api_gateway_method.get_retraining.http_method
  type                    = "AWS_PROXY"
  integration_http_method = "POST"
  uri                     = module.retrainings.invoke_arn
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

# PUT /budgets/{team}

resource "aws_api_gateway_method" "set_budget" {
  rest_api_id          = aws_api_gateway_rest_api.this.id
  resource_id          = aws_api_gateway_resource.budget.id
  operation_name       = "setBudget"
  http_method          = "PUT"
  authorization        = local.caller.authorization
  authorizer_id        = local.caller.authorizer_id
  authorization_scopes = local.caller.scopes
  api_key_required     = local.caller.needs_key
  request_validator_id = aws_api_gateway_request_validator.this.id
  request_parameters   = { "method.request.path.team" = true }
  request_models = {
    "application/json" = aws_api_gateway_model.set_budget.name
    "$default"         = aws_api_gateway_model.set_budget.name
  }
}

resource "aws_api_gateway_integration" "set_budget" {
  rest_api_id             = aws_api_gateway_rest_api.this.id
  resource_id             = aws_api_gateway_resource.budget.id
  http_method             = aws_api_gateway_method.set_budget.http_method
  type                    = "AWS_PROXY"
  integration_http_method = "POST"
  uri                     = module.budgets.invoke_arn
}

# DELETE /budgets/{team}

resource "aws_api_gateway_method" "delete_budget" {
  # checkov:skip=CKV2_AWS_53: there is no body; the function checks path and query

  rest_api_id          = aws_api_gateway_rest_api.this.id
  resource_id          = aws_api_gateway_resource.budget.id
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
  resource_id             = aws_api_gateway_resource.budget.id
  http_method             = aws_api_gateway_method.delete_budget.http_method
  type                    = "AWS_PROXY"
  integration_http_method = "POST"
  uri                     = module.budgets.invoke_arn
}

# Who may call the functions

resource "aws_lambda_permission" "predict" {
  statement_id  = "api"
  action        = "lambda:InvokeFunction"
  function_name = module.predict.function_name
  qualifier     = module.predict.alias_name
  principal     = "apigateway.amazonaws.com"
  source_arn    = "${aws_api_gateway_rest_api.this.execution_arn}/*/POST/predictions*"
}

resource "aws_lambda_permission" "record_runs" {
  statement_id  = "api"
  action        = "lambda:InvokeFunction"
  function_name = module.record_runs.function_name
  qualifier     = module.record_runs.alias_name
  principal     = "apigateway.amazonaws.com"
  source_arn    = "${aws_api_gateway_rest_api.this.execution_arn}/*/POST/runs"
}

resource "aws_lambda_permission" "workflows" {
  statement_id  = "api"
  action        = "lambda:InvokeFunction"
  function_name = module.workflows.function_name
  qualifier     = module.workflows.alias_name
  principal     = "apigateway.amazonaws.com"
  source_arn    = "${aws_api_gateway_rest_api.this.execution_arn}/*/GET/workflows*"
}

resource "aws_lambda_permission" "openapi" {
  statement_id  = "api-openapi"
  action        = "lambda:InvokeFunction"
  function_name = module.workflows.function_name
  qualifier     = module.workflows.alias_name
  principal     = "apigateway.amazonaws.com"
  source_arn    = "${aws_api_gateway_rest_api.this.execution_arn}/*/GET/openapi.json"
}

resource "aws_lambda_permission" "retire_workflow" {
  statement_id  = "api"
  action        = "lambda:InvokeFunction"
  function_name = module.retire_workflow.function_name
  qualifier     = module.retire_workflow.alias_name
  principal     = "apigateway.amazonaws.com"
  source_arn    = "${aws_api_gateway_rest_api.this.execution_arn}/*/DELETE/workflows/*"
}

resource "aws_lambda_permission" "retrainings" {
  statement_id  = "api"
  action        = "lambda:InvokeFunction"
  function_name = module.retrainings.function_name
  qualifier     = module.retrainings.alias_name
  principal     = "apigateway.amazonaws.com"
  source_arn    = "${aws_api_gateway_rest_api.this.execution_arn}/*/*/workflows/*/retrainings*"
}

resource "aws_lambda_permission" "budgets" {
  statement_id  = "api"
  action        = "lambda:InvokeFunction"
  function_name = module.budgets.function_name
  qualifier     = module.budgets.alias_name
  principal     = "apigateway.amazonaws.com"
  source_arn    = "${aws_api_gateway_rest_api.this.execution_arn}/*/*/budgets*"
}

# Browsers, and errors that no function answers

module "preflight" {
  for_each    = local.preflight_paths
  source      = "./modules/preflight"
  rest_api_id = aws_api_gateway_rest_api.this.id
  resource_id = each.value[0]
  headers     = merge(local.preflight_headers, { Access-Control-Allow-Methods = each.value[1] })
}

resource "aws_api_gateway_gateway_response" "this" {
  for_each      = local.gateway_errors
  rest_api_id   = aws_api_gateway_rest_api.this.id
  response_type = each.key
  status_code   = each.value[0]

  # Not JSON-encoded, as that would turn the variables' own characters into escapes.
  response_templates = {
    "application/json" = "{\"error\":\"${each.value[1]}\",\"message\":\"${each.value[2]}\",\"request_id\":\"$context.requestId\"}"
  }

  response_parameters = {
    for header, value in merge(local.cors_headers, lookup(local.gateway_error_headers, each.key, {})) :
    "gatewayresponse.header.${header}" => "'${value}'"
  }
}

# Deployment

resource "aws_api_gateway_deployment" "this" {
  rest_api_id = aws_api_gateway_rest_api.this.id
  description = "All routes"

  # A deployment is a snapshot: anything that changes an answer must change this. Texts and ids, not whole objects,
  # since attributes that AWS fills in later would deploy again for nothing.
  triggers = {
    routes = sha1(jsonencode([
      filesha1("${path.module}/api.tf"), filesha1("${path.module}/modules/preflight/main.tf"),
      local.gateway_models, local.web_origin, local.caller,
      aws_api_gateway_integration.predict.id, aws_api_gateway_integration.predict.uri,
      aws_api_gateway_integration.predict_batch.id, aws_api_gateway_integration.predict_batch.uri,
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
      [for preflight in module.preflight : preflight.integration_response_id],
    ]))
  }

  lifecycle {
    create_before_destroy = true
  }

  depends_on = [aws_api_gateway_gateway_response.this]
}

resource "aws_cloudwatch_log_group" "api" {
  # checkov:skip=CKV_AWS_158: keys of CloudWatch itself; no line holds a body, a key or a cost
  # checkov:skip=CKV_AWS_338: log_retention_days decides; who must keep a year sets it

  name              = "/aws/apigateway/${var.name_prefix}-api"
  retention_in_days = var.log_retention_days
}

resource "aws_api_gateway_stage" "this" {
  # checkov:skip=CKV_AWS_120: predictions change with every promotion and runs are posted; nothing is worth a cache
  # checkov:skip=CKV2_AWS_51: callers have a key or a token, not certificates
  # checkov:skip=CKV2_AWS_4: the access log has errors too; execution logs would be in a group that nothing expires or deletes
  # checkov:skip=CKV2_AWS_29: usage plan and stage bound callers; a web application firewall costs more than the rest

  rest_api_id          = aws_api_gateway_rest_api.this.id
  deployment_id        = aws_api_gateway_deployment.this.id
  stage_name           = local.stage_name
  xray_tracing_enabled = true

  access_log_settings {
    destination_arn = aws_cloudwatch_log_group.api.arn
    format = jsonencode({
      request_id        = "$context.requestId"
      requested_at      = "$context.requestTime"
      api_key_id        = "$context.identity.apiKeyId"
      user_id           = "$context.authorizer.claims.sub"
      source_ip         = "$context.identity.sourceIp"
      method            = "$context.httpMethod"
      path              = "$context.resourcePath"
      status            = "$context.status"
      response_bytes    = "$context.responseLength"
      response_ms       = "$context.responseLatency"
      integration_ms    = "$context.integrationLatency"
      error             = "$context.error.responseType"
      integration_error = "$context.integration.error"
      extended_trace_id = "$context.extendedRequestId"
    })
  }

  depends_on = [aws_api_gateway_account.this]
}

resource "aws_api_gateway_method_settings" "all" {
  # checkov:skip=CKV_AWS_225: as for the stage, nothing is worth a cache

  rest_api_id = aws_api_gateway_rest_api.this.id
  stage_name  = aws_api_gateway_stage.this.stage_name
  method_path = "*/*"

  settings {
    metrics_enabled        = true
    logging_level          = "OFF" # execution logs would hold whole bodies; the access log has one line per request
    throttling_rate_limit  = var.throttle_rate
    throttling_burst_limit = var.throttle_burst
  }
}

# The role by which API Gateway writes logs is one setting for all APIs of an account and region.

data "aws_iam_policy_document" "api_logs_trust" {
  statement {
    actions = ["sts:AssumeRole"]

    principals {
      type        = "Service"
      identifiers = ["apigateway.amazonaws.com"]
    }
  }
}

resource "aws_iam_role" "api_logs" {
  count              = var.manage_api_gateway_account ? 1 : 0
  name               = "${var.name_prefix}-api-logs"
  description        = "Lets API Gateway write its logs"
  assume_role_policy = data.aws_iam_policy_document.api_logs_trust.json
}

resource "aws_iam_role_policy_attachment" "api_logs" {
  count      = var.manage_api_gateway_account ? 1 : 0
  role       = aws_iam_role.api_logs[0].name
  policy_arn = "arn:${local.partition}:iam::aws:policy/service-role/AmazonAPIGatewayPushToCloudWatchLogs"
}

resource "aws_api_gateway_account" "this" {
  count               = var.manage_api_gateway_account ? 1 : 0
  cloudwatch_role_arn = aws_iam_role.api_logs[0].arn
  reset_on_delete     = true # the role goes too
  depends_on          = [aws_iam_role_policy_attachment.api_logs]
}

# Key and limits. A usage plan knows callers by their keys: where people sign in, the stage's limits alone hold.

resource "aws_api_gateway_api_key" "this" {
  count       = local.sign_in ? 0 : 1
  name        = "${var.name_prefix}-key"
  description = "The key of everyone who uses this deployment"
  value       = var.api_key_value
}

resource "aws_api_gateway_usage_plan" "this" {
  count       = local.sign_in ? 0 : 1
  name        = "${var.name_prefix}-plan"
  description = "How much one key may ask"

  api_stages {
    api_id = aws_api_gateway_rest_api.this.id
    stage  = aws_api_gateway_stage.this.stage_name
  }

  throttle_settings {
    rate_limit  = var.throttle_rate
    burst_limit = var.throttle_burst
  }

  quota_settings {
    limit  = var.quota_per_day
    period = "DAY"
  }
}

resource "aws_api_gateway_usage_plan_key" "this" {
  count         = local.sign_in ? 0 : 1
  usage_plan_id = aws_api_gateway_usage_plan.this[0].id
  key_id        = aws_api_gateway_api_key.this[0].id
  key_type      = "API_KEY"
}
