output "api_url" {
  description = "Base address of the API, stage included"
  value       = "${local.api_origin}/${aws_api_gateway_stage.this.stage_name}"
}

output "api_key" {
  description = "The key for the header x-api-key; null where people sign in"
  value       = one(aws_api_gateway_api_key.this[*].value)
  sensitive   = true
}

output "api_id" {
  description = "Id of the REST API"
  value       = aws_api_gateway_rest_api.this.id
}

output "web_url" {
  description = "Address of the web app"
  value       = local.web_origin
}

output "web_config" {
  description = "Content of the web app's config.json: where the API is, and where people sign in"
  value = jsonencode(merge({ apiUrl = "${local.api_origin}/${aws_api_gateway_stage.this.stage_name}" }, local.sign_in ? { signIn = {
    issuer   = "https://${aws_cognito_user_pool.this[0].endpoint}"
    url      = local.sign_in_url
    clientId = aws_cognito_user_pool_client.web[0].id
    scope    = join(" ", ["openid", "email", local.api_scope])
  } } : {}))
}

output "user_pool_id" {
  description = "Id of the user pool, to which an administrator adds people; null where a key is used"
  value       = one(aws_cognito_user_pool.this[*].id)
}

output "sign_in_url" {
  description = "Address of the pages where people sign in, and of the token endpoint /oauth2/token; null where a key is used"
  value       = local.sign_in_url
}

output "web_app_id" {
  description = "Id of the Amplify app, to which a build is uploaded; null where the web app is hosted elsewhere"
  value       = one(aws_amplify_app.web[*].id)
}

output "retrain_state_machine_arn" {
  description = "ARN of the state machine that retrains one workflow"
  value       = aws_sfn_state_machine.retrain.arn
}

output "retrain_all_state_machine_arn" {
  description = "ARN of the state machine that retrains all workflows with new runs"
  value       = aws_sfn_state_machine.retrain_all.arn
}

output "model_updates_topic_arn" {
  description = "ARN of the topic with one message for each retraining"
  value       = aws_sns_topic.model_updates.arn
}

output "alarms_topic_arn" {
  description = "ARN of the topic with alarms"
  value       = aws_sns_topic.alarms.arn
}

output "workflow_runs_table" {
  description = "Table of past runs"
  value       = aws_dynamodb_table.workflow_runs.name
}

output "model_endpoints_table" {
  description = "Table of endpoint records"
  value       = aws_dynamodb_table.model_endpoints.name
}

output "workflows_table" {
  description = "Table of workflows: counters, claims, last retrainings"
  value       = aws_dynamodb_table.workflows.name
}

output "spend_table" {
  description = "Table of what teams spent each month"
  value       = aws_dynamodb_table.spend.name
}

output "budgets_table" {
  description = "Table of the teams' monthly limits"
  value       = aws_dynamodb_table.budgets.name
}

output "predictions_table" {
  description = "Table of predictions that are kept"
  value       = aws_dynamodb_table.predictions.name
}

output "callers_table" {
  description = "Table of how many new workflows each caller brought on a day"
  value       = aws_dynamodb_table.callers.name
}

output "rebuild_spend_function" {
  description = "Function that counts what was spent anew: to be invoked once after an update from a version without budgets"
  value       = "${module.rebuild_spend.function_name}:${module.rebuild_spend.alias_name}"
}

output "artifacts_bucket" {
  description = "Bucket of datasets and models"
  value       = aws_s3_bucket.artifacts.id
}

output "model_repository_url" {
  description = "ECR repository to which the model container is pushed"
  value       = aws_ecr_repository.model.repository_url
}

output "name_prefix" {
  description = "Begins the name of everything, also of what promotions create"
  value       = var.name_prefix
}

output "region" {
  description = "AWS region"
  value       = var.region
}
