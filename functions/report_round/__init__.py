"""`report_round`: says how the retrainings of a round ended."""
