resource "aws_dynamodb_table" "workflow_runs" {
  # checkov:skip=CKV_AWS_119: encrypted with the key aws/dynamodb; a key of our own would only repeat what the roles say

  name                        = "${var.name_prefix}-workflow-runs"
  billing_mode                = "PAY_PER_REQUEST"
  hash_key                    = "workflow_name"
  range_key                   = "run_id"
  deletion_protection_enabled = var.deletion_protection

  attribute {
    name = "workflow_name"
    type = "S"
  }

  attribute {
    name = "run_id"
    type = "S"
  }

  attribute {
    name = "completed_at"
    type = "S"
  }

  global_secondary_index {
    name            = "by_completion"
    hash_key        = "workflow_name"
    range_key       = "completed_at"
    projection_type = "ALL"
  }

  point_in_time_recovery {
    enabled = true
  }

  server_side_encryption {
    enabled = true
  }
}

resource "aws_dynamodb_table" "model_endpoints" {
  # checkov:skip=CKV_AWS_119: encrypted with the key aws/dynamodb; a key of our own would only repeat what the roles say

  name                        = "${var.name_prefix}-model-endpoints"
  billing_mode                = "PAY_PER_REQUEST"
  hash_key                    = "workflow_name"
  deletion_protection_enabled = var.deletion_protection

  attribute {
    name = "workflow_name"
    type = "S"
  }

  point_in_time_recovery {
    enabled = true
  }

  server_side_encryption {
    enabled = true
  }
}

resource "aws_dynamodb_table" "workflows" {
  # checkov:skip=CKV_AWS_119: encrypted with the key aws/dynamodb; a key of our own would only repeat what the roles say

  name                        = "${var.name_prefix}-workflows"
  billing_mode                = "PAY_PER_REQUEST"
  hash_key                    = "workflow_name"
  deletion_protection_enabled = var.deletion_protection

  attribute {
    name = "workflow_name"
    type = "S"
  }

  point_in_time_recovery {
    enabled = true
  }

  server_side_encryption {
    enabled = true
  }
}

resource "aws_dynamodb_table" "run_changes" {
  # checkov:skip=CKV_AWS_119: encrypted with the key aws/dynamodb; a key of our own would only repeat what the roles say

  name                        = "${var.name_prefix}-run-changes"
  billing_mode                = "PAY_PER_REQUEST"
  hash_key                    = "run_key"
  range_key                   = "number"
  deletion_protection_enabled = var.deletion_protection

  attribute {
    name = "run_key"
    type = "S"
  }

  attribute {
    name = "number"
    type = "N"
  }

  point_in_time_recovery {
    enabled = true
  }

  server_side_encryption {
    enabled = true
  }
}

resource "aws_dynamodb_table" "spend" {
  # checkov:skip=CKV_AWS_119: encrypted with the key aws/dynamodb; a key of our own would only repeat what the roles say

  name                        = "${var.name_prefix}-spend"
  billing_mode                = "PAY_PER_REQUEST"
  hash_key                    = "month"
  range_key                   = "line"
  deletion_protection_enabled = var.deletion_protection

  attribute {
    name = "month"
    type = "S"
  }

  attribute {
    name = "line"
    type = "S"
  }

  point_in_time_recovery {
    enabled = true
  }

  server_side_encryption {
    enabled = true
  }
}

resource "aws_dynamodb_table" "budgets" {
  # checkov:skip=CKV_AWS_119: encrypted with the key aws/dynamodb; a key of our own would only repeat what the roles say

  name                        = "${var.name_prefix}-budgets"
  billing_mode                = "PAY_PER_REQUEST"
  hash_key                    = "team"
  deletion_protection_enabled = var.deletion_protection

  attribute {
    name = "team"
    type = "S"
  }

  point_in_time_recovery {
    enabled = true
  }

  server_side_encryption {
    enabled = true
  }
}

resource "aws_dynamodb_table" "callers" {
  # checkov:skip=CKV_AWS_119: encrypted with the key aws/dynamodb; a key of our own would only repeat what the roles say

  name                        = "${var.name_prefix}-callers"
  billing_mode                = "PAY_PER_REQUEST"
  hash_key                    = "caller"
  range_key                   = "day"
  deletion_protection_enabled = var.deletion_protection

  attribute {
    name = "caller"
    type = "S"
  }

  attribute {
    name = "day"
    type = "S"
  }

  ttl {
    attribute_name = "expires_at"
    enabled        = true
  }

  point_in_time_recovery {
    enabled = true
  }

  server_side_encryption {
    enabled = true
  }
}

resource "aws_dynamodb_table" "predictions" {
  # checkov:skip=CKV_AWS_119: encrypted with the key aws/dynamodb; a key of our own would only repeat what the roles say

  name                        = "${var.name_prefix}-predictions"
  billing_mode                = "PAY_PER_REQUEST"
  hash_key                    = "prediction_id"
  deletion_protection_enabled = var.deletion_protection

  attribute {
    name = "prediction_id"
    type = "S"
  }

  attribute {
    name = "place"
    type = "S"
  }

  attribute {
    name = "month"
    type = "S"
  }

  attribute {
    name = "workflow_name"
    type = "S"
  }

  attribute {
    name = "team"
    type = "S"
  }

  attribute {
    name = "person"
    type = "S"
  }

  global_secondary_index {
    name               = "by_month"
    hash_key           = "month"
    range_key          = "place"
    projection_type    = "INCLUDE"
    non_key_attributes = ["summary"]
  }

  global_secondary_index {
    name               = "by_workflow_name"
    hash_key           = "workflow_name"
    range_key          = "place"
    projection_type    = "INCLUDE"
    non_key_attributes = ["summary"]
  }

  global_secondary_index {
    name               = "by_team"
    hash_key           = "team"
    range_key          = "place"
    projection_type    = "INCLUDE"
    non_key_attributes = ["summary"]
  }

  global_secondary_index {
    name               = "by_person"
    hash_key           = "person"
    range_key          = "place"
    projection_type    = "INCLUDE"
    non_key_attributes = ["summary"]
  }

  ttl {
    attribute_name = "expires_at"
    enabled        = true
  }

  point_in_time_recovery {
    enabled = true
  }

  server_side_encryption {
    enabled = true
  }
}

resource "aws_s3_bucket" "artifacts" {
  # checkov:skip=CKV_AWS_145: keys of S3 itself; sizes and costs of runs need no key policy of their own
  # checkov:skip=CKV_AWS_18: access logs would need a second bucket; CloudTrail data events are the account's to switch on
  # checkov:skip=CKV_AWS_144: datasets and models can be made anew from the tables, which have point-in-time recovery
  # checkov:skip=CKV2_AWS_62: nothing reacts to objects appearing; the state machine knows what it wrote

  bucket        = "${var.name_prefix}-artifacts-${local.account_id}-${var.region}"
  force_destroy = !var.deletion_protection
}

resource "aws_s3_bucket_ownership_controls" "artifacts" {
  bucket = aws_s3_bucket.artifacts.id

  rule {
    object_ownership = "BucketOwnerEnforced"
  }
}

resource "aws_s3_bucket_public_access_block" "artifacts" {
  bucket                  = aws_s3_bucket.artifacts.id
  block_public_acls       = true
  block_public_policy     = true
  ignore_public_acls      = true
  restrict_public_buckets = true
}

resource "aws_s3_bucket_versioning" "artifacts" {
  bucket = aws_s3_bucket.artifacts.id

  versioning_configuration {
    status = "Enabled"
  }
}

resource "aws_s3_bucket_server_side_encryption_configuration" "artifacts" {
  bucket = aws_s3_bucket.artifacts.id

  rule {
    apply_server_side_encryption_by_default {
      sse_algorithm = "AES256"
    }
  }
}

data "aws_iam_policy_document" "artifacts_bucket" {
  statement {
    sid       = "OnlyTls"
    effect    = "Deny"
    actions   = ["s3:*"]
    resources = [aws_s3_bucket.artifacts.arn, "${aws_s3_bucket.artifacts.arn}/*"]

    principals {
      type        = "*"
      identifiers = ["*"]
    }

    condition {
      test     = "Bool"
      variable = "aws:SecureTransport"
      values   = ["false"]
    }
  }
}

resource "aws_s3_bucket_policy" "artifacts" {
  bucket     = aws_s3_bucket.artifacts.id
  policy     = data.aws_iam_policy_document.artifacts_bucket.json
  depends_on = [aws_s3_bucket_public_access_block.artifacts] # S3 refuses both changes at the same moment
}

resource "aws_s3_bucket_lifecycle_configuration" "artifacts" {
  count      = var.manage_bucket_lifecycle ? 1 : 0
  bucket     = aws_s3_bucket.artifacts.id
  depends_on = [aws_s3_bucket_versioning.artifacts]

  rule {
    id     = "expire-datasets"
    status = "Enabled"

    filter {
      prefix = "datasets/"
    }

    expiration {
      days = var.dataset_retention_days
    }
  }

  rule {
    id     = "remove-remains"
    status = "Enabled"

    filter {}

    noncurrent_version_expiration {
      noncurrent_days = 30
    }

    abort_incomplete_multipart_upload {
      days_after_initiation = 7
    }
  }
}
