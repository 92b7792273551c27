"""`python -m bench.cost_reports [lines]`: how fast `runquote ingest cur` adds up a report, and with how much memory.

Makes a CUR 2.0 report of a million lines in each form (38 columns, some 1.2 kB a line as CSV), with 5,000 runs in it,
and reads it as the command does. Peak memory is the process's largest resident set.
"""

import os
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import duckdb

LINES = 1_000_000
RUNS = 5_000
_FILLER = ", ".join(
    f"'product attribute {number} of this line item' AS product_filler_{number}" for number in range(18)
)
_REPORT = f"""
SELECT md5(i::VARCHAR) || md5((i + 1)::VARCHAR) AS identity_line_item_id,
    '2026-03-01T08:00:00Z/2026-03-01T09:00:00Z' AS identity_time_interval, 'Anniversary' AS bill_bill_type,
    TIMESTAMP '2026-03-01' AS bill_billing_period_start_date, TIMESTAMP '2026-04-01' AS bill_billing_period_end_date,
    '123456789012' AS bill_payer_account_id,
    CASE WHEN i % 50 = 0 THEN 'SavingsPlanCoveredUsage' WHEN i % 97 = 0 THEN 'Credit' WHEN i % 101 = 0 THEN 'Tax'
         ELSE 'Usage' END AS line_item_line_item_type,
    TIMESTAMP '2026-03-01' + INTERVAL (i % 700) HOUR AS line_item_usage_start_date,
    TIMESTAMP '2026-03-01' + INTERVAL (i % 700 + 1) HOUR AS line_item_usage_end_date,
    'USD' AS line_item_currency_code, 'AmazonECS' AS line_item_product_code,
    'USE1-Fargate-vCPU-Hours:perCPU' AS line_item_usage_type,
    'arn:aws:ecs:us-east-1:123456789012:task/main/' || md5((i % 50000)::VARCHAR) AS line_item_resource_id,
    (i % 1000 + 1) / 9999.0 AS line_item_unblended_cost,
    CASE WHEN i % 3 = 0 THEN (i % 777) / 99999.0 END AS split_line_item_split_cost,
    CASE WHEN i % 3 = 0 THEN (i % 77) / 999999.0 END AS split_line_item_unused_cost,
    CASE WHEN i % 3 = 0 THEN 'i-0' || md5((i % 2000)::VARCHAR)[:16] END AS split_line_item_parent_resource_id,
    (i % 500) / 9999.0 AS savings_plan_savings_plan_effective_cost, 0.0 AS reservation_effective_cost, {_FILLER},
    MAP {{'user_run_id': 'run-' || (i % {RUNS}), 'user_team': 'genomics', 'aws_batch_job_queue': 'main'}}
        AS resource_tags
FROM range(?) t(i)"""  # noqa: S608 - of constants
_AS_CSV = "SELECT * REPLACE (to_json(resource_tags) AS resource_tags) FROM report"


@dataclass(frozen=True)
class Took:
    """What a process took."""

    seconds: float
    cpu_seconds: float
    peak_mib: float


def main(lines: int) -> None:
    """Make the report, read it in each form, and print what that took."""
    with TemporaryDirectory(prefix="runquote-bench-") as name:
        folder = Path(name)
        # In a process of its own: what a process has held before it starts another counts as the peak of that one.
        _child([sys.executable, "-m", "bench.cost_reports", str(lines), name], Path.cwd())
        for form in ("parquet", "csv.gz", "csv"):
            took = _ingest(folder, f"report.{form}")
            size = (folder / f"report.{form}").stat().st_size / 1e6
            rate = f"{lines / took.seconds:,.0f} lines/s"
            times = f"{took.seconds:6.1f} s ({took.cpu_seconds:.1f} s of CPU)"
            print(f"{form:8} {size:8,.0f} MB  {times}  {rate:>18}  peak {took.peak_mib:,.0f} MiB", flush=True)


def _make(folder: Path, lines: int) -> None:
    with duckdb.connect() as connection:
        connection.execute("SET memory_limit = '1GB'; SET preserve_insertion_order = false")
        connection.execute(f"COPY ({_REPORT.replace('?', str(lines))}) TO '{folder}/report.parquet' (FORMAT parquet)")
        connection.execute(f"CREATE VIEW report AS SELECT * FROM '{folder}/report.parquet'")  # noqa: S608 - a folder of ours
        connection.execute(f"COPY ({_AS_CSV}) TO '{folder}/report.csv' (FORMAT csv, HEADER)")
        connection.execute(f"COPY ({_AS_CSV}) TO '{folder}/report.csv.gz' (FORMAT csv, HEADER, COMPRESSION gzip)")
    header = "workflow_name,run_id,status,started_at,completed_at,input_bytes\n"
    times = "SUCCEEDED,2026-03-01T08:00:00Z,2026-03-01T10:00:00Z"
    rows = "".join(f"w,run-{number},{times},{(number + 1) * 10**6}\n" for number in range(RUNS))
    (folder / "runs.csv").write_text(header + rows)


def _ingest(folder: Path, report: str) -> Took:
    """Run `runquote ingest cur`."""
    options = ["--tag", "run_id", "--runs", "runs.csv", "--dry-run"]
    printed, took = _child([sys.executable, "-m", "runquote", "ingest", "cur", report, *options], folder)
    if f"{RUNS} valid" not in printed:
        raise SystemExit(f"{report}: not all runs were billed: {printed}")
    return took


def _child(command: list[str], folder: Path) -> tuple[str, Took]:
    """Run a command; return what it printed and what it took."""
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[1])}
    started = time.perf_counter()
    with subprocess.Popen(command, cwd=folder, env=environment, stdout=subprocess.PIPE, text=True) as process:
        printed = process.stdout.read() if process.stdout else ""
        _, process.returncode, usage = os.wait4(process.pid, 0)
    if process.returncode:
        raise SystemExit(f"{' '.join(command)} failed: {printed}")
    took = Took(time.perf_counter() - started, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024)
    return printed, took


if __name__ == "__main__":
    match sys.argv[1:]:
        case [lines, folder]:
            _make(Path(folder), int(lines))
        case [lines]:
            main(int(lines))
        case _:
            main(LINES)
