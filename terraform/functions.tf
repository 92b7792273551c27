# One module block for each function: SAM CLI links routes to functions only when both are written out.

locals {
  # What every function is told of the deployment.
  deployment = {
    name_prefix           = var.name_prefix
    functions_dir         = local.functions_dir
    log_retention_days    = var.log_retention_days
    upload_through_bucket = var.upload_functions_through_bucket
    bucket                = aws_s3_bucket_versioning.artifacts.id # set up first, then filled
  }

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

module "predict" {
  source          = "./modules/function"
  deployment      = local.deployment
  slug            = "predict"
  description     = "Predicts what runs will cost"
  memory_mb       = 1024
  timeout_seconds = local.api_timeout_seconds

  allow = [
    { sid = "FindEndpoint", actions = ["dynamodb:GetItem"], resources = [aws_dynamodb_table.model_endpoints.arn] },
    {
      sid       = "SuggestNames"
      actions   = ["dynamodb:GetItem", "dynamodb:Scan"]
      resources = [aws_dynamodb_table.workflows.arn]
    },
    { sid = "AskModels", actions = ["sagemaker:InvokeEndpoint"], resources = local.endpoint_arns },
    { sid = "KeepPredictions", actions = ["dynamodb:PutItem"], resources = [aws_dynamodb_table.predictions.arn] },
  ]

  environment = {
    MODEL_ENDPOINTS_TABLE     = aws_dynamodb_table.model_endpoints.name
    WORKFLOWS_TABLE           = aws_dynamodb_table.workflows.name
    PREDICTIONS_TABLE         = aws_dynamodb_table.predictions.name
    PREDICTION_RETENTION_DAYS = tostring(var.prediction_retention_days)
    WEB_ORIGIN                = local.web_origin
    STALE_AFTER_DAYS          = tostring(var.stale_after_days)
  }
}

module "predictions" {
  source          = "./modules/function"
  deployment      = local.deployment
  slug            = "predictions"
  description     = "Finds again what was asked and answered"
  timeout_seconds = local.api_timeout_seconds

  allow = [
    { sid = "ReadOnePrediction", actions = ["dynamodb:GetItem"], resources = [aws_dynamodb_table.predictions.arn] },
    {
      sid       = "ListPredictions"
      actions   = ["dynamodb:Query"]
      resources = ["${aws_dynamodb_table.predictions.arn}/index/*"]
    },
  ]

  environment = {
    PREDICTIONS_TABLE         = aws_dynamodb_table.predictions.name
    PREDICTION_RETENTION_DAYS = tostring(var.prediction_retention_days)
    WEB_ORIGIN                = local.web_origin
  }
}

module "record_runs" {
  source          = "./modules/function"
  deployment      = local.deployment
  slug            = "record_runs"
  description     = "Records past runs and what they cost, and changes them as people ask"
  memory_mb       = 1024
  timeout_seconds = local.api_timeout_seconds

  allow = [
    {
      sid       = "RecordRuns"
      actions   = ["dynamodb:GetItem", "dynamodb:PutItem"] # the latter within a transaction
      resources = [aws_dynamodb_table.workflow_runs.arn]
    },
    {
      sid       = "AddToTrail"
      actions   = ["dynamodb:PutItem", "dynamodb:Query"] # as above
      resources = [aws_dynamodb_table.run_changes.arn]
    },
    {
      sid       = "CountRunsAndMoney"
      actions   = ["dynamodb:UpdateItem"] # as above
      resources = [aws_dynamodb_table.workflows.arn, aws_dynamodb_table.spend.arn]
    },
    { sid = "TellNewWorkflows", actions = ["dynamodb:BatchGetItem"], resources = [aws_dynamodb_table.workflows.arn] },
    {
      sid       = "CountNewWorkflows"
      actions   = ["dynamodb:GetItem", "dynamodb:UpdateItem"] # the latter within a transaction
      resources = [aws_dynamodb_table.callers.arn]
    },
  ]

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

module "workflows" {
  source          = "./modules/function"
  deployment      = local.deployment
  slug            = "workflows"
  description     = "Tells which workflows there are and how good their models are"
  memory_mb       = 1024
  timeout_seconds = local.api_timeout_seconds

  allow = [
    {
      sid       = "ReadRecentRuns"
      actions   = ["dynamodb:Query"]
      resources = ["${aws_dynamodb_table.workflow_runs.arn}/index/by_completion"]
    },
    { sid = "ReadOneRun", actions = ["dynamodb:GetItem"], resources = [aws_dynamodb_table.workflow_runs.arn] },
    { sid = "ReadTrail", actions = ["dynamodb:Query"], resources = [aws_dynamodb_table.run_changes.arn] },
    {
      sid       = "ReadWorkflows"
      actions   = ["dynamodb:GetItem", "dynamodb:Scan"]
      resources = [aws_dynamodb_table.workflows.arn, aws_dynamodb_table.model_endpoints.arn]
    },
    { sid = "DrawCurve", actions = ["sagemaker:InvokeEndpoint"], resources = local.endpoint_arns },
    { sid = "ReadVersions", actions = ["sagemaker:DescribeModelPackage"], resources = local.model_package_arns },
    { sid = "ReadEvaluation", actions = ["s3:GetObject"], resources = local.evaluation_arns },
    # Without it S3 answers "access denied" for an object that is missing.
    { sid = "TellMissingFromForbidden", actions = ["s3:ListBucket"], resources = [aws_s3_bucket.artifacts.arn] },
    # ListModelPackages knows no resources (AWS service authorization reference, Amazon SageMaker).
    { sid = "ListVersions", actions = ["sagemaker:ListModelPackages"], resources = ["*"] },
  ]

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

module "retrainings" {
  source          = "./modules/function"
  deployment      = local.deployment
  slug            = "retrainings"
  description     = "Starts retrainings and tells how far they are"
  timeout_seconds = local.api_timeout_seconds

  allow = [
    {
      sid       = "FindWorkflow"
      actions   = ["dynamodb:GetItem", "dynamodb:Scan", "dynamodb:UpdateItem"] # suggests names, brings back
      resources = [aws_dynamodb_table.workflows.arn]
    },
    { sid = "StartRetrainings", actions = ["states:StartExecution"], resources = [aws_sfn_state_machine.retrain.arn] },
    {
      sid       = "FollowRetrainings"
      actions   = ["states:DescribeExecution", "states:GetExecutionHistory"]
      resources = [local.retrain_execution]
    },
  ]

  environment = {
    WORKFLOWS_TABLE           = aws_dynamodb_table.workflows.name
    RETRAIN_STATE_MACHINE_ARN = aws_sfn_state_machine.retrain.arn
    WEB_ORIGIN                = local.web_origin
  }
}

module "retire_workflow" {
  source          = "./modules/function"
  deployment      = local.deployment
  slug            = "retire_workflow"
  description     = "Retires workflows: what answers for them goes, their history stays"
  timeout_seconds = local.api_timeout_seconds

  allow = [
    {
      sid       = "MarkWorkflow"
      actions   = ["dynamodb:GetItem", "dynamodb:Scan", "dynamodb:UpdateItem"] # the scan suggests names
      resources = [aws_dynamodb_table.workflows.arn]
    },
    {
      sid       = "DeleteEndpointRecord"
      actions   = ["dynamodb:DeleteItem"]
      resources = [aws_dynamodb_table.model_endpoints.arn]
    },
    { sid = "AskWhetherHolderRuns", actions = ["states:DescribeExecution"], resources = [local.retrain_execution] },
    {
      sid       = "DeleteWhatServes"
      actions   = ["sagemaker:DeleteEndpoint", "sagemaker:DeleteEndpointConfig", "sagemaker:DeleteModel", "sagemaker:DescribeEndpoint"]
      resources = concat(local.endpoint_arns, local.endpoint_config_arns, local.model_arns)
    },
    # These know no resources (AWS service authorization reference, Amazon SageMaker).
    { sid = "FindWhatServes", actions = ["sagemaker:ListEndpointConfigs", "sagemaker:ListModels"], resources = ["*"] },
  ]

  environment = {
    WORKFLOWS_TABLE       = aws_dynamodb_table.workflows.name
    MODEL_ENDPOINTS_TABLE = aws_dynamodb_table.model_endpoints.name
    NAME_PREFIX           = var.name_prefix
    WEB_ORIGIN            = local.web_origin
  }
}

module "prepare_dataset" {
  source          = "./modules/function"
  deployment      = local.deployment
  slug            = "prepare_dataset"
  description     = "Claims a workflow and writes its history as a dataset"
  memory_mb       = 1769 # one whole CPU
  timeout_seconds = 300

  allow = [
    { sid = "ReadRuns", actions = ["dynamodb:Query"], resources = [aws_dynamodb_table.workflow_runs.arn] },
    {
      sid       = "ClaimWorkflow"
      actions   = ["dynamodb:GetItem", "dynamodb:UpdateItem"]
      resources = [aws_dynamodb_table.workflows.arn]
    },
    { sid = "FindChampion", actions = ["dynamodb:GetItem"], resources = [aws_dynamodb_table.model_endpoints.arn] },
    {
      sid       = "FindChampionArtifact"
      actions   = ["sagemaker:DescribeModelPackage"]
      resources = local.model_package_arns
    },
    { sid = "AskWhetherHolderRuns", actions = ["states:DescribeExecution"], resources = [local.retrain_execution] },
    { sid = "WriteDataset", actions = ["s3:PutObject"], resources = ["${aws_s3_bucket.artifacts.arn}/datasets/*"] },
  ]

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

module "verify_artifact" {
  source          = "./modules/function"
  deployment      = local.deployment
  slug            = "verify_artifact"
  description     = "Checks that a training job left what we write"
  memory_mb       = 1024
  timeout_seconds = 120

  allow = [
    {
      sid       = "ReadArtifact"
      actions   = ["s3:GetObject"]
      resources = ["${aws_s3_bucket.artifacts.arn}/datasets/*", "${aws_s3_bucket.artifacts.arn}/models/*"]
    },
    # Without it S3 answers "access denied" for an object that is missing.
    { sid = "TellMissingFromForbidden", actions = ["s3:ListBucket"], resources = [aws_s3_bucket.artifacts.arn] },
    { sid = "PublishEvaluation", actions = ["s3:PutObject"], resources = local.evaluation_arns },
    {
      sid = "MakeRegistryOnFirstUse"
      actions = [
        "sagemaker:AddTags", "sagemaker:CreateModelPackageGroup", "sagemaker:DescribeModelPackageGroup",
      ]
      resources = local.package_group_arns
    },
  ]

  environment = {
    ARTIFACTS_BUCKET = aws_s3_bucket.artifacts.bucket
  }
}

module "compare_models" {
  source          = "./modules/function"
  deployment      = local.deployment
  slug            = "compare_models"
  description     = "Decides whether the challenger is better than the champion"
  timeout_seconds = 60

  allow = [
    { sid = "ReadEvaluation", actions = ["s3:GetObject"], resources = local.evaluation_arns },
    # Without it S3 answers "access denied" for an object that is missing.
    { sid = "TellMissingFromForbidden", actions = ["s3:ListBucket"], resources = [aws_s3_bucket.artifacts.arn] },
  ]

  environment = {
    ARTIFACTS_BUCKET  = aws_s3_bucket.artifacts.bucket
    SIGNIFICANCE      = tostring(var.significance)
    WORST_SLICE_RATIO = tostring(var.worst_slice_ratio)
    EQUAL_WITHIN      = tostring(var.equal_within)
    NEWER_BY_DAYS     = tostring(var.newer_by_days)
    MORE_RUNS_RATIO   = tostring(var.more_runs_ratio)
  }
}

module "promote" {
  source          = "./modules/function"
  deployment      = local.deployment
  slug            = "promote"
  description     = "Points a workflow at its new model"
  timeout_seconds = 60

  allow = [
    { sid = "ReadEvaluation", actions = ["s3:GetObject"], resources = local.evaluation_arns },
    # Without it S3 answers "access denied" for an object that is missing.
    { sid = "TellMissingFromForbidden", actions = ["s3:ListBucket"], resources = [aws_s3_bucket.artifacts.arn] },
    {
      sid       = "WriteEndpointRecord"
      actions   = ["dynamodb:PutItem"]
      resources = [aws_dynamodb_table.model_endpoints.arn]
    },
  ]

  environment = {
    MODEL_ENDPOINTS_TABLE = aws_dynamodb_table.model_endpoints.name
    ARTIFACTS_BUCKET      = aws_s3_bucket.artifacts.bucket
  }
}

module "settle_training" {
  source          = "./modules/function"
  deployment      = local.deployment
  slug            = "settle_training"
  description     = "Finds out what became of a training job"
  timeout_seconds = 60

  allow = [
    {
      sid       = "SettleTrainingJobs"
      actions   = ["sagemaker:DescribeTrainingJob", "sagemaker:StopTrainingJob"]
      resources = local.training_job_arns
    },
  ]

  environment = {}
}

module "change_endpoint" {
  source          = "./modules/function"
  deployment      = local.deployment
  slug            = "change_endpoint"
  description     = "Brings an endpoint to another config, a step a call"
  timeout_seconds = 60

  allow = [
    {
      sid = "ChangeEndpoints"
      actions = [
        "sagemaker:AddTags", "sagemaker:CreateEndpoint", "sagemaker:DeleteEndpoint", "sagemaker:DescribeEndpoint",
        "sagemaker:UpdateEndpoint",
      ] # both make an endpoint of a config
      resources = concat(local.endpoint_arns, local.endpoint_config_arns)
    },
    { sid = "FindOwner", actions = ["dynamodb:GetItem"], resources = [aws_dynamodb_table.model_endpoints.arn] },
  ]

  environment = {
    MODEL_ENDPOINTS_TABLE = aws_dynamodb_table.model_endpoints.name
    ENDPOINT_POLL_SECONDS = tostring(var.endpoint_poll_seconds)
    ENDPOINT_MAX_SECONDS  = "3600"
  }
}

module "conclude" {
  source          = "./modules/function"
  deployment      = local.deployment
  slug            = "conclude"
  description     = "Ends a retraining, however it went"
  timeout_seconds = 120

  allow = [
    { sid = "JudgeVersions", actions = ["sagemaker:UpdateModelPackage"], resources = local.model_package_arns },
    {
      sid = "TidyUp"
      actions = [
        "sagemaker:DeleteEndpoint", "sagemaker:DeleteEndpointConfig", "sagemaker:DeleteModel", "sagemaker:DescribeEndpoint",
      ]
      resources = concat(local.endpoint_arns, local.endpoint_config_arns, local.model_arns)
    },
    { sid = "FindOwner", actions = ["dynamodb:GetItem"], resources = [aws_dynamodb_table.model_endpoints.arn] },
    { sid = "RecordVerdict", actions = ["dynamodb:UpdateItem"], resources = [aws_dynamodb_table.workflows.arn] },
  ]

  environment = {
    WORKFLOWS_TABLE       = aws_dynamodb_table.workflows.name
    MODEL_ENDPOINTS_TABLE = aws_dynamodb_table.model_endpoints.name
  }
}

module "report_round" {
  source          = "./modules/function"
  deployment      = local.deployment
  slug            = "report_round"
  description     = "Says how the retrainings of a round ended"
  timeout_seconds = 120

  allow = [
    { sid = "AskExecutions", actions = ["states:DescribeExecution"], resources = [local.retrain_execution] },
  ]

  environment = {
    RETRAIN_STATE_MACHINE_ARN = aws_sfn_state_machine.retrain.arn
  }
}

module "select_workflows" {
  source          = "./modules/function"
  deployment      = local.deployment
  slug            = "select_workflows"
  description     = "Lists the workflows with runs that no retraining has examined"
  timeout_seconds = 120

  allow = [
    { sid = "FindNewRuns", actions = ["dynamodb:Scan"], resources = [aws_dynamodb_table.workflows.arn] },
  ]

  environment = {
    WORKFLOWS_TABLE = aws_dynamodb_table.workflows.name
  }
}

module "budgets" {
  source          = "./modules/function"
  deployment      = local.deployment
  slug            = "budgets"
  description     = "Tells what teams spent in a month, and keeps their limits"
  timeout_seconds = local.api_timeout_seconds

  allow = [
    { sid = "ReadSpend", actions = ["dynamodb:Query"], resources = [aws_dynamodb_table.spend.arn] },
    {
      sid       = "KeepBudgets"
      actions   = ["dynamodb:DeleteItem", "dynamodb:PutItem", "dynamodb:Scan"]
      resources = [aws_dynamodb_table.budgets.arn]
    },
    { sid = "FindUncountedRuns", actions = ["dynamodb:Scan"], resources = [aws_dynamodb_table.workflows.arn] },
  ]

  environment = {
    SPEND_TABLE     = aws_dynamodb_table.spend.name
    BUDGETS_TABLE   = aws_dynamodb_table.budgets.name
    WORKFLOWS_TABLE = aws_dynamodb_table.workflows.name
    WEB_ORIGIN      = local.web_origin
  }
}

module "rebuild_spend" {
  source          = "./modules/function"
  deployment      = local.deployment
  slug            = "rebuild_spend"
  description     = "Counts what was spent anew from the runs"
  memory_mb       = 1769 # one whole CPU
  timeout_seconds = 900

  allow = [
    { sid = "ReadRuns", actions = ["dynamodb:Query"], resources = [aws_dynamodb_table.workflow_runs.arn] },
    {
      sid       = "MarkWorkflows"
      actions   = ["dynamodb:ConditionCheckItem", "dynamodb:GetItem", "dynamodb:Scan", "dynamodb:UpdateItem"]
      resources = [aws_dynamodb_table.workflows.arn]
    },
    { sid = "WriteSpend", actions = ["dynamodb:UpdateItem"], resources = [aws_dynamodb_table.spend.arn] }, # within a transaction
  ]

  environment = {
    WORKFLOW_RUNS_TABLE = aws_dynamodb_table.workflow_runs.name
    WORKFLOWS_TABLE     = aws_dynamodb_table.workflows.name
    SPEND_TABLE         = aws_dynamodb_table.spend.name
  }
}
