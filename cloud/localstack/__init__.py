"""LocalStack as the local cloud, with our SageMaker joined to it."""
