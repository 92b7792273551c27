# What people decide about the API. Its paths, methods and permissions are in routes.tf, made from contract/routes.py.

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

# Bodies are held against models, and paths must name what they are to name.

resource "aws_api_gateway_request_validator" "this" {
  name                        = "body-and-parameters"
  rest_api_id                 = aws_api_gateway_rest_api.this.id
  validate_request_body       = true
  validate_request_parameters = true
}

# Browsers, and errors that no function answers

module "preflight" {
  for_each    = local.preflights
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
      filesha1("${path.module}/api.tf"), filesha1("${path.module}/routes.tf"),
      filesha1("${path.module}/modules/preflight/main.tf"),
      local.gateway_models, local.web_origin, local.caller, local.integrations,
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
