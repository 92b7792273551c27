"""What talks to AWS: one file for a service or a table. Nothing but handlers imports them, and each other."""
