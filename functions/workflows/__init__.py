"""`workflows`: answers `GET /workflows` and `GET /workflows/{workflow_name}`."""
