# One Lambda function with its own role, log group and alias `live`.

locals {
  function_name = "${var.deployment.name_prefix}-${replace(var.slug, "_", "-")}"
  zip           = "${var.deployment.functions_dir}/${var.slug}.zip"
  hash          = filebase64sha256(local.zip)
}

resource "aws_cloudwatch_log_group" "this" {
  # checkov:skip=CKV_AWS_158: keys of CloudWatch itself; no line holds a body, a key or a cost
  # checkov:skip=CKV_AWS_338: log_retention_days decides; who must keep a year sets it

  name              = "/aws/lambda/${local.function_name}"
  retention_in_days = var.deployment.log_retention_days
}

data "aws_iam_policy_document" "trust" {
  statement {
    actions = ["sts:AssumeRole"]

    principals {
      type        = "Service"
      identifiers = ["lambda.amazonaws.com"]
    }
  }
}

resource "aws_iam_role" "this" {
  name               = local.function_name
  description        = "What function ${local.function_name} may do"
  assume_role_policy = data.aws_iam_policy_document.trust.json
}

data "aws_iam_policy_document" "this" {
  dynamic "statement" {
    for_each = var.allow

    content {
      sid       = statement.value.sid
      actions   = statement.value.actions
      resources = statement.value.resources
    }
  }

  statement {
    sid       = "WriteOwnLog"
    actions   = ["logs:CreateLogStream", "logs:PutLogEvents"]
    resources = ["${aws_cloudwatch_log_group.this.arn}:*"]
  }

  # X-Ray's write actions know no resources.
  statement {
    sid       = "WriteTraces"
    actions   = ["xray:PutTelemetryRecords", "xray:PutTraceSegments"]
    resources = ["*"]
  }
}

resource "aws_iam_role_policy" "this" {
  name   = "function"
  role   = aws_iam_role.this.id
  policy = data.aws_iam_policy_document.this.json
}

resource "aws_s3_object" "zip" {
  count  = var.deployment.upload_through_bucket ? 1 : 0
  bucket = var.deployment.bucket
  key    = "functions/${var.slug}-${filesha1(local.zip)}.zip"
  source = local.zip
}

resource "aws_lambda_function" "this" {
  # checkov:skip=CKV_AWS_117: calls only AWS services; a VPC would add cost and cold start and protect nothing
  # checkov:skip=CKV_AWS_116: all callers are synchronous, so a dead-letter queue would never receive anything
  # checkov:skip=CKV_AWS_115: the limits of plan and stage bound the API; the state machines bound themselves
  # checkov:skip=CKV_AWS_272: the zips come from this checkout by the same hand that applies
  # checkov:skip=CKV_AWS_173: the environment holds names, no secrets

  function_name    = local.function_name
  description      = var.description
  role             = aws_iam_role.this.arn
  runtime          = "python3.13"
  architectures    = ["x86_64"]
  handler          = "functions.${var.slug}.handler.handler"
  filename         = var.deployment.upload_through_bucket ? null : local.zip
  s3_bucket        = one(aws_s3_object.zip[*].bucket)
  s3_key           = one(aws_s3_object.zip[*].key)
  source_code_hash = local.hash
  memory_size      = var.memory_mb
  timeout          = var.timeout_seconds
  publish          = true

  environment {
    variables = merge(var.environment, {
      POWERTOOLS_SERVICE_NAME      = var.slug
      POWERTOOLS_METRICS_NAMESPACE = "Runquote"
      POWERTOOLS_LOG_LEVEL         = "INFO"
    })
  }

  tracing_config {
    mode = "Active"
  }

  # The function must neither run before it may do its work nor make its own log group, which would never expire.
  depends_on = [aws_iam_role_policy.this, aws_cloudwatch_log_group.this]
}

resource "aws_lambda_alias" "live" {
  name             = "live"
  description      = "The version that callers reach"
  function_name    = aws_lambda_function.this.function_name
  function_version = aws_lambda_function.this.version
}
