"""Run the example workflows on simulated input and write down what each run took and would cost.

    python -m examples.measure [--workflow NAME ...] [--runs 81] [--seed 1]

Each finished run adds a row to examples/<workflow>/runs.csv; runs that are there already are skipped, so an
interrupted measurement goes on where it stopped. Input, intermediate files and logs stay under
build/examples/runs only for runs that failed.
"""

import argparse
import csv
import json
import os
import shutil
import subprocess
import sys
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

from examples.plans import PLANNERS, Parameters, plan
from examples.pricing import cost_usd, requested_memory_gib

EXAMPLES = Path(__file__).resolve().parent
SCRATCH = EXAMPLES.parent / "build" / "examples" / "runs"
TIME_LIMIT_SECONDS = 300
MILLISECOND = Decimal("0.001")
COLUMNS = [
    "workflow_name",
    "run_id",
    "status",
    "started_at",
    "completed_at",
    "input_bytes",
    "output_bytes",
    "cost_usd",
    "cost_source",
    "parameters",
    "tags",
    "engine",
    "purchase_option",
    "wall_seconds",
    "cpu_seconds",
    "peak_memory_bytes",
    "vcpu",
    "memory_gib",
]


@dataclass(frozen=True)
class Usage:
    """What the steps of one run took: summed seconds, and the peak of the largest single process."""

    wall_seconds: Decimal
    cpu_seconds: Decimal
    peak_memory_bytes: int


def read_usage(path: Path) -> Usage:
    """Add up the lines that metered-shell wrote, one per step: wall, user, system seconds, peak KiB.

    Raises ValueError when no step ran.
    """
    steps = [line.split() for line in path.read_text().splitlines()]
    if not steps:
        raise ValueError(f"no step of the run was measured: {path} is empty")
    return Usage(
        wall_seconds=sum((Decimal(step[0]) for step in steps), Decimal(0)).quantize(MILLISECOND),
        cpu_seconds=sum((Decimal(step[1]) + Decimal(step[2]) for step in steps), Decimal(0)).quantize(MILLISECOND),
        peak_memory_bytes=max(int(step[3]) for step in steps) * 1024,
    )


def folder_bytes(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


def give_processors(process_id: int, count: int) -> None:
    """Confine a process and its children to `count` processors, ahead of all other work where we may.

    The confinement makes a run as slow as on a machine with that many vCPU. `nice` alone would not put it
    ahead: Linux's autogroups share the processors between sessions first. Raises ValueError when this
    machine has too few processors.
    """
    available = sorted(os.sched_getaffinity(0))
    if len(available) < count:
        raise ValueError(f"the run asks for {count} processors, this machine has {len(available)}")
    os.sched_setaffinity(process_id, available[-count:])
    if os.geteuid() != 0:
        return
    os.setpriority(os.PRIO_PROCESS, process_id, -20)
    autogroup = Path(f"/proc/{process_id}/autogroup")
    if autogroup.exists():
        autogroup.write_text("-20")


def run_snakemake(workflow_name: str, folder: Path, threads: int) -> bool:
    """Run the workflow in `folder`; return whether it succeeded. Its log is folder/snakemake.log."""
    command = [
        str(Path(sys.executable).with_name("snakemake")),
        *("--snakefile", str(EXAMPLES / workflow_name / "Snakefile")),
        *("--directory", str(folder), "--configfile", str(folder / "parameters.json")),
        *("--cores", str(threads), "--scheduler", "greedy", "--nolock", "--default-resources"),
        f"shell_exec='{EXAMPLES / 'metered-shell'}'",
    ]
    environment = {
        **os.environ,
        "LC_ALL": "C",
        "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
        "STEP_USAGE": str(folder / "usage.txt"),
    }
    with (folder / "snakemake.log").open("wb") as log:
        process = subprocess.Popen(
            command, env=environment, stdout=log, stderr=subprocess.STDOUT, start_new_session=True
        )
        give_processors(process.pid, threads)
        try:
            return process.wait(TIME_LIMIT_SECONDS) == 0
        except BaseException as interruption:
            os.killpg(process.pid, 9)
            process.wait()
            if isinstance(interruption, subprocess.TimeoutExpired):
                return False
            raise


def measure(workflow_name: str, run_id: str, seed: int, number: int) -> dict[str, object]:
    """Make the input of one planned run, run the workflow on it, and return its row."""
    folder = SCRATCH / run_id
    shutil.rmtree(folder, ignore_errors=True)
    for name in ("data", "work", "results"):
        (folder / name).mkdir(parents=True)
    planned = plan(workflow_name, seed, number)
    planned.write_input(folder / "data")
    (folder / "parameters.json").write_text(json.dumps(planned.parameters))

    input_bytes = folder_bytes(folder / "data")

    started_at = datetime.now(UTC)
    vcpu = int(planned.parameters["threads"])
    succeeded = run_snakemake(workflow_name, folder, vcpu)
    completed_at = datetime.now(UTC)

    row = describe(workflow_name, run_id, planned.parameters, read_usage(folder / "usage.txt")) | {
        "status": "SUCCEEDED" if succeeded else "FAILED",
        "started_at": started_at.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        "completed_at": completed_at.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        "input_bytes": input_bytes,
        "output_bytes": folder_bytes(folder / "results") if succeeded else "",
    }
    if succeeded:
        shutil.rmtree(folder)
    return row


def describe(workflow_name: str, run_id: str, parameters: Parameters, usage: Usage) -> dict[str, object]:
    """Return the columns of a row that follow from the plan and from what the steps took."""
    vcpu = int(parameters["threads"])
    memory_gib = requested_memory_gib(vcpu, usage.peak_memory_bytes)
    return {
        "workflow_name": workflow_name,
        "run_id": run_id,
        "cost_usd": f"{cost_usd(usage.wall_seconds, vcpu, memory_gib):f}",
        "cost_source": "estimated",
        "parameters": json.dumps(parameters),
        "tags": json.dumps({"project": "runquote-examples"}),
        "engine": "snakemake",
        "purchase_option": "on_demand",
        "wall_seconds": usage.wall_seconds,
        "cpu_seconds": usage.cpu_seconds,
        "peak_memory_bytes": usage.peak_memory_bytes,
        "vcpu": vcpu,
        "memory_gib": memory_gib,
    }


def table_of(workflow_name: str) -> Path:
    return EXAMPLES / workflow_name / "runs.csv"


def finished_runs(table: Path) -> set[str]:
    if not table.exists():
        return set()
    with table.open(newline="") as file:
        return {row["run_id"] for row in csv.DictReader(file)}


def append_row(table: Path, row: dict[str, object]) -> None:
    """Add a row, after the header when the table is new, in one write: never half a row."""
    is_new = not table.exists()
    with table.open("a", newline="") as file:
        writer = csv.DictWriter(file, COLUMNS, lineterminator="\n")
        if is_new:
            writer.writeheader()
        writer.writerow(row)


def main() -> None:
    """Measure what is planned and not yet in the tables, one run at a time."""
    parser = argparse.ArgumentParser(description="Measure the example workflows on simulated input.")
    parser.add_argument("--workflow", action="append", choices=list(PLANNERS), help="default: all")
    parser.add_argument("--runs", type=int, default=81, help="runs per workflow")
    parser.add_argument("--seed", type=int, default=1, help="another seed measures other runs")
    arguments = parser.parse_args()
    names = arguments.workflow or list(PLANNERS)
    finished = {run_id for name in names for run_id in finished_runs(table_of(name))}
    for number in range(1, arguments.runs + 1):
        for name in names:
            run_id = f"{name}-{arguments.seed}-{number:03d}"
            if run_id in finished:
                continue
            began = time.monotonic()
            row = measure(name, run_id, arguments.seed, number)
            append_row(table_of(name), row)
            spent = time.monotonic() - began
            print(f"{run_id} {row['status']}: {row['wall_seconds']} s measured, {spent:.0f} s in all", flush=True)


if __name__ == "__main__":
    main()
