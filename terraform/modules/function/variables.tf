variable "deployment" {
  description = "What all functions of a deployment share"

  type = object({
    name_prefix           = string # begins the function's name
    functions_dir         = string # holds <slug>.zip
    log_retention_days    = number # for which the function's log is kept
    upload_through_bucket = bool   # upload the zip through the bucket instead of directly
    bucket                = string # for that
  })
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

variable "allow" {
  description = "What the function may do besides writing logs and traces"
  type        = list(object({ sid = string, actions = list(string), resources = list(string) }))
}
