variable "rest_api_id" {
  description = "Id of the REST API"
  type        = string
}

variable "resource_id" {
  description = "Id of the path, which is a resource to API Gateway"
  type        = string
}

variable "headers" {
  description = "Response headers by name"
  type        = map(string)
}
