"""Fixtures of the local cloud's unit tests."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from cloud.sagemaker.context import Limits
from tests.unit.cloud.sagemaker_bench import QUICK, Bench


@pytest.fixture
def make_bench(tmp_path: Path) -> Iterator[Callable[..., Bench]]:
    """A bench with limits of the test's choice, and one object of training data."""
    made: list[Bench] = []

    def make(limits: Limits = QUICK) -> Bench:
        made.append(Bench(tmp_path, limits=limits))
        made[-1].s3.objects["s3://bucket/data/rows.csv"] = b"1,2\n"
        return made[-1]

    yield make
    for bench in made:
        bench.sagemaker.close()


@pytest.fixture
def bench(make_bench: Callable[..., Bench]) -> Bench:
    return make_bench()
