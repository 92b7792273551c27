"""The made-up history `wgs-germline-demo`: germline variants from whole human genomes, at the scale of real work.

Nobody ran or paid for these runs. `python -m examples.made_up` writes them anew, the same bytes every time. What a run
of given properties costs before chance has its say is `true_usd`; a test holds predictions against it.

Where the figures are from:

- *Processor hours.* Alignment (BWA-MEM) and calling (GATK HaplotypeCaller) of a genome at 30x took a machine of 32
  vCPUs just under 12 hours, at most 384 vCPU-hours (Kelly et al. 2015, https://doi.org/10.1186/s13059-014-0577-x,
  figure 4); present versions need less, and `ALIGN` and `CALL` make it about 300. DeepVariant 1.4 took 64 vCPUs 322
  minutes, 343 vCPU-hours, for a genome of about 35x without the alignment
  (https://github.com/google/deepvariant/blob/r1.4/docs/metrics.md).
- *Prices.* Runquote's own price book (`runquote/prices/prices.json`), which names its sources: on-demand list prices,
  what spot costs against them, and storage.
- *Assumed:* 2 GB of compressed reads for each fold of coverage; work on many genomes at once that grows faster than
  their number; what depth does to calling; three times the input as scratch space; how much work interruptions of spot
  repeat; and how far runs scatter around all that.
"""

import csv
import json
import math
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random

from contract.made_up import MADE_UP_TAGS, MADE_UP_WORKFLOW
from runquote.pricing import price_book

HISTORY = Path(__file__).parent / MADE_UP_WORKFLOW / "runs.csv"
COLUMNS = [
    *("workflow_name", "run_id", "status", "started_at", "completed_at", "input_bytes", "output_bytes", "cost_usd"),
    *("cost_source", "parameters", "tags", "engine", "purchase_option"),
]
RUNS = 120
FIRST_DAY = datetime(2026, 1, 12, tzinfo=UTC)
LAST_DAY = datetime(2026, 11, 20, tzinfo=UTC)
PRICE_CHANGE = datetime(2026, 6, 15, tzinfo=UTC)
"""From here on runs are on machines of `m6i`, which cost a quarter less than those of `r5` before."""
RATE_BEFORE, RATE_SINCE = "r5", "m6i"
SMALLEST_GB, LARGEST_GB = 20, 1000

GB_FOR_EACH_FOLD = 2.0
FIXED_HOURS = 6.0
"""vCPU-hours of every run, whatever its size: the reference, its index, checks and reports."""
ALIGN = 2.9
"""vCPU-hours for each GB: alignment, sorting, marking of duplicates."""
CALL = {"haplotypecaller": 1.6, "deepvariant": 4.9}
"""vCPU-hours for each GB at 30x: 96 for a genome, and about the 343 above."""
DEPTH = 0.3
"""Deeper reads are called with less work for each GB: by the coverage over 30x to the power of this."""
JOINT, JOINT_GROWTH = 0.12, 1.3
"""vCPU-hours of what is done to all genomes together: JOINT x GB to the power of JOINT_GROWTH."""
VCPUS_OF_A_GENOME = 32
SCRATCH = 3.0
"""GB of a volume for each GB of input, while the run lasts."""
REPEATED_ON_SPOT = 1.08
SCATTER = {"on_demand": 0.10, "spot": 0.16}
"""Standard deviation of log cost."""

TEAMS = {"demo-cardiology": 0.5, "demo-rare-disease": 0.3, "demo-oncology": 0.2}
"""Teams and their share of the runs."""
ENDED_BADLY = {9: "FAILED", 31: "FAILED", 47: "CANCELLED", 70: "FAILED", 88: "FAILED", 103: "CANCELLED", 111: "FAILED"}
"""Numbers of the runs that did not succeed."""


@dataclass(frozen=True)
class MadeUpRun:
    """What is known of a run before it starts."""

    input_gb: float
    caller: str
    coverage: int
    purchase_option: str
    started_at: datetime

    @property
    def vcpu_hours(self) -> float:
        """How long it holds how many vCPUs."""
        call = CALL[self.caller] * math.pow(30 / self.coverage, DEPTH)
        once = FIXED_HOURS + (ALIGN + call) * self.input_gb + JOINT * math.pow(self.input_gb, JOINT_GROWTH)
        return once * REPEATED_ON_SPOT if self.purchase_option == "spot" else once

    @property
    def hours(self) -> float:
        """How long it takes: each genome has a machine of its own."""
        genomes = max(1, round(self.input_gb / (GB_FOR_EACH_FOLD * self.coverage)))
        return self.vcpu_hours / (VCPUS_OF_A_GENOME * genomes)


def true_usd(run: MadeUpRun) -> float:
    """Return what half of all runs like this one cost less than."""
    book = price_book()
    rate = book.rates[RATE_SINCE if run.started_at >= PRICE_CHANGE else RATE_BEFORE]
    share = book.spot.share_of_on_demand if run.purchase_option == "spot" else 1.0
    scratch = book.ebs.volume_usd(SCRATCH * run.input_gb, run.hours * 3600)
    return run.vcpu_hours * rate.vcpu_hour * share + scratch


def history() -> Iterator[dict[str, str]]:
    """Yield the runs as rows of a CSV file, in order of time."""
    chance = Random(MADE_UP_WORKFLOW)  # noqa: S311 - always the same, on purpose
    span = (LAST_DAY - FIRST_DAY) / RUNS
    for number in range(1, RUNS + 1):
        run = MadeUpRun(
            input_gb=round(math.exp(chance.uniform(math.log(SMALLEST_GB), math.log(LARGEST_GB))), 3),
            caller=chance.choice(sorted(CALL)),
            coverage=chance.choice([15, 30, 30, 40]),
            purchase_option=chance.choice(["on_demand", "spot"]),
            started_at=FIRST_DAY + (number - 1 + chance.random()) * span,
        )
        team = chance.choices(list(TEAMS), list(TEAMS.values()))[0]
        yield _row(number, run, team, chance)


def _row(number: int, run: MadeUpRun, team: str, chance: Random) -> dict[str, str]:
    status = ENDED_BADLY.get(number, "SUCCEEDED")
    done = 1.0 if status == "SUCCEEDED" else chance.uniform(0.05, 0.7)
    factor = done * math.exp(chance.gauss(0, SCATTER[run.purchase_option]))
    output = run.input_gb * 1e9 * 0.55 * math.exp(chance.gauss(0, 0.1))
    return {
        "workflow_name": MADE_UP_WORKFLOW,
        "run_id": f"demo-{number:03d}",
        "status": status,
        "started_at": _time(run.started_at),
        "completed_at": _time(run.started_at + timedelta(hours=run.hours * factor)),
        "input_bytes": str(round(run.input_gb * 1e9)),
        "output_bytes": str(round(output)) if status == "SUCCEEDED" else "",
        "cost_usd": f"{true_usd(run) * factor:.2f}",
        "cost_source": "estimated",
        "parameters": json.dumps({"caller": run.caller, "coverage": run.coverage}),
        "tags": json.dumps({"team": team, **MADE_UP_TAGS}),
        "engine": "nextflow",
        "purchase_option": run.purchase_option,
    }


def _time(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def main() -> None:
    """Write the history."""
    HISTORY.parent.mkdir(exist_ok=True)
    with HISTORY.open("w", newline="") as file:
        writer = csv.DictWriter(file, COLUMNS, lineterminator="\n")
        writer.writeheader()
        writer.writerows(history())


if __name__ == "__main__":
    main()
