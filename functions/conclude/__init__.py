"""`conclude`: ends a retraining, however it went."""
