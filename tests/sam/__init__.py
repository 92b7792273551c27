"""The functions in SAM CLI's Lambda containers."""
