"""`retrainings`: starts a retraining of a workflow and tells how far it is."""
