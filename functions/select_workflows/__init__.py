"""`select_workflows`: lists the workflows with runs that no retraining has examined."""
