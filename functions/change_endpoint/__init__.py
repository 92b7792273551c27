"""`change_endpoint`: brings an endpoint to another config, a step a call."""
