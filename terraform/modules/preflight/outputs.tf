output "integration_response_id" {
  description = "Changes when the preflight must be deployed anew; depends on all its parts"
  value       = aws_api_gateway_integration_response.this.id
}
