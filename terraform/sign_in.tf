# Who may call the API: whoever has the key or, with auth = "cognito", whoever has signed in.

locals {
  sign_in = var.auth == "cognito"
  # What every method but the description asks of its caller. A method with scopes takes access tokens, and no identity
  # tokens, which are for the app that a person signed in to.
  caller = {
    authorization = local.sign_in ? "COGNITO_USER_POOLS" : "NONE"
    authorizer_id = one(aws_api_gateway_authorizer.this[*].id)
    scopes        = local.sign_in ? [local.api_scope] : null
    needs_key     = !local.sign_in
  }
  how_to_call = local.sign_in ? "This API needs a valid access token in the header Authorization: please sign in" : "This API needs a valid key in the header x-api-key"
  api_scope   = "${var.name_prefix}/api"
  # The prefix must be the only one of its name in the region, for all accounts.
  sign_in_domain = "${var.name_prefix}-${local.account_id}"
  sign_in_url    = local.sign_in ? "https://${local.sign_in_domain}.auth.${var.region}.amazoncognito.com" : null
}

resource "aws_cognito_user_pool" "this" {
  count                    = local.sign_in ? 1 : 0
  name                     = "${var.name_prefix}-users"
  deletion_protection      = var.deletion_protection ? "ACTIVE" : "INACTIVE"
  username_attributes      = ["email"]
  auto_verified_attributes = ["email"]
  mfa_configuration        = "OPTIONAL"

  # Only an administrator adds people: a cost history is not for everyone who finds the address.
  admin_create_user_config {
    allow_admin_create_user_only = true
  }

  username_configuration {
    case_sensitive = false
  }

  password_policy {
    minimum_length                   = 12
    require_lowercase                = true
    require_numbers                  = true
    require_symbols                  = true
    require_uppercase                = true
    temporary_password_validity_days = 7
  }

  software_token_mfa_configuration {
    enabled = true
  }

  account_recovery_setting {
    recovery_mechanism {
      name     = "verified_email"
      priority = 1
    }
  }
}

resource "aws_cognito_user_pool_domain" "this" {
  count        = local.sign_in ? 1 : 0
  domain       = local.sign_in_domain
  user_pool_id = aws_cognito_user_pool.this[0].id
}

resource "aws_cognito_resource_server" "api" {
  count        = local.sign_in ? 1 : 0
  identifier   = var.name_prefix
  name         = "${var.name_prefix}-api"
  user_pool_id = aws_cognito_user_pool.this[0].id

  scope {
    scope_name        = "api"
    scope_description = "Call the API"
  }
}

# The web app: a public client, which has no secret and proves with PKCE that who ends a sign-in began it.
resource "aws_cognito_user_pool_client" "web" {
  count                                = local.sign_in ? 1 : 0
  name                                 = "${var.name_prefix}-web"
  user_pool_id                         = aws_cognito_user_pool.this[0].id
  generate_secret                      = false
  allowed_oauth_flows_user_pool_client = true
  allowed_oauth_flows                  = ["code"]
  allowed_oauth_scopes                 = ["openid", "email", local.api_scope]
  supported_identity_providers         = ["COGNITO"]
  callback_urls                        = ["${local.web_origin}/signed-in"]
  logout_urls                          = ["${local.web_origin}/"]
  explicit_auth_flows                  = ["ALLOW_REFRESH_TOKEN_AUTH"]
  prevent_user_existence_errors        = "ENABLED"
  enable_token_revocation              = true
  access_token_validity                = 60
  id_token_validity                    = 60
  refresh_token_validity               = 12

  token_validity_units {
    access_token  = "minutes"
    id_token      = "minutes"
    refresh_token = "hours"
  }

  depends_on = [aws_cognito_resource_server.api]
}

resource "aws_api_gateway_authorizer" "this" {
  count         = local.sign_in ? 1 : 0
  name          = "${var.name_prefix}-users"
  rest_api_id   = aws_api_gateway_rest_api.this.id
  type          = "COGNITO_USER_POOLS"
  provider_arns = [aws_cognito_user_pool.this[0].arn]

  lifecycle {
    create_before_destroy = true # also: destroy it only when no method names it any more
  }
}
