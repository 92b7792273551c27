"""What the functions share: ports to AWS, errors, the HTTP adapter, settings, logs and metrics."""
