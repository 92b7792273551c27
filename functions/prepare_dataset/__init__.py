"""`prepare_dataset`: claims a workflow and writes its history as a dataset."""
