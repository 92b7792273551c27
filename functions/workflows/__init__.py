"""`workflows`: answers what is asked of workflows: `GET /workflows` and below."""
