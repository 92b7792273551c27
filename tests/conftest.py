"""What test tiers share."""

from collections.abc import Iterator

import pytest

from tests.system import System, running_system


@pytest.fixture(scope="session")
def system(tmp_path_factory: pytest.TempPathFactory) -> Iterator[System]:
    """A running Runquote with the example history and trained models, made by the code of `make up`."""
    with running_system(tmp_path_factory.mktemp("system")) as running:
        yield running
