provider "aws" {
  region = var.region

  default_tags {
    tags = { "runquote:deployment" = var.name_prefix }
  }
}

data "aws_caller_identity" "current" {}

data "aws_partition" "current" {}

locals {
  account_id = data.aws_caller_identity.current.account_id
  partition  = data.aws_partition.current.partition
  # ARNs of what the state machine makes at run time and Terraform therefore does not know: arn_base:service:…
  regional = { for service in ["events", "logs", "sagemaker", "states"] :
  service => "arn:${local.partition}:${service}:${var.region}:${local.account_id}" }

  project_dir   = coalesce(var.project_dir, "${path.module}/..")
  functions_dir = coalesce(var.functions_dir, "${local.project_dir}/build/functions")
}
