"""What test tiers share."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.system import System


@pytest.fixture(scope="session")
def system(tmp_path_factory: pytest.TempPathFactory) -> "Iterator[System]":
    """A running Runquote with the example history and trained models, made by the code of `make up`."""
    from tests.system import running_system  # most tiers need nothing of it

    with running_system(tmp_path_factory.mktemp("system")) as running:
        yield running
