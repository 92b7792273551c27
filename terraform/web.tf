# The web app. A build is uploaded by hand or by CI: docs/operating.md.

locals {
  web_branch = "main"
  web_origin = var.web_origin != null ? var.web_origin : "https://${local.web_branch}.${aws_amplify_app.web[0].default_domain}"
  api_origin = "https://${aws_api_gateway_rest_api.this.id}.execute-api.${var.region}.amazonaws.com"
  # web/headers.json serves every host of the web app, the local one included.
  called_origins = join(" ", compact([local.api_origin, local.sign_in_url]))
  web_headers    = { for name, value in jsondecode(file("${local.project_dir}/web/headers.json")) : name => replace(value, "CALLED_ORIGINS", local.called_origins) }
}

resource "aws_amplify_app" "web" {
  count       = var.create_web ? 1 : 0
  name        = "${var.name_prefix}-web"
  description = "The web app of ${var.name_prefix}"
  platform    = "WEB"

  custom_headers = yamlencode({
    customHeaders = [{
      pattern = "**"
      headers = [for name, value in merge(local.web_headers, { Strict-Transport-Security = "max-age=31536000" }) : { key = name, value = value }]
    }]
  })

  # Paths of the app, which are all but files, get the app.
  custom_rule {
    source = "</^[^.]+$/>"
    target = "/index.html"
    status = "200"
  }
}

resource "aws_amplify_branch" "web" {
  count             = var.create_web ? 1 : 0
  app_id            = aws_amplify_app.web[0].id
  branch_name       = local.web_branch
  stage             = "PRODUCTION"
  enable_auto_build = false
}
