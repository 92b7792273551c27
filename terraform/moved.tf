# What had other names before, so that deployments of then keep it. Paths were named by hand before contract/routes.py.

moved {
  from = aws_api_gateway_resource.workflow
  to   = aws_api_gateway_resource.workflows_workflow_name
}

moved {
  from = module.preflight["workflow"]
  to   = module.preflight["workflows_workflow_name"]
}

moved {
  from = aws_api_gateway_resource.openapi
  to   = aws_api_gateway_resource.openapi_json
}

moved {
  from = module.preflight["openapi"]
  to   = module.preflight["openapi_json"]
}

moved {
  from = aws_api_gateway_resource.workflow_runs
  to   = aws_api_gateway_resource.workflows_workflow_name_runs
}

moved {
  from = module.preflight["workflow_runs"]
  to   = module.preflight["workflows_workflow_name_runs"]
}

moved {
  from = aws_api_gateway_resource.workflow_run
  to   = aws_api_gateway_resource.workflows_workflow_name_runs_run_id
}

moved {
  from = module.preflight["workflow_run"]
  to   = module.preflight["workflows_workflow_name_runs_run_id"]
}

moved {
  from = aws_api_gateway_resource.accuracy
  to   = aws_api_gateway_resource.workflows_workflow_name_accuracy
}

moved {
  from = module.preflight["accuracy"]
  to   = module.preflight["workflows_workflow_name_accuracy"]
}

moved {
  from = aws_api_gateway_resource.retrainings
  to   = aws_api_gateway_resource.workflows_workflow_name_retrainings
}

moved {
  from = module.preflight["retrainings"]
  to   = module.preflight["workflows_workflow_name_retrainings"]
}

moved {
  from = aws_api_gateway_resource.retraining
  to   = aws_api_gateway_resource.workflows_workflow_name_retrainings_retraining_id
}

moved {
  from = module.preflight["retraining"]
  to   = module.preflight["workflows_workflow_name_retrainings_retraining_id"]
}

moved {
  from = aws_api_gateway_resource.budget
  to   = aws_api_gateway_resource.budgets_team
}

moved {
  from = module.preflight["budget"]
  to   = module.preflight["budgets_team"]
}

moved {
  from = aws_lambda_permission.workflows
  to   = aws_lambda_permission.list_workflows
}

moved {
  from = aws_lambda_permission.openapi
  to   = aws_lambda_permission.get_open_api
}

moved {
  from = aws_lambda_permission.retrainings
  to   = aws_lambda_permission.start_retraining
}

moved {
  from = aws_lambda_permission.budgets
  to   = aws_lambda_permission.list_budgets
}
