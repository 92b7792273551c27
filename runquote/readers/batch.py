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
from pathlib import Path
from typing import Any

from pydantic import Field

from runquote.pricing import PriceError
from runquote.readers.base import (
    MOST_CPUS,
    MOST_MEMORY,
    Document,
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
from runquote.readers.costs import Cost, Priced
from runquote.readers.files import load_json, sources

_ENDED = ("SUCCEEDED", "FAILED")
_MIB = 2**20
_MEMORY = re.compile(r"([0-9]{1,12})(?:Mi)?")
_CPU = re.compile(r"[0-9]{1,12}(\.[0-9]{1,12})?")
_LATEST_MS = 4_102_444_800_000
"""The year 2100."""
_TAG_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_.-]{0,63}")


class _Requirement(Document):
    type: str = ""
    value: str = ""


class _Platform(Document):
    cpu_architecture: str = "X86_64"


class _Resources(Document):
    limits: dict[str, str] = Field(default_factory=dict)
    requests: dict[str, str] = Field(default_factory=dict)


class _Container(Document):
    """A container of ECS or of a pod."""

    vcpus: float | None = Field(default=None, ge=0, le=MOST_CPUS)
    memory: int | None = Field(default=None, ge=0, le=MOST_MEMORY // _MIB)
    resource_requirements: tuple[_Requirement, ...] = ()
    resources: _Resources = _Resources()
    runtime_platform: _Platform = _Platform()

    def requirement(self, kind: str, resource: str) -> str | None:
        """Return what is reserved, in any of the ways to say it; the older members come last."""
        of_ecs = [each.value for each in self.resource_requirements if each.type == kind]
        of_pod = self.resources.limits.get(resource) or self.resources.requests.get(resource)
        return next(iter(of_ecs), of_pod)


class _Pod(Document):
    containers: tuple[_Container, ...] = ()


class _EksProperties(Document):
    pod_properties: _Pod = _Pod()


class _EcsTask(Document):
    containers: tuple[_Container, ...] = ()
    runtime_platform: _Platform = _Platform()


class _EcsProperties(Document):
    task_properties: tuple[_EcsTask, ...] = ()


class _Work(Document):
    """What runs in a job, or on each of a range of nodes."""

    container: _Container | None = None
    ecs_properties: _EcsProperties = _EcsProperties()
    eks_properties: _EksProperties = _EksProperties()

    def containers(self) -> list[_Container]:
        """Return the containers that hold resources at the same time."""
        several = [each for task in self.ecs_properties.task_properties for each in task.containers]
        several += self.eks_properties.pod_properties.containers
        return several or ([self.container] if self.container else [])

    def is_arm(self) -> bool:
        """Say whether it runs on Arm."""
        platforms = [task.runtime_platform for task in self.ecs_properties.task_properties]
        platforms += [each.runtime_platform for each in self.containers()]
        return any(platform.cpu_architecture == "ARM64" for platform in platforms)


class _Range(_Work):
    target_nodes: str


class _Nodes(Document):
    num_nodes: int = Field(ge=1, le=10_000)
    node_range_properties: tuple[_Range, ...] = Field(default=(), max_length=100)


class _Array(Document):
    size: int | None = Field(default=None, ge=0)
    index: int | None = Field(default=None, ge=0)


class _Attempt(Document):
    started_at: int | None = Field(default=None, ge=0, le=_LATEST_MS)
    stopped_at: int | None = Field(default=None, ge=0, le=_LATEST_MS)


class _Job(_Work):
    job_id: str = Field(min_length=1)
    job_name: str
    status: str
    created_at: int | None = Field(default=None, ge=0, le=_LATEST_MS)
    started_at: int | None = Field(default=None, ge=0, le=_LATEST_MS)
    stopped_at: int | None = Field(default=None, ge=0, le=_LATEST_MS)
    attempts: tuple[_Attempt, ...] = ()
    eks_attempts: tuple[_Attempt, ...] = ()
    node_properties: _Nodes | None = None
    array_properties: _Array = _Array()
    platform_capabilities: tuple[str, ...] = ()
    tags: dict[str, str] = Field(default_factory=dict)
    is_cancelled: bool = False
    is_terminated: bool = False

    def parent_id(self) -> str | None:
        """Return the job that this one is a child or a node of."""
        parent = re.split("[:#]", self.job_id)[0]
        return parent if parent != self.job_id else None

    def is_array(self) -> bool:
        """Say whether it only stands for its children."""
        return self.array_properties.size is not None and self.parent_id() is None

    def periods(self) -> list[tuple[int, int]]:
        """Return when its attempts held resources."""
        attempts = [(each.started_at, each.stopped_at) for each in (*self.attempts, *self.eks_attempts)]
        return [(start, stop) for start, stop in attempts or [(self.started_at, self.stopped_at)] if start and stop]


@dataclass
class _Run:
    """The jobs of one run."""

    name: str
    run_id: str | None = None
    tags: dict[str, str] = field(default_factory=dict)
    jobs: list[_Job] = field(default_factory=list)


def read(path: Path, known: Known, *, tag: str | None = None, per_job: bool = False) -> Iterator[Row | Rejected]:
    """Yield one run for all jobs of a name, or of a tag's value, or with `per_job` for each job (an array is one).

    A run's jobs may be described in several files of a folder, once or repeatedly. Raises ReaderError.
    """
    jobs: dict[str, _Job] = {}
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


def _jobs(path: Path) -> Iterator[_Job]:
    """Yield the jobs of an answer of DescribeJobs, or of a list of such jobs."""
    content: Any = load_json(path)
    if isinstance(content, dict):
        content = content.get("jobs")
    if not isinstance(content, list):
        raise ReaderError(f"{path}: not from AWS Batch: it must hold what `aws batch describe-jobs` answers")
    for number, each in enumerate(content):
        try:
            yield parsed(path, _Job, each)
        except ReaderError as error:
            raise ReaderError(f"{path}: jobs.{number}.{str(error).removeprefix(f'{path}: ')}") from None


def _finished(
    place: str, run: _Run, jobs: dict[str, _Job], children: Mapping[str, int], known: Known
) -> Row | Rejected:
    digest = identity("batch", run.name, *sorted(job.job_id for job in run.jobs))
    run_id = run.run_id or digest
    if reason := _unfinished(run, children):
        return Rejected(place, reason, run_id)
    working = [job for job in run.jobs if not job.is_array() and (job.parent_id() not in jobs or ":" in job.job_id)]
    periods = [period for job in working for period in job.periods()]
    if not periods:
        return Rejected(place, "none of its jobs began to run, so it cost nothing", run_id)
    try:
        cost = Cost.of(part for job in working for part in _priced(job, known))
    except (PriceError, ReaderError) as error:
        return Rejected(place, str(error), run_id)
    finished = Finished(
        place=place,
        engine="batch",
        run_id=run_id,
        status=_status(working),
        started_at=_time(min(started for started, _ in periods)),
        completed_at=_time(max(stopped for _, stopped in periods)),
        cost=cost,
        tags=run.tags,
        notes=tuple(_notes(working)),
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


def _status(jobs: Iterable[_Job]) -> str:
    """Say how a run ended: it succeeded if every job did, or one of the same name and index that replaced it."""
    succeeded = {(job.job_name, job.array_properties.index) for job in jobs if job.status == "SUCCEEDED"}
    failed = [job for job in jobs if (job.job_name, job.array_properties.index) not in succeeded]
    if not failed:
        return "SUCCEEDED"
    return "CANCELLED" if all(job.is_cancelled or job.is_terminated for job in failed) else "FAILED"


def _priced(job: _Job, known: Known) -> Iterator[Priced]:
    """Yield what each attempt of a job costs, on each kind of node that it had."""
    work: list[tuple[_Work, int]] = [(job, 1)]
    if job.node_properties:
        work = _nodes(job.job_id, job.node_properties)
    for each, nodes in work:
        vcpu, memory = _held(job.job_id, each)
        fargate = "fargate-arm" if each.is_arm() else "fargate"
        rate = fargate if "FARGATE" in job.platform_capabilities else known.rate
        for started, stopped in job.periods():
            seconds = max(0, stopped - started) / 1000
            yield known.priced(
                f"{job.job_name} {job.job_id}",
                vcpu=nodes * vcpu,
                memory_bytes=nodes * memory,
                seconds=seconds,
                rate=rate,
            )


def _nodes(job_id: str, nodes: _Nodes) -> list[tuple[_Work, int]]:
    """Return what runs on how many nodes; of ranges that overlap the later one counts, as nested ones override."""
    by_index: dict[int, _Range] = {}
    for each in nodes.node_range_properties:
        first, colon, last = each.target_nodes.partition(":")
        try:
            begin, end = int(first or 0), int(last or nodes.num_nodes - 1) if colon else int(first)
        except ValueError:
            raise ReaderError(f"job {job_id}: targetNodes: cannot read {shown(each.target_nodes)}") from None
        for index in range(max(0, begin), min(end, nodes.num_nodes - 1) + 1):
            by_index[index] = each
    if len(by_index) < nodes.num_nodes:
        raise ReaderError(f"job {job_id}: nodeRangeProperties say nothing of {nodes.num_nodes - len(by_index)} nodes")
    nodes_of = Counter(map(id, by_index.values()))
    return [(each, nodes_of[id(each)]) for each in nodes.node_range_properties if nodes_of[id(each)]]


def _held(job_id: str, work: _Work) -> tuple[float, int]:
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
        memory += int(mebibytes[1]) * _MIB
    if not vcpu:
        raise ReaderError(f"job {job_id}: says nothing of the vCPUs that it held")
    return vcpu, memory


def _unreadable(text: str) -> str:
    return f"cannot read {shown(text)}" if text else "it does not say how much it held"


def _text(number: float | None) -> str:
    return "" if number is None else f"{number:g}"


def _notes(jobs: list[_Job]) -> Iterator[str]:
    gpus = sum(any(each.requirement("GPU", "nvidia.com/gpu") for each in job.containers()) for job in jobs)
    if gpus:
        yield "jobs held GPUs, which the price book does not price: the real cost is higher"


def _time(milliseconds: int) -> datetime:
    return datetime.fromtimestamp(milliseconds / 1000, UTC)
