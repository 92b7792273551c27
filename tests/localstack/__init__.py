"""LocalStack, a second opinion on what we deploy, here without its image: see docs/backends.md."""
