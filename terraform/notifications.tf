# Two topics: `model-updates` carries exactly one message for each retraining, `alarms` what CloudWatch finds.

data "aws_iam_policy_document" "notification_key" {
  count = var.encrypt_notifications ? 1 : 0

  # In a key's own policy "*" means this key, and only "kms:*" for the account keeps the key manageable.
  # checkov:skip=CKV_AWS_109: as above
  # checkov:skip=CKV_AWS_111: as above
  # checkov:skip=CKV_AWS_356: as above
  statement {
    sid       = "AccountManagesKey"
    actions   = ["kms:*"]
    resources = ["*"]

    principals {
      type        = "AWS"
      identifiers = ["arn:${local.partition}:iam::${local.account_id}:root"]
    }
  }

  # "*": this key. The policy of the free key aws/sns cannot be changed and admits neither CloudWatch nor EventBridge.
  statement {
    sid       = "ServicesPublish"
    actions   = ["kms:Decrypt", "kms:GenerateDataKey*"]
    resources = ["*"]

    principals {
      type        = "Service"
      identifiers = ["cloudwatch.amazonaws.com"]
    }

    condition {
      test     = "StringEquals"
      variable = "aws:SourceAccount"
      values   = [local.account_id]
    }
  }

  # As in the topic's policy, no condition for EventBridge.
  statement {
    sid       = "RulesPublish"
    actions   = ["kms:Decrypt", "kms:GenerateDataKey*"]
    resources = ["*"] # this key

    principals {
      type        = "Service"
      identifiers = ["events.amazonaws.com"]
    }
  }
}

resource "aws_kms_key" "notifications" {
  count                   = var.encrypt_notifications ? 1 : 0
  description             = "Encrypts the topics of ${var.name_prefix}"
  enable_key_rotation     = true
  deletion_window_in_days = 7
  policy                  = data.aws_iam_policy_document.notification_key[0].json
}

data "aws_iam_policy_document" "use_notification_key" {
  count = var.encrypt_notifications ? 1 : 0

  statement {
    sid       = "EncryptNotifications"
    actions   = ["kms:Decrypt", "kms:GenerateDataKey"]
    resources = [aws_kms_key.notifications[0].arn]
  }
}

resource "aws_sns_topic" "model_updates" {
  name              = "${var.name_prefix}-model-updates"
  kms_master_key_id = one(aws_kms_key.notifications[*].arn)
}

resource "aws_sns_topic" "alarms" {
  name              = "${var.name_prefix}-alarms"
  kms_master_key_id = one(aws_kms_key.notifications[*].arn)
}

data "aws_iam_policy_document" "model_updates_topic" {
  statement {
    sid       = "TellOfSilentEnds"
    actions   = ["sns:Publish"]
    resources = [aws_sns_topic.model_updates.arn]

    principals {
      type        = "Service"
      identifiers = ["events.amazonaws.com"]
    }

    # No condition: EventBridge does not support conditions in the policies of SNS topics (EventBridge User Guide,
    # "Using resource-based policies for Amazon EventBridge", section on Amazon SNS permissions).
  }

  statement {
    sid       = "OnlyTls"
    effect    = "Deny"
    actions   = ["sns:Publish"]
    resources = [aws_sns_topic.model_updates.arn]

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

resource "aws_sns_topic_policy" "model_updates" {
  arn    = aws_sns_topic.model_updates.arn
  policy = data.aws_iam_policy_document.model_updates_topic.json
}

data "aws_iam_policy_document" "alarms_topic" {
  statement {
    sid       = "Alarms"
    actions   = ["sns:Publish"]
    resources = [aws_sns_topic.alarms.arn]

    principals {
      type        = "Service"
      identifiers = ["cloudwatch.amazonaws.com"]
    }

    condition {
      test     = "StringEquals"
      variable = "aws:SourceAccount"
      values   = [local.account_id]
    }
  }

  statement {
    sid       = "OnlyTls"
    effect    = "Deny"
    actions   = ["sns:Publish"]
    resources = [aws_sns_topic.alarms.arn]

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

resource "aws_sns_topic_policy" "alarms" {
  arn    = aws_sns_topic.alarms.arn
  policy = data.aws_iam_policy_document.alarms_topic.json
}

resource "aws_sns_topic_subscription" "model_updates_email" {
  count     = var.alarm_email == null ? 0 : 1
  topic_arn = aws_sns_topic.model_updates.arn
  protocol  = "email"
  endpoint  = var.alarm_email
}

resource "aws_sns_topic_subscription" "alarms_email" {
  count     = var.alarm_email == null ? 0 : 1
  topic_arn = aws_sns_topic.alarms.arn
  protocol  = "email"
  endpoint  = var.alarm_email
}

# Executions of `retrain` that ended without telling anyone: stopped, timed out as a whole, or failed by an error that
# no Catch sees. All other failures are told by the execution itself, under whatever error they had, so the errors are
# named here and not excepted. NotificationFailed is the state machine's own: SNS was down; EventBridge goes on trying
# for a day. The event carries `status` and `error`: Step Functions developer guide, "Automating Step Functions event
# delivery with EventBridge", "Execution status change".
resource "aws_cloudwatch_event_rule" "silent_end" {
  name        = "${var.name_prefix}-retrain-silent-end"
  description = "Retrainings that ended without a notification"

  event_pattern = jsonencode({
    source      = ["aws.states"]
    detail-type = ["Step Functions Execution Status Change"]
    detail = {
      stateMachineArn = [aws_sfn_state_machine.retrain.arn]
      "$or" = [
        { status = ["ABORTED", "TIMED_OUT"] },
        {
          status = ["FAILED"]
          error = [
            "NotificationFailed", "States.DataLimitExceeded", "States.IntrinsicFailure", "States.NoChoiceMatched",
            "States.ParameterPathFailure", "States.Runtime",
          ]
        },
      ]
    }
  })
}

# A RetrainNotification (contract/states.py). The workflow's name is inside the execution's input, which is a text that
# a transformer cannot look into; whoever needs it asks DescribeExecution.
resource "aws_cloudwatch_event_target" "silent_end" {
  rule      = aws_cloudwatch_event_rule.silent_end.name
  target_id = "model-updates"
  arn       = aws_sns_topic.model_updates.arn

  input_transformer {
    input_paths = {
      execution_arn = "$.detail.executionArn"
      name          = "$.detail.name"
      status        = "$.detail.status"
    }
    input_template = <<-JSON
      {"notification_id": <execution_arn>, "outcome": "failed", "workflow_name": "(see execution)", "message": "Execution <name> ended as <status> before it could say why: see its history", "execution_arn": <execution_arn>, "model_version": null}
    JSON
  }
}
