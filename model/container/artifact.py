"""The artefact: `model.tar.gz` holding exactly `model.json` and, when there are trees, `booster.ubj`.

Nothing in it is code: plain JSON checked against its shape, and XGBoost's UBJSON checked against its digest. What is
opened is bounded, and everything that is not exactly what we write raises BadArtifact.

A reader takes its own format of `model.json` and all earlier ones, whose missing members have defaults that make the
model what it was. It refuses a later one by name: to leave out what it does not know would change the answers.
"""

import base64
import binascii
import gzip
import hashlib
import io
import json
import tarfile
import zlib
from pathlib import Path
from typing import Annotated

from pydantic import Field, ValidationError

from contract.base import Shape, UtcTime, WorkflowName
from contract.container import ARTIFACT_MEMBERS, NEWEST_ARTIFACT_FORMAT, ArtifactFormat
from model.cost_model import CostModel
from model.errors import BadArtifact
from model.growth import residual

MODEL_MEMBER, BOOSTER_MEMBER = ARTIFACT_MEMBERS
MAX_MEMBER_BYTES = 64 * 1024 * 1024
Digest = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]


class Twin(Shape):
    """The model that was evaluated: the same method on the training runs alone, so that it never saw the holdout."""

    model: CostModel
    booster: str | None = Field(description="UBJSON in base64")


class ModelFile(Shape):
    """`model.json`."""

    schema_version: ArtifactFormat = NEWEST_ARTIFACT_FORMAT
    workflow_name: WorkflowName
    trained_at: UtcTime
    model: CostModel
    booster_sha256: Digest | None
    twin: Twin | None


class Artifact(Shape):
    """What one training produced: the model to serve, and the twin that stands for it in comparisons."""

    workflow_name: WorkflowName
    trained_at: UtcTime
    served: CostModel
    twin: CostModel | None


def to_members(artifact: Artifact) -> dict[str, bytes]:
    """Return the artefact's files: name → content."""
    booster = None if artifact.served.booster is None else residual.save(artifact.served.booster)
    content = ModelFile(
        workflow_name=artifact.workflow_name,
        trained_at=artifact.trained_at,
        model=artifact.served,
        booster_sha256=None if booster is None else hashlib.sha256(booster).hexdigest(),
        twin=None if artifact.twin is None else _twin(artifact.twin),
    )
    members = {MODEL_MEMBER: content.model_dump_json().encode()}
    return members if booster is None else {**members, BOOSTER_MEMBER: booster}


def _twin(model: CostModel) -> Twin:
    booster = None if model.booster is None else base64.b64encode(residual.save(model.booster)).decode()
    return Twin(model=model, booster=booster)


def from_members(members: dict[str, bytes]) -> Artifact:
    """Read the artefact's files.

    Raises:
        BadArtifact: they are not exactly what `to_members` writes.
    """
    if MODEL_MEMBER not in members:
        raise BadArtifact(f"{MODEL_MEMBER} is missing")
    try:
        content = ModelFile.model_validate_json(members[MODEL_MEMBER])
    except ValidationError as error:
        _refuse_later_format(members[MODEL_MEMBER])
        first = error.errors()[0]
        place = ".".join(str(part) for part in first["loc"])
        raise BadArtifact(f"{MODEL_MEMBER} is not readable: {place} {first['msg']}") from error
    booster = members.get(BOOSTER_MEMBER)
    if (booster is None) != (content.booster_sha256 is None):
        raise BadArtifact(f"{BOOSTER_MEMBER} is missing or not expected")
    if booster is not None and hashlib.sha256(booster).hexdigest() != content.booster_sha256:
        raise BadArtifact(f"{BOOSTER_MEMBER} does not have the digest that {MODEL_MEMBER} states")
    return Artifact(
        workflow_name=content.workflow_name,
        trained_at=content.trained_at,
        served=_with_booster(content.model, booster),
        twin=None if content.twin is None else _read_twin(content.twin),
    )


def _refuse_later_format(content: bytes) -> None:
    try:
        metadata = json.loads(content)
    except (ValueError, RecursionError):
        return
    version = metadata.get("schema_version") if isinstance(metadata, dict) else None
    if isinstance(version, int) and version > NEWEST_ARTIFACT_FORMAT:
        raise BadArtifact(
            f"{MODEL_MEMBER} has format {version}, and this image reads formats up to {NEWEST_ARTIFACT_FORMAT}: "
            "use the image that trained the model, or a later one"
        )


def _read_twin(twin: Twin) -> CostModel:
    try:
        booster = None if twin.booster is None else base64.b64decode(twin.booster, validate=True)
    except binascii.Error as error:
        raise BadArtifact("the twin's booster is not base64") from error
    return _with_booster(twin.model, booster)


def _with_booster(model: CostModel, content: bytes | None) -> CostModel:
    try:
        return model.with_booster(None if content is None else residual.load(content, 2 + model.encoder.width))
    except ValueError as error:
        raise BadArtifact(f"{BOOSTER_MEMBER}: {error}") from error


def pack(members: dict[str, bytes]) -> bytes:
    """Write files as `model.tar.gz`, the same bytes for the same files."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        for name, content in members.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(content)
            archive.addfile(entry, io.BytesIO(content))
    compressed = io.BytesIO()
    with gzip.GzipFile(fileobj=compressed, mode="wb", mtime=0) as stream:
        stream.write(buffer.getvalue())
    return compressed.getvalue()


def unpack(content: bytes) -> dict[str, bytes]:
    """Read `model.tar.gz` without writing anything to disk.

    Raises:
        BadArtifact: it is not a complete archive of plain files with the expected names and sizes.
    """
    members: dict[str, bytes] = {}
    try:
        with tarfile.open(fileobj=io.BytesIO(content), mode="r|gz") as archive:
            for entry in archive:
                if entry.name not in ARTIFACT_MEMBERS or not entry.isreg() or entry.name in members:
                    raise BadArtifact(f"unexpected member {entry.name!r}")
                if entry.size > MAX_MEMBER_BYTES:
                    raise BadArtifact(f"{entry.name} is larger than {MAX_MEMBER_BYTES} bytes")
                stream = archive.extractfile(entry)
                members[entry.name] = b"" if stream is None else stream.read()
    except (tarfile.TarError, EOFError, OSError, zlib.error) as error:
        raise BadArtifact(f"model.tar.gz is not readable: {error}") from error
    return members


def read_folder(folder: Path) -> Artifact:
    """Read the artefact from a folder into which SageMaker unpacked it.

    Raises:
        BadArtifact: it is not exactly what we write.
    """
    members = {}
    for name in ARTIFACT_MEMBERS:
        path = folder / name
        if path.is_file() and not path.is_symlink():
            if path.stat().st_size > MAX_MEMBER_BYTES:
                raise BadArtifact(f"{name} is larger than {MAX_MEMBER_BYTES} bytes")
            members[name] = path.read_bytes()
    return from_members(members)
