# Answers a browser's OPTIONS request on one path: which origin, methods and headers are allowed.

resource "aws_api_gateway_method" "this" {
  # checkov:skip=CKV2_AWS_53: a preflight has nothing to validate

  rest_api_id   = var.rest_api_id
  resource_id   = var.resource_id
  http_method   = "OPTIONS"
  authorization = "NONE" # browsers send a preflight without credentials
}

resource "aws_api_gateway_integration" "this" {
  rest_api_id       = var.rest_api_id
  resource_id       = var.resource_id
  http_method       = aws_api_gateway_method.this.http_method
  type              = "MOCK"
  request_templates = { "application/json" = jsonencode({ statusCode = 204 }) }

  lifecycle {
    ignore_changes = [integration_http_method] # meaningless for MOCK, yet the local cloud reports POST
  }
}

resource "aws_api_gateway_method_response" "this" {
  rest_api_id         = var.rest_api_id
  resource_id         = var.resource_id
  http_method         = aws_api_gateway_method.this.http_method
  status_code         = "204"
  response_parameters = { for header in keys(var.headers) : "method.response.header.${header}" => true }
}

resource "aws_api_gateway_integration_response" "this" {
  rest_api_id         = var.rest_api_id
  resource_id         = var.resource_id
  http_method         = aws_api_gateway_method.this.http_method
  status_code         = aws_api_gateway_method_response.this.status_code
  response_parameters = { for header, value in var.headers : "method.response.header.${header}" => "'${value}'" }

  depends_on = [aws_api_gateway_integration.this]
}
