# Where and under which names

variable "name_prefix" {
  description = "Begins the name of everything. Two deployments in one account and region need prefixes of which neither begins with the other and a hyphen: roles are bounded by it"
  type        = string
  default     = "runquote"
  nullable    = false

  validation {
    condition     = can(regex("^[a-z][a-z0-9]*(-[a-z0-9]+)*$", var.name_prefix)) && length(var.name_prefix) <= 20
    error_message = "name_prefix must be 1 to 20 lower-case letters, digits and single hyphens, and start with a letter."
  }

  # It begins the address where people sign in, which Cognito keeps free of these.
  validation {
    condition     = var.auth != "cognito" || !can(regex("aws|amazon|cognito", var.name_prefix))
    error_message = "name_prefix must hold none of aws, amazon and cognito where people sign in."
  }
}

variable "region" {
  description = "AWS region"
  type        = string
  default     = "us-east-1"
  nullable    = false

  validation {
    condition     = can(regex("^[a-z]{2}(-[a-z]+)+-[0-9]$", var.region))
    error_message = "region must look like us-east-1."
  }
}

variable "project_dir" {
  description = "Directory that holds statemachine/, contract/ and build/; null for the parent of this root"
  type        = string
  default     = null

  validation {
    condition     = var.project_dir == null ? true : fileexists("${var.project_dir}/statemachine/retrain.asl.json")
    error_message = "project_dir must hold statemachine/retrain.asl.json."
  }
}

variable "functions_dir" {
  description = "Directory of the function zips that `python -m tools.build` writes; null for build/functions"
  type        = string
  default     = null

  validation {
    condition     = var.functions_dir == null ? true : fileexists("${var.functions_dir}/predict.zip")
    error_message = "functions_dir must hold predict.zip: run `python -m tools.build` first."
  }
}

variable "upload_functions_through_bucket" {
  description = "Upload the zips through the bucket, all at once; false uploads them one after another (5 s each), in the form that SAM CLI understands"
  type        = bool
  default     = false
  nullable    = false
}

# Keeping and deleting

variable "deletion_protection" {
  description = "Refuse to delete tables, bucket content and images; set to false and apply before a destroy"
  type        = bool
  default     = true
  nullable    = false
}

variable "manage_bucket_lifecycle" {
  description = "Expire old datasets and object versions; false where a minute's wait for S3 to settle is pointless"
  type        = bool
  default     = true
  nullable    = false
}

variable "dataset_retention_days" {
  description = "Days after which training datasets are deleted; they can be made anew from the history"
  type        = number
  default     = 90
  nullable    = false

  validation {
    condition     = var.dataset_retention_days >= 1 && floor(var.dataset_retention_days) == var.dataset_retention_days
    error_message = "dataset_retention_days must be a whole number of at least 1."
  }
}

variable "log_retention_days" {
  description = "Days for which all logs are kept"
  type        = number
  default     = 30
  nullable    = false

  validation {
    condition     = contains([1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653], var.log_retention_days)
    error_message = "log_retention_days must be a period that CloudWatch Logs offers, such as 7, 14, 30, 90 or 365."
  }
}

# The API

variable "auth" {
  description = "Who may call the API: api_key (whoever has the one key) or cognito (people who sign in, and programs with a client of the user pool)"
  type        = string
  default     = "api_key"
  nullable    = false

  validation {
    condition     = contains(["api_key", "cognito"], var.auth)
    error_message = "auth must be api_key or cognito."
  }
}

variable "api_key_value" {
  description = "The API key; null lets API Gateway make one (see the output api_key)"
  type        = string
  default     = null
  sensitive   = true

  validation {
    condition     = var.api_key_value == null ? true : length(var.api_key_value) >= 20 && length(var.api_key_value) <= 128
    error_message = "api_key_value must have 20 to 128 characters."
  }
}

variable "throttle_rate" {
  description = "Requests a second, on average, that the API key may make and that each route takes from all callers"
  type        = number
  default     = 50
  nullable    = false

  validation {
    condition     = var.throttle_rate > 0
    error_message = "throttle_rate must be positive."
  }
}

variable "throttle_burst" {
  description = "Requests that the API key may make at once, and each route takes from all callers at once"
  type        = number
  default     = 100
  nullable    = false

  validation {
    condition     = var.throttle_burst >= 1 && floor(var.throttle_burst) == var.throttle_burst
    error_message = "throttle_burst must be a whole number of at least 1."
  }
}

variable "quota_per_day" {
  description = "Requests that the API key may make in a day; does not hold where people sign in"
  type        = number
  default     = 100000
  nullable    = false

  validation {
    condition     = var.quota_per_day >= 1 && floor(var.quota_per_day) == var.quota_per_day
    error_message = "quota_per_day must be a whole number of at least 1."
  }
}

variable "new_workflows_per_day" {
  description = "Names of workflows that nobody recorded before which one caller may bring in a day"
  type        = number
  default     = 100
  nullable    = false

  validation {
    condition     = var.new_workflows_per_day >= 1 && floor(var.new_workflows_per_day) == var.new_workflows_per_day
    error_message = "new_workflows_per_day must be a whole number of at least 1."
  }
}

variable "manage_api_gateway_account" {
  description = "Give API Gateway the right to write logs; one setting for all APIs of an account and region, so false where it is managed elsewhere"
  type        = bool
  default     = true
  nullable    = false
}

# The web app

variable "create_web" {
  description = "Host the web app on Amplify"
  type        = bool
  default     = true
  nullable    = false
}

variable "web_origin" {
  description = "The one origin whose pages may call the API, such as https://cost.example.org; null for the Amplify address"
  type        = string
  default     = null

  validation {
    condition     = var.web_origin == null ? var.create_web : can(regex("^https?://[a-z0-9.-]+(:[0-9]+)?$", var.web_origin))
    error_message = "web_origin must be an origin without a path, such as https://cost.example.org; it may be null only when create_web is true."
  }

  # What Cognito demands of an address to which it sends people back (CallbackURLs of CreateUserPoolClient).
  validation {
    condition     = var.auth != "cognito" || var.web_origin == null ? true : can(regex("^(https://|http://(localhost|127\\.0\\.0\\.1)(:|$))", var.web_origin))
    error_message = "web_origin must begin with https:// where people sign in, unless it is on this machine."
  }
}

# Training

variable "training_image_tag" {
  description = "Tag of the model container in the ECR repository, for training and serving"
  type        = string
  default     = "0.1.0"
  nullable    = false

  validation {
    condition     = can(regex("^[A-Za-z0-9_][A-Za-z0-9._-]{0,127}$", var.training_image_tag))
    error_message = "training_image_tag must be a valid image tag."
  }
}

variable "training_instance_type" {
  description = "Machine that trains"
  type        = string
  default     = "ml.m5.large"
  nullable    = false

  validation {
    condition     = can(regex("^ml\\.[a-z0-9]+\\.[a-z0-9]+$", var.training_instance_type))
    error_message = "training_instance_type must look like ml.m5.large."
  }
}

variable "training_max_seconds" {
  description = "Seconds after which SageMaker stops a training job; below the two hours for which the state machine waits"
  type        = number
  default     = 3600
  nullable    = false

  validation {
    condition     = var.training_max_seconds >= 60 && var.training_max_seconds <= 6600 && floor(var.training_max_seconds) == var.training_max_seconds
    error_message = "training_max_seconds must be a whole number from 60 to 6600."
  }
}

variable "schedule_expression" {
  description = "When all workflows with new runs are retrained (EventBridge Scheduler expression)"
  type        = string
  default     = "cron(0 3 * * ? *)"
  nullable    = false

  validation {
    condition     = can(regex("^(cron|rate|at)\\(.+\\)$", var.schedule_expression))
    error_message = "schedule_expression must be cron(…), rate(…) or at(…)."
  }
}

variable "schedule_timezone" {
  description = "Time zone of the schedule (IANA name)"
  type        = string
  default     = "UTC"
  nullable    = false

  validation {
    condition     = can(regex("^[A-Za-z_]+(/[A-Za-z0-9_+-]+)*$", var.schedule_timezone))
    error_message = "schedule_timezone must be a time zone name such as UTC or Europe/Berlin."
  }
}

variable "schedule_enabled" {
  description = "Whether the schedule runs"
  type        = bool
  default     = true
  nullable    = false
}

# Judging a new model

variable "significance" {
  description = "Standard errors by which a new model must be better on the held-out runs"
  type        = number
  default     = 2
  nullable    = false

  validation {
    condition     = var.significance >= 0 && var.significance <= 10
    error_message = "significance must be from 0 to 10."
  }
}

variable "worst_slice_ratio" {
  description = "How much worse a new model may be on one slice of input sizes (1.25: a quarter)"
  type        = number
  default     = 1.25
  nullable    = false

  validation {
    condition     = var.worst_slice_ratio >= 1
    error_message = "worst_slice_ratio must be at least 1."
  }
}

variable "equal_within" {
  description = "Share of the champion's error by which a new model may be worse and still count as equal"
  type        = number
  default     = 0.1
  nullable    = false

  validation {
    condition     = var.equal_within >= 0 && var.equal_within <= 1
    error_message = "equal_within must be from 0 to 1."
  }
}

variable "newer_by_days" {
  description = "Days between their newest runs from which an equal new model replaces the champion"
  type        = number
  default     = 30
  nullable    = false

  validation {
    condition     = var.newer_by_days > 0
    error_message = "newer_by_days must be above 0."
  }
}

variable "more_runs_ratio" {
  description = "How many times the champion's runs make an equal new model replace it (1.5: half as many again)"
  type        = number
  default     = 1.5
  nullable    = false

  validation {
    condition     = var.more_runs_ratio > 1
    error_message = "more_runs_ratio must be above 1."
  }
}

variable "prediction_retention_days" {
  description = "For how many days predictions are kept, with who asked for them."
  type        = number
  default     = 400

  validation {
    condition     = var.prediction_retention_days >= 1 && floor(var.prediction_retention_days) == var.prediction_retention_days
    error_message = "prediction_retention_days must be a whole number of at least 1."
  }
}

variable "stale_after_days" {
  description = "Age in days from which a model is reported as stale"
  type        = number
  default     = 30
  nullable    = false

  validation {
    condition     = var.stale_after_days >= 1 && floor(var.stale_after_days) == var.stale_after_days
    error_message = "stale_after_days must be a whole number of at least 1."
  }
}

# Endpoints

variable "endpoint_mode" {
  description = "How models are served: serverless (no cost while idle, at most 50 workflows a region) or instance (docs/decisions/0016 says why not multi_model)"
  type        = string
  default     = "serverless"
  nullable    = false

  validation {
    condition     = contains(["serverless", "instance"], var.endpoint_mode)
    error_message = "endpoint_mode must be serverless or instance: docs/decisions/0016 says why not multi_model."
  }
}

variable "serverless_memory_mb" {
  description = "Memory of a serverless endpoint in MB"
  type        = number
  default     = 2048
  nullable    = false

  validation {
    condition     = contains([1024, 2048, 3072, 4096, 5120, 6144], var.serverless_memory_mb)
    error_message = "serverless_memory_mb must be a multiple of 1024 from 1024 to 6144."
  }
}

variable "serverless_max_concurrency" {
  description = "Requests that a serverless endpoint serves at once"
  type        = number
  default     = 4
  nullable    = false

  validation {
    condition     = var.serverless_max_concurrency >= 1 && var.serverless_max_concurrency <= 200 && floor(var.serverless_max_concurrency) == var.serverless_max_concurrency
    error_message = "serverless_max_concurrency must be a whole number from 1 to 200."
  }
}

variable "instance_type" {
  description = "Machine of an endpoint in mode instance"
  type        = string
  default     = "ml.m5.large"
  nullable    = false

  validation {
    condition     = can(regex("^ml\\.[a-z0-9]+\\.[a-z0-9]+$", var.instance_type))
    error_message = "instance_type must look like ml.m5.large."
  }
}

variable "endpoint_poll_seconds" {
  description = "Seconds between the first looks at an endpoint that is coming into service; later a quarter of what was waited"
  type        = number
  default     = 30
  nullable    = false

  validation {
    condition     = var.endpoint_poll_seconds >= 1 && var.endpoint_poll_seconds <= 60 && floor(var.endpoint_poll_seconds) == var.endpoint_poll_seconds
    error_message = "endpoint_poll_seconds must be a whole number from 1 to 60."
  }
}

# Telling people

variable "alarm_email" {
  description = "Address that receives model updates and alarms, once it has confirmed the subscription; null for none"
  type        = string
  default     = null

  validation {
    condition     = var.alarm_email == null ? true : can(regex("^[^@\\s]+@[^@\\s]+\\.[^@\\s]+$", var.alarm_email))
    error_message = "alarm_email must be an e-mail address."
  }
}

variable "encrypt_notifications" {
  description = "Encrypt both topics with a key of this deployment (1 USD a month); CloudWatch and EventBridge cannot publish through the free aws/sns key"
  type        = bool
  default     = true
  nullable    = false
}
