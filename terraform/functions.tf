# One module block for each function: SAM CLI links routes to functions only when both are written out.

locals {
  endpoint_arns        = ["${local.regional.sagemaker}:endpoint/${var.name_prefix}-*"]
  model_package_arns   = ["${local.regional.sagemaker}:model-package/${var.name_prefix}-*"]
  package_group_arns   = ["${local.regional.sagemaker}:model-package-group/${var.name_prefix}-*"]
  training_job_arns    = ["${local.regional.sagemaker}:training-job/${var.name_prefix}-*"]
  endpoint_config_arns = ["${local.regional.sagemaker}:endpoint-config/${var.name_prefix}-*"]
  model_arns           = ["${local.regional.sagemaker}:model/${var.name_prefix}-*"]
  evaluation_arns      = ["${aws_s3_bucket.artifacts.arn}/models/*/evaluation.json"]
  retrain_definition   = jsondecode(file("${local.project_dir}/statemachine/retrain.asl.json"))
  retrain_execution    = "${local.regional.states}:execution:${var.name_prefix}-retrain:*"
  api_timeout_seconds  = 20 # the handlers time-box themselves to 10; API Gateway waits 29
}

data "aws_iam_policy_document" "predict" {
  statement {
    sid       = "FindEndpoint"
    actions   = ["dynamodb:GetItem"]
    resources = [aws_dynamodb_table.model_endpoints.arn]
  }

  statement {
    sid       = "SuggestNames"
    actions   = ["dynamodb:GetItem", "dynamodb:Scan"]
    resources = [aws_dynamodb_table.workflows.arn]
  }

  statement {
    sid       = "AskModels"
    actions   = ["sagemaker:InvokeEndpoint"]
    resources = local.endpoint_arns
  }
}

module "predict" {
  source                = "./modules/function"
  name_prefix           = var.name_prefix
  slug                  = "predict"
  description           = "Predicts what runs will cost"
  functions_dir         = local.functions_dir
  upload_through_bucket = var.upload_functions_through_bucket
  bucket                = aws_s3_bucket_versioning.artifacts.id # set up first, then filled
  memory_mb             = 1024
  timeout_seconds       = local.api_timeout_seconds
  log_retention_days    = var.log_retention_days
  policy                = data.aws_iam_policy_document.predict.json

  environment = {
    MODEL_ENDPOINTS_TABLE = aws_dynamodb_table.model_endpoints.name
    WORKFLOWS_TABLE       = aws_dynamodb_table.workflows.name
    WEB_ORIGIN            = local.web_origin
    STALE_AFTER_DAYS      = tostring(var.stale_after_days)
  }
}

data "aws_iam_policy_document" "record_runs" {
  statement {
    sid       = "RecordRuns"
    actions   = ["dynamodb:GetItem", "dynamodb:PutItem"] # the latter within a transaction
    resources = [aws_dynamodb_table.workflow_runs.arn]
  }

  statement {
    sid       = "AddToTrail"
    actions   = ["dynamodb:PutItem", "dynamodb:Query"] # as above
    resources = [aws_dynamodb_table.run_changes.arn]
  }

  statement {
    sid       = "CountRunsAndMoney"
    actions   = ["dynamodb:UpdateItem"] # as above
    resources = [aws_dynamodb_table.workflows.arn, aws_dynamodb_table.spend.arn]
  }

  statement {
    sid       = "TellNewWorkflows"
    actions   = ["dynamodb:BatchGetItem"]
    resources = [aws_dynamodb_table.workflows.arn]
  }

  statement {
    sid       = "CountNewWorkflows"
    actions   = ["dynamodb:GetItem", "dynamodb:UpdateItem"] # the latter within a transaction
    resources = [aws_dynamodb_table.callers.arn]
  }
}

module "record_runs" {
  source                = "./modules/function"
  name_prefix           = var.name_prefix
  slug                  = "record_runs"
  description           = "Records past runs and what they cost, and changes them as people ask"
  functions_dir         = local.functions_dir
  upload_through_bucket = var.upload_functions_through_bucket
  bucket                = aws_s3_bucket_versioning.artifacts.id # set up first, then filled
  memory_mb             = 1024
  timeout_seconds       = local.api_timeout_seconds
  log_retention_days    = var.log_retention_days
  policy                = data.aws_iam_policy_document.record_runs.json

  environment = {
    WORKFLOW_RUNS_TABLE   = aws_dynamodb_table.workflow_runs.name
    RUN_CHANGES_TABLE     = aws_dynamodb_table.run_changes.name
    WORKFLOWS_TABLE       = aws_dynamodb_table.workflows.name
    SPEND_TABLE           = aws_dynamodb_table.spend.name
    CALLERS_TABLE         = aws_dynamodb_table.callers.name
    NEW_WORKFLOWS_PER_DAY = tostring(var.new_workflows_per_day)
    WEB_ORIGIN            = local.web_origin
  }
}

data "aws_iam_policy_document" "workflows" {
  # checkov:skip=CKV_AWS_356: the one "*" is for ListModelPackages, which knows no resources

  statement {
    sid       = "ReadRecentRuns"
    actions   = ["dynamodb:Query"]
    resources = ["${aws_dynamodb_table.workflow_runs.arn}/index/by_completion"]
  }

  statement {
    sid       = "ReadOneRun"
    actions   = ["dynamodb:GetItem"]
    resources = [aws_dynamodb_table.workflow_runs.arn]
  }

  statement {
    sid       = "ReadTrail"
    actions   = ["dynamodb:Query"]
    resources = [aws_dynamodb_table.run_changes.arn]
  }

  statement {
    sid       = "ReadWorkflows"
    actions   = ["dynamodb:GetItem", "dynamodb:Scan"]
    resources = [aws_dynamodb_table.workflows.arn, aws_dynamodb_table.model_endpoints.arn]
  }

  statement {
    sid       = "DrawCurve"
    actions   = ["sagemaker:InvokeEndpoint"]
    resources = local.endpoint_arns
  }

  statement {
    sid       = "ReadVersions"
    actions   = ["sagemaker:DescribeModelPackage"]
    resources = local.model_package_arns
  }

  statement {
    sid       = "ReadEvaluation"
    actions   = ["s3:GetObject"]
    resources = local.evaluation_arns
  }

  # Without it S3 answers "access denied" for an object that is missing.
  statement {
    sid       = "TellMissingFromForbidden"
    actions   = ["s3:ListBucket"]
    resources = [aws_s3_bucket.artifacts.arn]
  }

  # ListModelPackages knows no resources (AWS service authorization reference, Amazon SageMaker).
  statement {
    sid       = "ListVersions"
    actions   = ["sagemaker:ListModelPackages"]
    resources = ["*"]
  }
}

module "workflows" {
  source                = "./modules/function"
  name_prefix           = var.name_prefix
  slug                  = "workflows"
  description           = "Tells which workflows there are and how good their models are"
  functions_dir         = local.functions_dir
  upload_through_bucket = var.upload_functions_through_bucket
  bucket                = aws_s3_bucket_versioning.artifacts.id # set up first, then filled
  memory_mb             = 1024
  timeout_seconds       = local.api_timeout_seconds
  log_retention_days    = var.log_retention_days
  policy                = data.aws_iam_policy_document.workflows.json

  environment = {
    WORKFLOW_RUNS_TABLE   = aws_dynamodb_table.workflow_runs.name
    RUN_CHANGES_TABLE     = aws_dynamodb_table.run_changes.name
    WORKFLOWS_TABLE       = aws_dynamodb_table.workflows.name
    MODEL_ENDPOINTS_TABLE = aws_dynamodb_table.model_endpoints.name
    ARTIFACTS_BUCKET      = aws_s3_bucket.artifacts.id
    NAME_PREFIX           = var.name_prefix
    SCHEDULE_EXPRESSION   = var.schedule_expression
    SCHEDULE_TIMEZONE     = var.schedule_timezone
    SCHEDULE_ENABLED      = tostring(var.schedule_enabled)
    WEB_ORIGIN            = local.web_origin
  }
}

data "aws_iam_policy_document" "retrainings" {
  statement {
    sid       = "FindWorkflow"
    actions   = ["dynamodb:GetItem", "dynamodb:Scan", "dynamodb:UpdateItem"] # suggests names, brings back
    resources = [aws_dynamodb_table.workflows.arn]
  }

  statement {
    sid       = "StartRetrainings"
    actions   = ["states:StartExecution"]
    resources = [aws_sfn_state_machine.retrain.arn]
  }

  statement {
    sid       = "FollowRetrainings"
    actions   = ["states:DescribeExecution", "states:GetExecutionHistory"]
    resources = [local.retrain_execution]
  }
}

module "retrainings" {
  source                = "./modules/function"
  name_prefix           = var.name_prefix
  slug                  = "retrainings"
  description           = "Starts retrainings and tells how far they are"
  functions_dir         = local.functions_dir
  upload_through_bucket = var.upload_functions_through_bucket
  bucket                = aws_s3_bucket_versioning.artifacts.id # set up first, then filled
  timeout_seconds       = local.api_timeout_seconds
  log_retention_days    = var.log_retention_days
  policy                = data.aws_iam_policy_document.retrainings.json

  environment = {
    WORKFLOWS_TABLE           = aws_dynamodb_table.workflows.name
    RETRAIN_STATE_MACHINE_ARN = aws_sfn_state_machine.retrain.arn
    WEB_ORIGIN                = local.web_origin
  }
}

data "aws_iam_policy_document" "retire_workflow" {
  statement {
    sid       = "MarkWorkflow"
    actions   = ["dynamodb:GetItem", "dynamodb:Scan", "dynamodb:UpdateItem"] # the scan suggests names
    resources = [aws_dynamodb_table.workflows.arn]
  }

  statement {
    sid       = "DeleteEndpointRecord"
    actions   = ["dynamodb:DeleteItem"]
    resources = [aws_dynamodb_table.model_endpoints.arn]
  }

  statement {
    sid       = "AskWhetherHolderRuns"
    actions   = ["states:DescribeExecution"]
    resources = [local.retrain_execution]
  }

  statement {
    sid       = "DeleteWhatServes"
    actions   = ["sagemaker:DeleteEndpoint", "sagemaker:DeleteEndpointConfig", "sagemaker:DeleteModel", "sagemaker:DescribeEndpoint"]
    resources = concat(local.endpoint_arns, local.endpoint_config_arns, local.model_arns)
  }

  # These know no resources (AWS service authorization reference, Amazon SageMaker).
  statement {
    sid       = "FindWhatServes"
    actions   = ["sagemaker:ListEndpointConfigs", "sagemaker:ListModels"]
    resources = ["*"]
  }
}

module "retire_workflow" {
  source                = "./modules/function"
  name_prefix           = var.name_prefix
  slug                  = "retire_workflow"
  description           = "Retires workflows: what answers for them goes, their history stays"
  functions_dir         = local.functions_dir
  upload_through_bucket = var.upload_functions_through_bucket
  bucket                = aws_s3_bucket_versioning.artifacts.id # set up first, then filled
  timeout_seconds       = local.api_timeout_seconds
  log_retention_days    = var.log_retention_days
  policy                = data.aws_iam_policy_document.retire_workflow.json

  environment = {
    WORKFLOWS_TABLE       = aws_dynamodb_table.workflows.name
    MODEL_ENDPOINTS_TABLE = aws_dynamodb_table.model_endpoints.name
    NAME_PREFIX           = var.name_prefix
    WEB_ORIGIN            = local.web_origin
  }
}

data "aws_iam_policy_document" "prepare_dataset" {
  statement {
    sid       = "ReadRuns"
    actions   = ["dynamodb:Query"]
    resources = [aws_dynamodb_table.workflow_runs.arn]
  }

  statement {
    sid       = "ClaimWorkflow"
    actions   = ["dynamodb:GetItem", "dynamodb:UpdateItem"]
    resources = [aws_dynamodb_table.workflows.arn]
  }

  statement {
    sid       = "FindChampion"
    actions   = ["dynamodb:GetItem"]
    resources = [aws_dynamodb_table.model_endpoints.arn]
  }

  statement {
    sid       = "FindChampionArtifact"
    actions   = ["sagemaker:DescribeModelPackage"]
    resources = local.model_package_arns
  }

  statement {
    sid       = "AskWhetherHolderRuns"
    actions   = ["states:DescribeExecution"]
    resources = [local.retrain_execution]
  }

  statement {
    sid       = "WriteDataset"
    actions   = ["s3:PutObject"]
    resources = ["${aws_s3_bucket.artifacts.arn}/datasets/*"]
  }
}

module "prepare_dataset" {
  source                = "./modules/function"
  name_prefix           = var.name_prefix
  slug                  = "prepare_dataset"
  description           = "Claims a workflow and writes its history as a dataset"
  functions_dir         = local.functions_dir
  upload_through_bucket = var.upload_functions_through_bucket
  bucket                = aws_s3_bucket_versioning.artifacts.id # set up first, then filled
  memory_mb             = 1769                                  # one whole CPU
  timeout_seconds       = 300
  log_retention_days    = var.log_retention_days
  policy                = data.aws_iam_policy_document.prepare_dataset.json

  environment = {
    WORKFLOW_RUNS_TABLE        = aws_dynamodb_table.workflow_runs.name
    WORKFLOWS_TABLE            = aws_dynamodb_table.workflows.name
    MODEL_ENDPOINTS_TABLE      = aws_dynamodb_table.model_endpoints.name
    ARTIFACTS_BUCKET           = aws_s3_bucket.artifacts.bucket
    NAME_PREFIX                = var.name_prefix
    ENDPOINT_MODE              = var.endpoint_mode
    SERVERLESS_MEMORY_MB       = tostring(var.serverless_memory_mb)
    SERVERLESS_MAX_CONCURRENCY = tostring(var.serverless_max_concurrency)
    INSTANCE_TYPE              = var.instance_type
    LEASE_SECONDS              = tostring(local.retrain_definition.TimeoutSeconds) # no execution holds a claim for longer
  }
}

data "aws_iam_policy_document" "verify_artifact" {
  statement {
    sid       = "ReadArtifact"
    actions   = ["s3:GetObject"]
    resources = ["${aws_s3_bucket.artifacts.arn}/datasets/*", "${aws_s3_bucket.artifacts.arn}/models/*"]
  }

  # Without it S3 answers "access denied" for an object that is missing.
  statement {
    sid       = "TellMissingFromForbidden"
    actions   = ["s3:ListBucket"]
    resources = [aws_s3_bucket.artifacts.arn]
  }

  statement {
    sid       = "PublishEvaluation"
    actions   = ["s3:PutObject"]
    resources = local.evaluation_arns
  }

  statement {
    sid = "MakeRegistryOnFirstUse"
    actions = [
      "sagemaker:AddTags", "sagemaker:CreateModelPackageGroup", "sagemaker:DescribeModelPackageGroup",
    ]
    resources = local.package_group_arns
  }
}

module "verify_artifact" {
  source                = "./modules/function"
  name_prefix           = var.name_prefix
  slug                  = "verify_artifact"
  description           = "Checks that a training job left what we write"
  functions_dir         = local.functions_dir
  upload_through_bucket = var.upload_functions_through_bucket
  bucket                = aws_s3_bucket_versioning.artifacts.id # set up first, then filled
  memory_mb             = 1024
  timeout_seconds       = 120
  log_retention_days    = var.log_retention_days
  policy                = data.aws_iam_policy_document.verify_artifact.json

  environment = {
    ARTIFACTS_BUCKET = aws_s3_bucket.artifacts.bucket
  }
}

data "aws_iam_policy_document" "compare_models" {
  statement {
    sid       = "ReadEvaluation"
    actions   = ["s3:GetObject"]
    resources = local.evaluation_arns
  }

  # Without it S3 answers "access denied" for an object that is missing.
  statement {
    sid       = "TellMissingFromForbidden"
    actions   = ["s3:ListBucket"]
    resources = [aws_s3_bucket.artifacts.arn]
  }
}

module "compare_models" {
  source                = "./modules/function"
  name_prefix           = var.name_prefix
  slug                  = "compare_models"
  description           = "Decides whether the challenger is better than the champion"
  functions_dir         = local.functions_dir
  upload_through_bucket = var.upload_functions_through_bucket
  bucket                = aws_s3_bucket_versioning.artifacts.id # set up first, then filled
  timeout_seconds       = 60
  log_retention_days    = var.log_retention_days
  policy                = data.aws_iam_policy_document.compare_models.json

  environment = {
    ARTIFACTS_BUCKET  = aws_s3_bucket.artifacts.bucket
    SIGNIFICANCE      = tostring(var.significance)
    WORST_SLICE_RATIO = tostring(var.worst_slice_ratio)
    EQUAL_WITHIN      = tostring(var.equal_within)
    NEWER_BY_DAYS     = tostring(var.newer_by_days)
    MORE_RUNS_RATIO   = tostring(var.more_runs_ratio)
  }
}

data "aws_iam_policy_document" "promote" {
  statement {
    sid       = "ReadEvaluation"
    actions   = ["s3:GetObject"]
    resources = local.evaluation_arns
  }

  # Without it S3 answers "access denied" for an object that is missing.
  statement {
    sid       = "TellMissingFromForbidden"
    actions   = ["s3:ListBucket"]
    resources = [aws_s3_bucket.artifacts.arn]
  }

  statement {
    sid       = "WriteEndpointRecord"
    actions   = ["dynamodb:PutItem"]
    resources = [aws_dynamodb_table.model_endpoints.arn]
  }
}

module "promote" {
  source                = "./modules/function"
  name_prefix           = var.name_prefix
  slug                  = "promote"
  description           = "Points a workflow at its new model"
  functions_dir         = local.functions_dir
  upload_through_bucket = var.upload_functions_through_bucket
  bucket                = aws_s3_bucket_versioning.artifacts.id # set up first, then filled
  timeout_seconds       = 60
  log_retention_days    = var.log_retention_days
  policy                = data.aws_iam_policy_document.promote.json

  environment = {
    MODEL_ENDPOINTS_TABLE = aws_dynamodb_table.model_endpoints.name
    ARTIFACTS_BUCKET      = aws_s3_bucket.artifacts.bucket
  }
}

data "aws_iam_policy_document" "settle_training" {
  statement {
    sid       = "SettleTrainingJobs"
    actions   = ["sagemaker:DescribeTrainingJob", "sagemaker:StopTrainingJob"]
    resources = local.training_job_arns
  }
}

module "settle_training" {
  source                = "./modules/function"
  name_prefix           = var.name_prefix
  slug                  = "settle_training"
  description           = "Finds out what became of a training job"
  functions_dir         = local.functions_dir
  upload_through_bucket = var.upload_functions_through_bucket
  bucket                = aws_s3_bucket_versioning.artifacts.id # set up first, then filled
  timeout_seconds       = 60
  log_retention_days    = var.log_retention_days
  policy                = data.aws_iam_policy_document.settle_training.json
  environment           = {}
}

data "aws_iam_policy_document" "change_endpoint" {
  statement {
    sid = "ChangeEndpoints"
    actions = [
      "sagemaker:AddTags", "sagemaker:CreateEndpoint", "sagemaker:DeleteEndpoint", "sagemaker:DescribeEndpoint",
      "sagemaker:UpdateEndpoint",
    ]
    resources = concat(local.endpoint_arns, local.endpoint_config_arns) # both make an endpoint of a config
  }
}

module "change_endpoint" {
  source                = "./modules/function"
  name_prefix           = var.name_prefix
  slug                  = "change_endpoint"
  description           = "Brings an endpoint to another config, a step a call"
  functions_dir         = local.functions_dir
  upload_through_bucket = var.upload_functions_through_bucket
  bucket                = aws_s3_bucket_versioning.artifacts.id # set up first, then filled
  timeout_seconds       = 60
  log_retention_days    = var.log_retention_days
  policy                = data.aws_iam_policy_document.change_endpoint.json

  environment = {
    ENDPOINT_POLL_SECONDS = tostring(var.endpoint_poll_seconds)
    ENDPOINT_MAX_SECONDS  = "3600"
  }
}

data "aws_iam_policy_document" "conclude" {
  statement {
    sid       = "JudgeVersions"
    actions   = ["sagemaker:UpdateModelPackage"]
    resources = local.model_package_arns
  }

  statement {
    sid = "TidyUp"
    actions = [
      "sagemaker:DeleteEndpoint", "sagemaker:DeleteEndpointConfig", "sagemaker:DeleteModel", "sagemaker:DescribeEndpoint",
    ]
    resources = concat(local.endpoint_arns, local.endpoint_config_arns, local.model_arns)
  }

  statement {
    sid       = "FindOwner"
    actions   = ["dynamodb:GetItem"]
    resources = [aws_dynamodb_table.model_endpoints.arn]
  }

  statement {
    sid       = "RecordVerdict"
    actions   = ["dynamodb:UpdateItem"]
    resources = [aws_dynamodb_table.workflows.arn]
  }
}

module "conclude" {
  source                = "./modules/function"
  name_prefix           = var.name_prefix
  slug                  = "conclude"
  description           = "Ends a retraining, however it went"
  functions_dir         = local.functions_dir
  upload_through_bucket = var.upload_functions_through_bucket
  bucket                = aws_s3_bucket_versioning.artifacts.id # set up first, then filled
  timeout_seconds       = 120
  log_retention_days    = var.log_retention_days
  policy                = data.aws_iam_policy_document.conclude.json

  environment = {
    WORKFLOWS_TABLE       = aws_dynamodb_table.workflows.name
    MODEL_ENDPOINTS_TABLE = aws_dynamodb_table.model_endpoints.name
  }
}

data "aws_iam_policy_document" "report_round" {
  statement {
    sid       = "AskExecutions"
    actions   = ["states:DescribeExecution"]
    resources = [local.retrain_execution]
  }
}

module "report_round" {
  source                = "./modules/function"
  name_prefix           = var.name_prefix
  slug                  = "report_round"
  description           = "Says how the retrainings of a round ended"
  functions_dir         = local.functions_dir
  upload_through_bucket = var.upload_functions_through_bucket
  bucket                = aws_s3_bucket_versioning.artifacts.id # set up first, then filled
  timeout_seconds       = 120
  log_retention_days    = var.log_retention_days
  policy                = data.aws_iam_policy_document.report_round.json

  environment = {
    RETRAIN_STATE_MACHINE_ARN = aws_sfn_state_machine.retrain.arn
  }
}

data "aws_iam_policy_document" "select_workflows" {
  statement {
    sid       = "FindNewRuns"
    actions   = ["dynamodb:Scan"]
    resources = [aws_dynamodb_table.workflows.arn]
  }
}

module "select_workflows" {
  source                = "./modules/function"
  name_prefix           = var.name_prefix
  slug                  = "select_workflows"
  description           = "Lists the workflows with runs that no retraining has examined"
  functions_dir         = local.functions_dir
  upload_through_bucket = var.upload_functions_through_bucket
  bucket                = aws_s3_bucket_versioning.artifacts.id # set up first, then filled
  timeout_seconds       = 120
  log_retention_days    = var.log_retention_days
  policy                = data.aws_iam_policy_document.select_workflows.json

  environment = {
    WORKFLOWS_TABLE = aws_dynamodb_table.workflows.name
  }
}

data "aws_iam_policy_document" "budgets" {
  statement {
    sid       = "ReadSpend"
    actions   = ["dynamodb:Query"]
    resources = [aws_dynamodb_table.spend.arn]
  }

  statement {
    sid       = "KeepBudgets"
    actions   = ["dynamodb:DeleteItem", "dynamodb:PutItem", "dynamodb:Scan"]
    resources = [aws_dynamodb_table.budgets.arn]
  }

  statement {
    sid       = "FindUncountedRuns"
    actions   = ["dynamodb:Scan"]
    resources = [aws_dynamodb_table.workflows.arn]
  }
}

module "budgets" {
  source                = "./modules/function"
  name_prefix           = var.name_prefix
  slug                  = "budgets"
  description           = "Tells what teams spent in a month, and keeps their limits"
  functions_dir         = local.functions_dir
  upload_through_bucket = var.upload_functions_through_bucket
  bucket                = aws_s3_bucket_versioning.artifacts.id # set up first, then filled
  timeout_seconds       = local.api_timeout_seconds
  log_retention_days    = var.log_retention_days
  policy                = data.aws_iam_policy_document.budgets.json

  environment = {
    SPEND_TABLE     = aws_dynamodb_table.spend.name
    BUDGETS_TABLE   = aws_dynamodb_table.budgets.name
    WORKFLOWS_TABLE = aws_dynamodb_table.workflows.name
    WEB_ORIGIN      = local.web_origin
  }
}

data "aws_iam_policy_document" "rebuild_spend" {
  statement {
    sid       = "ReadRuns"
    actions   = ["dynamodb:Query"]
    resources = [aws_dynamodb_table.workflow_runs.arn]
  }

  statement {
    sid       = "MarkWorkflows"
    actions   = ["dynamodb:ConditionCheckItem", "dynamodb:GetItem", "dynamodb:Scan", "dynamodb:UpdateItem"]
    resources = [aws_dynamodb_table.workflows.arn]
  }

  statement {
    sid       = "WriteSpend"
    actions   = ["dynamodb:UpdateItem"] # within a transaction
    resources = [aws_dynamodb_table.spend.arn]
  }
}

module "rebuild_spend" {
  source                = "./modules/function"
  name_prefix           = var.name_prefix
  slug                  = "rebuild_spend"
  description           = "Counts what was spent anew from the runs"
  functions_dir         = local.functions_dir
  upload_through_bucket = var.upload_functions_through_bucket
  bucket                = aws_s3_bucket_versioning.artifacts.id # set up first, then filled
  memory_mb             = 1769                                  # one whole CPU
  timeout_seconds       = 900
  log_retention_days    = var.log_retention_days
  policy                = data.aws_iam_policy_document.rebuild_spend.json

  environment = {
    WORKFLOW_RUNS_TABLE = aws_dynamodb_table.workflow_runs.name
    WORKFLOWS_TABLE     = aws_dynamodb_table.workflows.name
    SPEND_TABLE         = aws_dynamodb_table.spend.name
  }
}
