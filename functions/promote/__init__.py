"""`promote`: points a workflow at its new model."""
