"""The Lambda functions: one folder each, and what they share."""
