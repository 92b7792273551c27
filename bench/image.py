"""What the model's image adds to its base, and how long a container takes from `docker run` to the first answered ping.

The container is confined as in the tests, and its model is one that the image trained; that has warmed the disk.
"""

import statistics
import tempfile
import time
from pathlib import Path

from cloud.engine import EngineError, docker, require_image
from cloud.settings import REPOSITORY
from tests.container.conftest import Engine, writable
from tests.unit.model.histories import make_rows
from tests.unit.model.test_container import make_tree
from tools import image

BASE = "python:3.13-slim"
TIMES = 11
BUILD_LOG = REPOSITORY / "build" / "image.log"


def report() -> None:
    """Print size and start-up; says so where there is no engine or the image cannot be built."""
    BUILD_LOG.parent.mkdir(exist_ok=True)
    try:
        image.build(log=BUILD_LOG)
        require_image(BASE)
    except EngineError as error:
        print(f"Image: skipped. {error}")
        return
    added = (_bytes(image.IMAGE) - _bytes(BASE)) / 1e6
    with tempfile.TemporaryDirectory() as folder:
        root = writable(make_tree(Path(folder) / "ml", make_rows(60, parameters=True)))
        starts = _starts(root)
    print(
        f"image: {added:.0f} MB on {BASE}; from `docker run` to the first answered ping: "
        f"median {statistics.median(starts):.1f} s, longest {max(starts):.1f} s of {len(starts)}",
        flush=True,
    )


def _bytes(name: str) -> int:
    return int(docker("image", "inspect", "--format={{.Size}}", name))


def _starts(root: Path) -> list[float]:
    engine = Engine(image.IMAGE)
    try:
        training = engine.train(root)
        if training.wait():
            raise SystemExit(f"The image did not train: {training.log}")
        return [_seconds_to_ping(engine, root / "model") for _ in range(TIMES)]
    finally:
        docker("rm", "--force", *engine.started)


def _seconds_to_ping(engine: Engine, model: Path) -> float:
    start = time.monotonic()
    container = engine.serve(model).until_healthy()
    seconds = time.monotonic() - start
    docker("rm", "--force", container.id)
    engine.started.remove(container.id)
    return seconds


if __name__ == "__main__":
    report()
