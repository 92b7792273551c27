"""`retire_workflow`: answers `DELETE /workflows/{workflow_name}`."""
