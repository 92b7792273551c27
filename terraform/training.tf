# The model container and what it may do

resource "aws_ecr_repository" "model" {
  # checkov:skip=CKV_AWS_136: the image is open source; keys of ECR itself suffice

  name                 = "${var.name_prefix}-model"
  image_tag_mutability = "IMMUTABLE"
  force_delete         = !var.deletion_protection

  image_scanning_configuration {
    scan_on_push = true
  }
}

resource "aws_ecr_lifecycle_policy" "model" {
  repository = aws_ecr_repository.model.name

  policy = jsonencode({
    rules = [{
      rulePriority = 1
      description  = "Keep the last ten images"
      selection    = { tagStatus = "any", countType = "imageCountMoreThan", countNumber = 10 }
      action       = { type = "expire" }
    }]
  })
}

data "aws_iam_policy_document" "sagemaker_trust" {
  statement {
    actions = ["sts:AssumeRole"]

    principals {
      type        = "Service"
      identifiers = ["sagemaker.amazonaws.com"]
    }

    condition {
      test     = "StringEquals"
      variable = "aws:SourceAccount"
      values   = [local.account_id]
    }
  }
}

resource "aws_iam_role" "sagemaker" {
  name               = "${var.name_prefix}-sagemaker"
  description        = "What training jobs and endpoints may do"
  assume_role_policy = data.aws_iam_policy_document.sagemaker_trust.json
}

data "aws_iam_policy_document" "sagemaker" {
  statement {
    sid       = "ReadDatasetsAndModels"
    actions   = ["s3:GetObject"]
    resources = ["${aws_s3_bucket.artifacts.arn}/datasets/*", "${aws_s3_bucket.artifacts.arn}/models/*"]
  }

  statement {
    sid       = "WriteModels"
    actions   = ["s3:PutObject"]
    resources = ["${aws_s3_bucket.artifacts.arn}/models/*"]
  }

  statement {
    sid       = "ListDatasets"
    actions   = ["s3:ListBucket"]
    resources = [aws_s3_bucket.artifacts.arn]
  }

  statement {
    sid       = "PullImage"
    actions   = ["ecr:BatchCheckLayerAvailability", "ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"]
    resources = [aws_ecr_repository.model.arn]
  }

  # A token is for the whole registry; GetAuthorizationToken knows no resources.
  statement {
    sid       = "LogInToRegistry"
    actions   = ["ecr:GetAuthorizationToken"]
    resources = ["*"]
  }

  statement {
    sid       = "WriteLogs"
    actions   = ["logs:CreateLogGroup", "logs:CreateLogStream", "logs:DescribeLogStreams", "logs:PutLogEvents"]
    resources = ["${local.regional.logs}:log-group:/aws/sagemaker/*"]
  }

  # PutMetricData knows no resources; the condition bounds it to SageMaker's namespaces.
  statement {
    sid       = "WriteMetrics"
    actions   = ["cloudwatch:PutMetricData"]
    resources = ["*"]

    condition {
      test     = "StringLike"
      variable = "cloudwatch:namespace"
      values   = ["/aws/sagemaker/*"]
    }
  }
}

resource "aws_iam_role_policy" "sagemaker" {
  name   = "sagemaker"
  role   = aws_iam_role.sagemaker.id
  policy = data.aws_iam_policy_document.sagemaker.json
}

# The state machines

data "aws_iam_policy_document" "states_trust" {
  statement {
    actions = ["sts:AssumeRole"]

    principals {
      type        = "Service"
      identifiers = ["states.amazonaws.com"]
    }

    condition {
      test     = "StringEquals"
      variable = "aws:SourceAccount"
      values   = [local.account_id]
    }
  }
}

data "aws_iam_policy_document" "states_observability" {
  # Log delivery is set up account-wide; its actions know no resources
  # (Step Functions developer guide, "IAM policies for logging to CloudWatch Logs").
  statement {
    sid = "DeliverLogs"
    actions = [
      "logs:CreateLogDelivery", "logs:DeleteLogDelivery", "logs:DescribeLogGroups", "logs:DescribeResourcePolicies",
      "logs:GetLogDelivery", "logs:ListLogDeliveries", "logs:PutResourcePolicy", "logs:UpdateLogDelivery",
    ]
    resources = ["*"]
  }

  # X-Ray's actions know no resources.
  statement {
    sid = "WriteTraces"
    actions = [
      "xray:GetSamplingRules", "xray:GetSamplingTargets", "xray:PutTelemetryRecords", "xray:PutTraceSegments",
    ]
    resources = ["*"]
  }
}

data "aws_iam_policy_document" "retrain" {
  source_policy_documents = concat(
    [data.aws_iam_policy_document.states_observability.json],
    [data.aws_iam_policy_document.executions_of_before.json],
    data.aws_iam_policy_document.use_notification_key[*].json,
  )

  statement {
    sid     = "InvokeFunctions"
    actions = ["lambda:InvokeFunction"]
    resources = [
      module.change_endpoint.alias_arn, module.compare_models.alias_arn, module.conclude.alias_arn,
      module.prepare_dataset.alias_arn, module.promote.alias_arn, module.settle_training.alias_arn,
      module.verify_artifact.alias_arn,
    ]
  }

  # `.sync` needs to see and to stop the jobs that it waits for.
  statement {
    sid = "TrainModels"
    actions = [
      "sagemaker:AddTags", "sagemaker:CreateTrainingJob", "sagemaker:DescribeTrainingJob", "sagemaker:ListTags",
      "sagemaker:StopTrainingJob",
    ]
    resources = local.training_job_arns
  }

  # `.sync` hears of a job's end through this rule, which Step Functions owns and names
  # (Step Functions developer guide, "IAM policies for Amazon SageMaker").
  statement {
    sid       = "HearOfTrainingJobs"
    actions   = ["events:DescribeRule", "events:PutRule", "events:PutTargets"]
    resources = ["${local.regional.events}:rule/StepFunctionsGetEventsForSageMakerTrainingJobsRule"]
  }

  statement {
    sid       = "RegisterModels"
    actions   = ["sagemaker:AddTags", "sagemaker:CreateModelPackage"]
    resources = concat(local.model_package_arns, local.package_group_arns)
  }

  statement {
    sid       = "MakeModelsServable"
    actions   = ["sagemaker:AddTags", "sagemaker:CreateEndpointConfig", "sagemaker:CreateModel"]
    resources = concat(local.endpoint_config_arns, local.model_arns)
  }

  statement {
    sid       = "PassRoleToSageMaker"
    actions   = ["iam:PassRole"]
    resources = [aws_iam_role.sagemaker.arn]

    condition {
      test     = "StringEquals"
      variable = "iam:PassedToService"
      values   = ["sagemaker.amazonaws.com"]
    }
  }

  statement {
    sid       = "Notify"
    actions   = ["sns:Publish"]
    resources = [aws_sns_topic.model_updates.arn]
  }
}

# Executions that began before functions settled, changed and concluded keep their definition, whose states do that
# themselves. They last three hours at most: the release after this one drops this document.
data "aws_iam_policy_document" "executions_of_before" {
  statement {
    sid = "EndWhatBegan"
    actions = [
      "sagemaker:AddTags", "sagemaker:CreateEndpoint", "sagemaker:CreateModelPackageGroup", "sagemaker:DeleteEndpoint",
      "sagemaker:DeleteEndpointConfig", "sagemaker:DeleteModel", "sagemaker:DescribeEndpoint",
      "sagemaker:DescribeEndpointConfig", "sagemaker:DescribeModel", "sagemaker:UpdateEndpoint",
      "sagemaker:UpdateModelPackage",
    ]
    resources = concat(
      local.endpoint_arns, local.endpoint_config_arns, local.model_arns, local.model_package_arns, local.package_group_arns
    )
  }

  # Listing knows no resources (Service Authorization Reference, "Actions defined by Amazon SageMaker AI").
  statement {
    sid       = "FindWhatExists"
    actions   = ["sagemaker:ListEndpoints", "sagemaker:ListModelPackageGroups"]
    resources = ["*"]
  }

  statement {
    sid       = "RecordVerdict"
    actions   = ["dynamodb:UpdateItem"]
    resources = [aws_dynamodb_table.workflows.arn]
  }
}

resource "aws_iam_role" "retrain" {
  name               = "${var.name_prefix}-retrain"
  description        = "What the state machine retrain may do"
  assume_role_policy = data.aws_iam_policy_document.states_trust.json
}

resource "aws_iam_role_policy" "retrain" {
  name   = "retrain"
  role   = aws_iam_role.retrain.id
  policy = data.aws_iam_policy_document.retrain.json
}

# The prefix /aws/vendedlogs/ spares the log delivery its own resource policy, whose size is limited.
resource "aws_cloudwatch_log_group" "retrain" {
  # checkov:skip=CKV_AWS_158: keys of CloudWatch itself; no line holds a body, a key or a cost
  # checkov:skip=CKV_AWS_338: log_retention_days decides; who must keep a year sets it

  name              = "/aws/vendedlogs/states/${var.name_prefix}-retrain"
  retention_in_days = var.log_retention_days
}

resource "aws_sfn_state_machine" "retrain" {
  # checkov:skip=CKV_AWS_285: the execution history has inputs and outputs; a log would keep them where more people read

  name     = "${var.name_prefix}-retrain"
  role_arn = aws_iam_role.retrain.arn

  definition = templatefile("${local.project_dir}/statemachine/retrain.asl.json", {
    prepare_dataset_arn     = module.prepare_dataset.alias_arn
    settle_training_arn     = module.settle_training.alias_arn
    verify_artifact_arn     = module.verify_artifact.alias_arn
    compare_models_arn      = module.compare_models.alias_arn
    change_endpoint_arn     = module.change_endpoint.alias_arn
    promote_arn             = module.promote.alias_arn
    conclude_arn            = module.conclude.alias_arn
    training_image_uri      = "${aws_ecr_repository.model.repository_url}:${var.training_image_tag}"
    training_instance_type  = var.training_instance_type
    training_max_seconds    = var.training_max_seconds
    sagemaker_role_arn      = aws_iam_role.sagemaker.arn
    model_updates_topic_arn = aws_sns_topic.model_updates.arn
  })

  logging_configuration {
    level                  = "ALL"
    include_execution_data = false # the execution history has it; logs hold no whole bodies
    log_destination        = "${aws_cloudwatch_log_group.retrain.arn}:*"
  }

  tracing_configuration {
    enabled = true
  }

  # A role without its policy cannot deliver logs, and creation checks that.
  depends_on = [aws_iam_role_policy.retrain]
}

data "aws_iam_policy_document" "retrain_all" {
  source_policy_documents = [data.aws_iam_policy_document.states_observability.json]

  statement {
    sid       = "InvokeFunctions"
    actions   = ["lambda:InvokeFunction"]
    resources = [module.report_round.alias_arn, module.select_workflows.alias_arn]
  }

  statement {
    sid       = "StartRetrainings"
    actions   = ["states:StartExecution"]
    resources = [aws_sfn_state_machine.retrain.arn]
  }

  statement {
    sid       = "WatchRetrainings"
    actions   = ["states:DescribeExecution", "states:StopExecution"]
    resources = [local.retrain_execution]
  }

  # As for training jobs ("IAM policies for AWS Step Functions" in the developer guide).
  statement {
    sid       = "HearOfRetrainings"
    actions   = ["events:DescribeRule", "events:PutRule", "events:PutTargets"]
    resources = ["${local.regional.events}:rule/StepFunctionsGetEventsForStepFunctionsExecutionRule"]
  }
}

resource "aws_iam_role" "retrain_all" {
  name               = "${var.name_prefix}-retrain-all"
  description        = "What the state machine retrain_all may do"
  assume_role_policy = data.aws_iam_policy_document.states_trust.json
}

resource "aws_iam_role_policy" "retrain_all" {
  name   = "retrain-all"
  role   = aws_iam_role.retrain_all.id
  policy = data.aws_iam_policy_document.retrain_all.json
}

resource "aws_cloudwatch_log_group" "retrain_all" {
  # checkov:skip=CKV_AWS_158: keys of CloudWatch itself; no line holds a body, a key or a cost
  # checkov:skip=CKV_AWS_338: log_retention_days decides; who must keep a year sets it

  name              = "/aws/vendedlogs/states/${var.name_prefix}-retrain-all"
  retention_in_days = var.log_retention_days
}

resource "aws_sfn_state_machine" "retrain_all" {
  # checkov:skip=CKV_AWS_285: the execution history has inputs and outputs; a log would keep them where more people read

  name     = "${var.name_prefix}-retrain-all"
  role_arn = aws_iam_role.retrain_all.arn

  definition = templatefile("${local.project_dir}/statemachine/retrain_all.asl.json", {
    select_workflows_arn      = module.select_workflows.alias_arn
    report_round_arn          = module.report_round.alias_arn
    retrain_state_machine_arn = aws_sfn_state_machine.retrain.arn
  })

  logging_configuration {
    level                  = "ALL"
    include_execution_data = false
    log_destination        = "${aws_cloudwatch_log_group.retrain_all.arn}:*"
  }

  tracing_configuration {
    enabled = true
  }

  depends_on = [aws_iam_role_policy.retrain_all]
}

# The schedule

data "aws_iam_policy_document" "scheduler_trust" {
  statement {
    actions = ["sts:AssumeRole"]

    principals {
      type        = "Service"
      identifiers = ["scheduler.amazonaws.com"]
    }

    condition {
      test     = "StringEquals"
      variable = "aws:SourceAccount"
      values   = [local.account_id]
    }
  }
}

resource "aws_iam_role" "scheduler" {
  name               = "${var.name_prefix}-scheduler"
  description        = "Lets the schedule start retrain_all"
  assume_role_policy = data.aws_iam_policy_document.scheduler_trust.json
}

data "aws_iam_policy_document" "scheduler" {
  statement {
    sid       = "StartRetrainAll"
    actions   = ["states:StartExecution"]
    resources = [aws_sfn_state_machine.retrain_all.arn]
  }
}

resource "aws_iam_role_policy" "scheduler" {
  name   = "scheduler"
  role   = aws_iam_role.scheduler.id
  policy = data.aws_iam_policy_document.scheduler.json
}

resource "aws_scheduler_schedule_group" "this" {
  name = var.name_prefix
}

resource "aws_scheduler_schedule" "retrain_all" {
  # checkov:skip=CKV_AWS_297: the schedule holds no data

  name                         = "${var.name_prefix}-retrain-all"
  group_name                   = aws_scheduler_schedule_group.this.name
  description                  = "Retrains every workflow that has new runs"
  schedule_expression          = var.schedule_expression
  schedule_expression_timezone = var.schedule_timezone
  state                        = var.schedule_enabled ? "ENABLED" : "DISABLED"

  flexible_time_window {
    mode = "OFF"
  }

  target {
    arn      = aws_sfn_state_machine.retrain_all.arn
    role_arn = aws_iam_role.scheduler.arn
    input    = jsonencode({ trigger = "schedule" })

    retry_policy {
      maximum_retry_attempts       = 5
      maximum_event_age_in_seconds = 3600
    }
  }
}
