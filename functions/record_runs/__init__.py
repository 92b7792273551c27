"""`record_runs`: answers `POST /runs`."""
