"""What images are built of is let into their builds."""

from pathlib import Path, PurePosixPath

import pytest

REPOSITORY = Path(__file__).parents[2]
MODULES = sorted(path.relative_to(REPOSITORY).as_posix() for path in (REPOSITORY / "model").rglob("*.py"))


@pytest.mark.parametrize("ignored", ["model/Dockerfile.dockerignore", "tools/Dockerfile.dockerignore"])
def test_every_module_of_the_model_is_let_in(ignored: str) -> None:
    let_in = [line[1:] for line in (REPOSITORY / ignored).read_text().splitlines() if line.startswith("!")]
    assert len(MODULES) > 20
    assert not [path for path in MODULES if not any(PurePosixPath(path).full_match(pattern) for pattern in let_in)]
