variable "rest_api_id" {
  description = "The API"
  type        = string
}

variable "resource_id" {
  description = "The path, as an API Gateway resource"
  type        = string
}

variable "headers" {
  description = "Response headers by name"
  type        = map(string)
}
