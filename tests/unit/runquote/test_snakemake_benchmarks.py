"""Benchmark files as Snakemake 9.27 writes them, under the names that people give them."""

import gzip
import os
import time
from collections.abc import Iterable
from pathlib import Path

import pytest

from contract.runs import Run
from runquote.readers import snakemake
from runquote.readers.base import Known, ReaderError, Rejected, Row
from tests.unit.runquote.rows import rejections, runs

KNOWN = Known(workflow_name="germline", input_bytes=10**9)
PLAIN = "s\th:m:s\tmax_rss\tmax_vms\tmax_uss\tmax_pss\tio_in\tio_out\tmean_load\tcpu_time\n"
EXTENDED = PLAIN.replace("\n", "\tjobid\trule_name\twildcards\tparams\tthreads\tcpu_usage\tresources\tinput_size_mb\n")


def fargate(vcpu: float, gib: float, hours: float) -> float:
    return (vcpu * 0.04048 + gib * 0.004445) * max(1 / 60, hours)


def plain(seconds: str = "3600.0", rss: str = "2048", load: str = "390.0") -> str:
    return f"{seconds}\t1:00:00\t{rss}\t3000\t1900\t1900\t1.0\t1.0\t{load}\t14040.0\n"


def extended(resources: str, threads: str = "4", job: int = 1, seconds: str = "3600.0") -> str:
    more = f"\t{job}\tstar\t{{'s': 's1'}}\t{{}}\t{threads}\t390.0\t{resources}\t{{}}\n"
    return plain(seconds).replace("\n", more)


def write(path: Path, text: str, age_days: float = 30) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(gzip.compress(text.encode()) if path.suffix == ".gz" else text.encode())
    written = time.time() - age_days * 86_400
    os.utime(path, (written, written))
    return path.parent


def only(rows: Iterable[Row | Rejected]) -> tuple[Run, str]:
    (row,) = rows
    assert isinstance(row, Row), row
    return runs([row])[0], " ".join(row.notes)


def test_a_benchmark_has_any_name_and_other_files_are_named(tmp_path: Path) -> None:
    for name in ("fastqc.txt", "bwa_s1", "gatk.bmk", "deep/a.tsv.gz", "b.benchmark.1"):
        write(tmp_path / name, PLAIN + plain())
    write(tmp_path / "counts.tsv", "gene\tcount\n")
    write(tmp_path / "a.bam", "\0\1")
    run, notes = only(snakemake.read(tmp_path, KNOWN))
    assert run.cost_usd == pytest.approx(5 * fargate(4, 2, 1), abs=1e-8)
    assert f"passed over 2 files of {tmp_path} that are no benchmark: a.bam, counts.tsv" in notes


@pytest.mark.parametrize(
    ("resources", "gib"),
    [
        ("{'_cores': 4, '_nodes': 1, 'mem_mb': 64000, 'mem_mib': 61036, 'tmpdir': '/tmp'}", 61036 / 1024),
        ("{'mem_mb': 64000}", 64e9 / 2**30),
        ("{'mem': '3 GB', 'tmpdir': '/tmp'}", 3e9 / 2**30),
        ("{'mem_mb_per_cpu': 1000, 'slurm_account': 'x,y'}", 4e9 / 2**30),
        ("{'mem_gb': 8}", 8e9 / 2**30),
        ('"{\'mem_mib\': 1024, \'params\': ""it\'s""}"', 1),
    ],
)
def test_what_was_requested_is_priced(tmp_path: Path, resources: str, gib: float) -> None:
    run, notes = only(snakemake.read(write(tmp_path / "star.tsv", EXTENDED + extended(resources)), KNOWN))
    assert run.cost_usd == pytest.approx(fargate(4, gib, 1), abs=1e-8)
    assert notes == ""


@pytest.mark.parametrize(
    ("text", "cpu", "gib", "said"),
    [
        (EXTENDED + extended("{'tmpdir': '/tmp'}"), 4, 2, "jobs do not say what memory they requested"),
        (EXTENDED + extended("{'mem_mb': '<TBD>'}"), 4, 2, "jobs do not say what memory they requested"),
        (EXTENDED + extended("{" * 5000), 4, 2, "jobs do not say what memory they requested"),
        (EXTENDED + extended("{'mem_mib': 2048}", threads="-"), 4, 2, "jobs do not say their threads"),
        (PLAIN + plain(), 4, 2, "jobs do not say their threads"),
        (PLAIN + plain(rss="NA", load="NA"), 1, 0, "none is in the price"),
        (EXTENDED + extended("{'mem_mib': 2048, 'gpu': 1}"), 4, 2, "held GPUs"),
        (EXTENDED + extended("{'mem_mib': 2048, 'nvidia_gpu': 2}"), 4, 2, "held GPUs"),
        (EXTENDED + extended("{'mem_mib': 2048, 'gres': 'gpu:a100:1'}"), 4, 2, "held GPUs"),
        (EXTENDED + extended("{'mem_mib': 2048, 'gpu': 0}"), 4, 2, ""),
    ],
)
def test_what_is_assumed_is_said(tmp_path: Path, text: str, cpu: float, gib: float, said: str) -> None:
    run, notes = only(snakemake.read(write(tmp_path / "a", text), KNOWN))
    assert run.cost_usd == pytest.approx(fargate(cpu, gib, 1), abs=1e-8)
    assert said in notes
    assert bool(said) == bool(notes)


@pytest.mark.parametrize("odd", ["-5", "soon", "", "1e12", "1,5"])
def test_one_odd_cell_leaves_out_its_job_and_says_so(tmp_path: Path, odd: str) -> None:
    write(tmp_path / "a.tsv", PLAIN + plain() + plain(seconds=odd))
    run, notes = only(snakemake.read(tmp_path, KNOWN))
    assert run.cost_usd == pytest.approx(fargate(4, 2, 1), abs=1e-8)
    assert f"1 of 2 jobs cannot be priced and are left out, so this run cost more: {tmp_path}/a.tsv: line 3: " in notes
    assert run.tags == {"snakemake.unpriced_jobs": "1 of 2"}
    with pytest.raises(ReaderError, match=r"a\.tsv: line 2: column s: "):
        list(snakemake.read(write(tmp_path / "a.tsv", PLAIN + plain(seconds=odd)), KNOWN))


def test_a_job_that_is_there_twice_counts_once(tmp_path: Path) -> None:
    for name in ("star.tsv", "star (copy).tsv"):
        write(tmp_path / name, EXTENDED + extended("{'mem_mib': 2048}"))
    write(tmp_path / "other.tsv", EXTENDED + extended("{'mem_mib': 2048}", job=2))
    run, notes = only(snakemake.read(tmp_path, KNOWN))
    assert run.cost_usd == pytest.approx(2 * fargate(4, 2, 1), abs=1e-8)
    assert "is there twice and counts once" in notes


def test_a_table_that_a_spreadsheet_wrote_again_is_read(tmp_path: Path) -> None:
    text = (EXTENDED + extended("\"{'mem_mib': 2048, '_cores': 4}\"")).replace("\t", ",").replace("\n", "\r\n")
    run, notes = only(snakemake.read(write(tmp_path / "a.csv", "\ufeff" + text), KNOWN))
    assert (run.cost_usd, notes) == (pytest.approx(fargate(4, 2, 1), abs=1e-8), "")  # type: ignore[comparison-overlap]


def test_a_workflow_that_still_runs_is_not_final(tmp_path: Path) -> None:
    benchmarks = write(tmp_path / "work/results/benchmarks/a.tsv", PLAIN + plain(), age_days=0)
    assert "if the workflow still runs, this is a part of the run" in only(snakemake.read(benchmarks, KNOWN))[1]
    assert "still runs" not in only(snakemake.read(benchmarks, KNOWN, final=True))[1]
    write(tmp_path / "work/.snakemake/locks/0.input.lock", "x")
    assert rejections(snakemake.read(benchmarks, KNOWN)) == [
        f"Snakemake holds a lock in {tmp_path / 'work'}: ingest it once the workflow has ended, or say so with --final"
    ]
    assert only(snakemake.read(benchmarks, KNOWN, final=True))[0].status == "SUCCEEDED"


def test_memory_for_each_cpu_comes_before_the_default_of_a_job(tmp_path: Path) -> None:
    resources = "{'mem_mb': 1000, 'mem_mib': 954, 'mem_mb_per_cpu': 4000}"
    write(tmp_path / "a.tsv", EXTENDED + extended(resources, threads="8"))
    run, _ = only(snakemake.read(tmp_path, KNOWN))
    assert run.cost_usd == pytest.approx(fargate(8, 32e9 / 2**30, 1), abs=1e-8)


def test_benchmarks_beside_the_folders_that_are_runs_are_told(tmp_path: Path) -> None:
    for name in ("s1/a.tsv", "s2/b.tsv", "all.tsv"):
        write(tmp_path / name, PLAIN + plain())
    rows = list(snakemake.read(tmp_path, KNOWN, per_folder=True))
    assert len(rows) == 2
    assert all("in no folder" in " ".join(row.notes) for row in rows if isinstance(row, Row))
