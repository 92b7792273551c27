"""`budgets`: tells what teams spent in a month, and keeps their monthly limits."""
