variable "name_prefix" {
  description = "Begins the function's name"
  type        = string
}

variable "slug" {
  description = "Folder of the function under functions/, such as compare_models"
  type        = string

  validation {
    condition     = can(regex("^[a-z]+(_[a-z]+)*$", var.slug))
    error_message = "slug must be lower-case words joined by underscores."
  }
}

variable "description" {
  description = "What the function does, in one sentence"
  type        = string
}

variable "functions_dir" {
  description = "Directory that holds <slug>.zip"
  type        = string
}

variable "memory_mb" {
  description = "Memory in MB, which also sets the share of a CPU"
  type        = number
  default     = 512
}

variable "timeout_seconds" {
  description = "Seconds after which an invocation is ended"
  type        = number
}

variable "environment" {
  description = "Environment: the fields of the function's settings in upper case"
  type        = map(string)
}

variable "policy" {
  description = "What the function may do besides writing logs and traces (JSON of an IAM policy)"
  type        = string
}

variable "log_retention_days" {
  description = "Days for which the function's log is kept"
  type        = number
}

variable "upload_through_bucket" {
  description = "Upload the zip through the bucket instead of directly"
  type        = bool
}

variable "bucket" {
  description = "Bucket for an upload through a bucket"
  type        = string
}
