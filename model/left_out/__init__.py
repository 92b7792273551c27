"""What is learned by leaving runs out: which are wrong, all choices, what lasts, and how far answers may be off."""
