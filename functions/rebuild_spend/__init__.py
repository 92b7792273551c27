"""`rebuild_spend`: counts anew what was spent, for runs that were recorded before that was counted."""
