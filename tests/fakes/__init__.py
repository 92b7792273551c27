"""Fakes that implement the ports of `functions.shared.ports` in memory."""
