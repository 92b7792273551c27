"""Runs from AWS Batch: what `aws batch describe-jobs` answers.

The format: https://docs.aws.amazon.com/batch/latest/APIReference/API_JobDetail.html, names and units as in botocore's
model of batch. Times are milliseconds since 1970; memory is in MiB. Every attempt is paid for, also failed ones. An
array job's parent runs nothing itself: its children, `<job id>:<index>`, do. A multi-node job holds its nodes for as
long as it runs; its nodes, `<job id>#<index>`, are priced by themselves only where it is not there. Jobs on Fargate are
priced per vCPU and GiB, others by the share of a machine that they hold: a description does not say which machine.
"""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import accumulate
from pathlib import Path
from typing import Any

from runquote.pricing import PriceError
from runquote.readers.base import (
    Finished,
    Known,
    ReaderError,
    Rejected,
    Row,
    complete,
    identity,
    parsed,
    shown,
)
from runquote.readers.batch_jobs import MIB, Job, Work
from runquote.readers.costs import Cost, Priced
from runquote.readers.files import load_json, sources

_ENDED = ("SUCCEEDED", "FAILED")
_MEMORY = re.compile(r"([0-9]{1,12})(?:Mi)?")
_CPU = re.compile(r"[0-9]{1,12}(\.[0-9]{1,12})?")
_DAY_MS = 86_400_000
_FREE_STORAGE_GIB = 20
"""https://aws.amazon.com/fargate/pricing/"""
_TAKEN_AWAY = "Host EC2"
"""As in "Host EC2 (instance i-0ab) terminated.": https://docs.aws.amazon.com/batch/latest/userguide/job_retries.html."""
_TAG_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_.-]{0,63}")


@dataclass
class _Run:
    """The jobs of one run."""

    name: str
    run_id: str | None = None
    tags: dict[str, str] = field(default_factory=dict)
    jobs: list[Job] = field(default_factory=list)


def read(path: Path, known: Known, *, tag: str | None = None, per_job: bool = False) -> Iterator[Row | Rejected]:
    """Yield one run for all jobs of a name, or of a tag's value, or with `per_job` for each job (an array is one).

    A run's jobs may be described in several files of a folder, once or repeatedly. Raises ReaderError.
    """
    jobs: dict[str, Job] = {}
    for file in sources(path, ".json", ".json.gz"):
        try:
            for job in _jobs(file):
                if job.job_id not in jobs or job.status in _ENDED:
                    jobs[job.job_id] = job
        except ReaderError as error:
            if path.is_file():
                raise
            yield Rejected(str(file), str(error).removeprefix(f"{file}: "))
    runs: dict[str, _Run] = {}
    for job in jobs.values():
        # Children belong where their parent does, whose tags they need not have.
        leader = jobs.get(job.parent_id() or "", job)
        value = leader.tags.get(tag) if tag else None
        if tag and value is None:
            yield Rejected(f"{path}: job {job.job_id}", f"has no tag {tag}", job.job_id)
            continue
        name = value or (f"{leader.job_name} {leader.job_id}" if per_job else leader.job_name)
        tags = {tag: value} if tag and value and _TAG_NAME.fullmatch(tag) else {}
        runs.setdefault(name, _Run(name, value, tags)).jobs.append(job)
    children = Counter(job.job_id.partition(":")[0] for job in jobs.values() if ":" in job.job_id)
    for run in runs.values():
        yield _finished(f"{path}: {run.name}", run, jobs, children, known)


def _jobs(path: Path) -> Iterator[Job]:
    """Yield the jobs of an answer of DescribeJobs, or of a list of such jobs."""
    content: Any = load_json(path)
    if isinstance(content, dict):
        content = content.get("jobs")
    if not isinstance(content, list):
        raise ReaderError(
            f"{path}: not from AWS Batch: it must hold what `aws batch describe-jobs` (not list-jobs) answers"
        )
    if not content:
        raise ReaderError(f"{path}: holds no job: Batch forgets jobs some days after they ended")
    for number, each in enumerate(content):
        try:
            yield parsed(path, Job, each)
        except ReaderError as error:
            raise ReaderError(f"{path}: jobs.{number}.{str(error).removeprefix(f'{path}: ')}") from None


def _finished(place: str, run: _Run, jobs: dict[str, Job], children: Mapping[str, int], known: Known) -> Row | Rejected:
    digest = identity("batch", run.name, *sorted(job.job_id for job in run.jobs))
    run_id = run.run_id or digest
    if reason := _unfinished(run, children):
        return Rejected(place, reason, run_id)
    working = [job for job in run.jobs if not job.is_array() and (job.parent_id() not in jobs or ":" in job.job_id)]
    try:
        periods = sorted(period for job in working for period in job.periods())
        if not periods:
            return Rejected(place, "none of its jobs began to run, so it cost nothing", run_id)
        cost = Cost.of(part for job in working for part in _priced(job, known))
    except (PriceError, ReaderError) as error:
        return Rejected(place, str(error), run_id)
    finished = Finished(
        place=place,
        engine="batch",
        run_id=run_id,
        status=_status(working),
        started_at=_time(periods[0][0]),
        completed_at=_time(max(stopped for _, stopped in periods)),
        cost=cost,
        tags=run.tags,
        notes=tuple(_notes(working, periods, jobs, known)),
    )
    return complete(finished, known)


def _unfinished(run: _Run, children: Mapping[str, int]) -> str | None:
    """Return why a run is not all there, if it is not; `children` counts the jobs of arrays that are described."""
    for job in run.jobs:
        if job.status not in _ENDED:
            return f"job {job.job_id} is {job.status}: describe the jobs again once they ended"
        if job.is_array():
            size = job.array_properties.size or 0
            there = children[job.job_id]
            if there < size:
                return f"{there:,} of the {size:,} jobs of array job {job.job_id} are there: describe those too"
    return None


def _status(jobs: Iterable[Job]) -> str:
    """Say how a run ended: it succeeded if every job did, or one of the same name and index that replaced it."""
    succeeded = {(job.job_name, job.array_properties.index) for job in jobs if job.status == "SUCCEEDED"}
    failed = [job for job in jobs if (job.job_name, job.array_properties.index) not in succeeded]
    if not failed:
        return "SUCCEEDED"
    return "CANCELLED" if all(job.is_cancelled or job.is_terminated for job in failed) else "FAILED"


def _priced(job: Job, known: Known) -> Iterator[Priced]:
    """Yield what each attempt of a job costs, on each kind of node that it had."""
    for each, nodes in job.work():
        vcpu, memory = _held(job.job_id, each)
        fargate = "fargate-arm" if each.is_arm() else "fargate"
        rate = fargate if job.runs_on_fargate() else known.rate
        for started, stopped in job.periods():
            seconds = (stopped - started) / 1000
            yield known.priced(
                f"{job.job_name} {job.job_id}",
                vcpu=nodes * vcpu,
                memory_bytes=nodes * memory,
                seconds=seconds,
                rate=rate,
            )


def _held(job_id: str, work: Work) -> tuple[float, int]:
    """Return the vCPUs and the bytes of memory that all containers hold."""
    vcpu, memory = 0.0, 0
    for container in work.containers():
        cpu_text = container.requirement("VCPU", "cpu") or _text(container.vcpus)
        memory_text = container.requirement("MEMORY", "memory") or _text(container.memory)
        if not _CPU.fullmatch(cpu_text):
            raise ReaderError(f"job {job_id}: VCPU: {_unreadable(cpu_text)}")
        mebibytes = _MEMORY.fullmatch(memory_text)
        if not mebibytes:
            raise ReaderError(f"job {job_id}: MEMORY: {_unreadable(memory_text)}")
        vcpu += float(cpu_text)
        memory += int(mebibytes[1]) * MIB
    if not vcpu:
        raise ReaderError(f"job {job_id}: says nothing of the vCPUs that it held")
    return vcpu, memory


def _unreadable(text: str) -> str:
    return f"cannot read {shown(text)}" if text else "it does not say how much it held"


def _text(number: float | None) -> str:
    return "" if number is None else f"{number:g}"


def _notes(
    jobs: list[Job], periods: list[tuple[int, int]], described: Mapping[str, Job], known: Known
) -> Iterator[str]:
    """Yield what was assumed; `periods` are in order."""
    work = [(job, each) for job in jobs for each, _ in job.work()]
    if any(each.has_gpus() for _, each in work):
        yield "jobs held GPUs, which the price book does not price: the real cost is higher"
    if any(job.runs_on_fargate() and each.storage_gib() > _FREE_STORAGE_GIB for job, each in work):
        yield "jobs asked for more ephemeral storage than the 20 GiB that Fargate gives free, which is not priced"
    reasons = [job.status_reason for job in jobs] + [each.status_reason for job in jobs for each in job.attempts]
    if not known.spot and any(reason.startswith(_TAKEN_AWAY) for reason in reasons):
        yield "machines were taken away from jobs, as spot capacity is, but on-demand prices were taken: see --spot"
    parents = {job.parent_id() for job in jobs} - {None}
    if parents - set(described):
        yield "array or multi-node jobs themselves are not described: nobody can tell whether all their jobs are there"
    regions = {job.job_arn.split(":")[3] for job in jobs if job.job_arn.count(":") > 3}
    for region in sorted(regions - {"", known.prices.region}):
        yield f"ran in {region}, but the price book is of {known.prices.region}: see `prices refresh`"
    stopped = accumulate((stop for _, stop in periods), max)
    if any(start - before > _DAY_MS for before, (start, _) in zip(stopped, periods[1:], strict=False)):
        yield "its jobs ran days apart: if they are of several runs, tell those apart with --by-tag or --per-job"


def _time(milliseconds: int) -> datetime:
    return datetime.fromtimestamp(milliseconds / 1000, UTC)
