"""A client generated from the OpenAPI document by somebody else's generator, in an environment of its own."""
