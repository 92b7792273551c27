"""Readers of run histories: each turns a source into runs as `POST /runs` takes them, and names what it cannot."""
