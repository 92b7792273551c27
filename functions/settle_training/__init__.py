"""`settle_training`: finds out what became of a training job."""
