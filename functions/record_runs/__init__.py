"""`record_runs`: answers `POST /runs`, and changes runs as people ask."""
