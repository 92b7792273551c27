"""What can be wrong with a history or an artefact."""


class InsufficientData(Exception):
    """Fewer usable runs than a model needs."""


class BadArtifact(Exception):
    """An artefact that is not exactly what we write."""
