"""What AWS Batch says of a job, in the shapes of `aws batch describe-jobs`.

https://docs.aws.amazon.com/batch/latest/APIReference/API_JobDetail.html; names and units are those of botocore's model.
"""

import re
from collections import Counter
from itertools import zip_longest

from pydantic import Field

from runquote.readers.base import MOST_CPUS, MOST_MEMORY, Document, ReaderError, shown

MIB = 2**20
_LATEST_MS = 4_102_444_800_000
"""The year 2100."""


class _Requirement(Document):
    type: str = ""
    value: str = ""


class _Platform(Document):
    cpu_architecture: str = "X86_64"


class _Resources(Document):
    limits: dict[str, str] = Field(default_factory=dict)
    requests: dict[str, str] = Field(default_factory=dict)


class _Storage(Document):
    size_in_gib: float = Field(default=0, alias="sizeInGiB", ge=0)


class _Container(Document):
    """A container of ECS or of a pod."""

    vcpus: float | None = Field(default=None, ge=0, le=MOST_CPUS)
    memory: int | None = Field(default=None, ge=0, le=MOST_MEMORY // MIB)
    resource_requirements: tuple[_Requirement, ...] = ()
    resources: _Resources = _Resources()
    runtime_platform: _Platform = _Platform()
    fargate_platform_configuration: Document | None = None
    ephemeral_storage: _Storage = _Storage()

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
    platform_version: str = ""
    ephemeral_storage: _Storage = _Storage()


class _EcsProperties(Document):
    task_properties: tuple[_EcsTask, ...] = ()


class Work(Document):
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

    def is_fargate(self) -> bool:
        """Say whether it has what only Fargate has."""
        tasks = self.ecs_properties.task_properties
        has_platform = any(each.fargate_platform_configuration for each in self.containers())
        return has_platform or any(task.platform_version for task in tasks)

    def has_gpus(self) -> bool:
        """Say whether a container of it holds a GPU."""
        return any(each.requirement("GPU", "nvidia.com/gpu") for each in self.containers())

    def storage_gib(self) -> float:
        """Return the ephemeral storage that it asked for."""
        storages = [task.ephemeral_storage for task in self.ecs_properties.task_properties]
        storages += [each.ephemeral_storage for each in self.containers()]
        return sum(each.size_in_gib for each in storages)


class _Range(Work):
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
    status_reason: str = ""


class Job(Work):
    """A job, a child of an array job, or a node of a multi-node one."""

    job_id: str = Field(min_length=1)
    job_arn: str = ""
    status_reason: str = ""
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
        """Return when its attempts held resources: one that does not say when it stopped, until the job did.

        Raises ReaderError if that is not said either, or an attempt stopped before it started.
        """
        attempts = [(each.started_at, each.stopped_at) for each in (*self.attempts, *self.eks_attempts)]
        begun = [(start, stop) for start, stop in attempts or [(self.started_at, self.stopped_at)] if start]
        later = [start for start, _ in begun[1:]]
        held = []
        for (start, stop), following in zip_longest(begun, later):
            end = stop or following or self.stopped_at
            if end is None or end < start:
                problem = "does not say when it stopped" if end is None else "stopped before it started"
                raise ReaderError(f"job {self.job_id}: an attempt {problem}")
            held.append((start, end))
        return held

    def work(self) -> "list[tuple[Work, int]]":
        """Return what ran on how many nodes."""
        return _nodes(self.job_id, self.node_properties) if self.node_properties else [(self, 1)]

    def runs_on_fargate(self) -> bool:
        """Say whether it needs Fargate; Batch takes EC2 where a definition says nothing."""
        return "FARGATE" in self.platform_capabilities or self.is_fargate()


def _nodes(job_id: str, nodes: _Nodes) -> list[tuple[Work, int]]:
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
