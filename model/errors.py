"""What can be wrong with a history or an artefact."""


class InsufficientData(Exception):  # noqa: N818 - the state machine catches this name, which says enough without Error
    """Fewer usable runs than a model needs."""


class BadArtifact(Exception):  # noqa: N818 - the state machine catches this name, which says enough without Error
    """An artefact that is not exactly what we write."""
