# The dependency lock file is not committed: docs/decisions/0005-no-terraform-lock-file.md.
terraform {
  required_version = ">= 1.10" # use_lockfile of the S3 backend

  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = "~> 5.100"
    }
  }

  # Where the state is comes with `terraform init -backend-config=…`: docs/operating.md.
  backend "s3" {
    use_lockfile = true
    encrypt      = true
  }
}
