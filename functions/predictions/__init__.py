"""`predictions`: finds again what was asked and answered."""
