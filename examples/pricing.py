"""What a run would have cost on AWS Fargate: time held, times what its vCPU and memory cost.

Rates: Linux on x86, on demand, us-east-1, of https://aws.amazon.com/fargate/pricing/ as reported in March 2026.
Fargate bills by the second but at least one minute per task. That minimum is left out here on purpose:
our runs last seconds, so with it most of them would cost the same and a history would teach nothing.
"""

import math
from decimal import ROUND_HALF_EVEN, Decimal

VCPU_HOUR_USD = Decimal("0.04048")
GIB_HOUR_USD = Decimal("0.004445")
SECONDS_PER_HOUR = 3600
CENT_FRACTION = Decimal("0.00000001")

GIB = 1024**3
MEMORY_HEADROOM = 2  # requested memory is at least this many times the peak of the largest process
# Smallest and largest memory, in GiB, of a Fargate task by its vCPU; steps of 1 GiB in between
# (https://docs.aws.amazon.com/AmazonECS/latest/developerguide/fargate-tasks-services.html).
MEMORY_GIB_RANGE = {1: (2, 8), 2: (4, 16)}


def requested_memory_gib(vcpu: int, peak_memory_bytes: int) -> int:
    """Return the smallest Fargate memory size in GiB that leaves the headroom over the measured peak.

    Raises ValueError when no task size with this many vCPU has that much memory.
    """
    smallest, largest = MEMORY_GIB_RANGE[vcpu]
    needed = math.ceil(peak_memory_bytes * MEMORY_HEADROOM / GIB)
    if needed > largest:
        raise ValueError(f"{needed} GiB of memory is more than a Fargate task with {vcpu} vCPU can have")
    return max(smallest, needed)


def cost_usd(wall_seconds: Decimal, vcpu: int, memory_gib: int) -> Decimal:
    """Return the price in USD, rounded to eight decimals, of holding a task of this size this long."""
    hourly = VCPU_HOUR_USD * vcpu + GIB_HOUR_USD * memory_gib
    return (hourly * wall_seconds / SECONDS_PER_HOUR).quantize(CENT_FRACTION, ROUND_HALF_EVEN)
