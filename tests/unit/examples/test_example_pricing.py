from decimal import Decimal

import pytest

from examples.pricing import GIB, cost_usd, requested_memory_gib


def test_an_hour_costs_the_listed_rates() -> None:
    assert cost_usd(Decimal(3600), vcpu=1, memory_gib=2) == Decimal("0.04937")
    assert cost_usd(Decimal(3600), vcpu=2, memory_gib=4) == Decimal("0.09874")


def test_seconds_are_billed_in_part_and_without_a_minimum() -> None:
    assert cost_usd(Decimal("0.775"), vcpu=1, memory_gib=2) == Decimal("0.00001063")


@pytest.mark.parametrize(
    ("vcpu", "peak_bytes", "expected_gib"),
    [(1, 0, 2), (1, GIB, 2), (1, GIB + 1, 3), (2, GIB, 4), (2, 3 * GIB, 6), (1, 4 * GIB, 8)],
)
def test_memory_is_the_smallest_size_with_twice_the_peak(vcpu: int, peak_bytes: int, expected_gib: int) -> None:
    assert requested_memory_gib(vcpu, peak_bytes) == expected_gib


def test_more_memory_than_a_task_can_have_is_refused() -> None:
    with pytest.raises(ValueError, match="9 GiB of memory is more than a Fargate task with 1 vCPU can have"):
        requested_memory_gib(1, 4 * GIB + 1)
