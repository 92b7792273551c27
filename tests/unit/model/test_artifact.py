"""The artefact opens only what we wrote, and gives back exactly that."""

import io
import json
import pickle
import tarfile

import pytest

from contract.container import InvocationRow
from model import answers, artifact
from model.cost_model import CostModel
from model.errors import BadArtifact
from tests.unit.model.histories import make_artifact, make_history, make_rows


@pytest.fixture(scope="module")
def model() -> CostModel:
    # A step that no smooth base can follow, so that the trees take part.
    rows = make_rows(200, noise=0.02)
    for row in rows:
        row["cost_usd"] *= 3.0 if 1e9 < row["input_bytes"] < 1e10 else 1.0
    fitted = CostModel.fit(make_history(rows))
    assert fitted.kind == "trend_and_residual"
    return fitted


@pytest.fixture(scope="module")
def packed(model: CostModel) -> bytes:
    return artifact.pack(artifact.to_members(make_artifact(model, twin=model)))


def make_archive(members: list[tuple[tarfile.TarInfo, bytes]]) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as archive:
        for entry, content in members:
            entry.size = len(content)
            archive.addfile(entry, io.BytesIO(content))
    return buffer.getvalue()


def test_saved_and_loaded_model_answers_the_same(model: CostModel, packed: bytes) -> None:
    loaded = artifact.from_members(artifact.unpack(packed))
    rows = [InvocationRow(input_bytes=size) for size in (10**7, 10**9, 5 * 10**9, 10**13)]
    expected = answers.predict(model, rows, explain=True, similar_runs=5)
    assert answers.predict(loaded.served, rows, explain=True, similar_runs=5) == expected
    assert loaded.twin is not None
    assert answers.predict(loaded.twin, rows, explain=True, similar_runs=5) == expected


def test_the_same_data_gives_the_same_bytes() -> None:
    rows = make_rows(60, parameters=True)
    first, second = (
        artifact.pack(artifact.to_members(make_artifact(CostModel.fit(make_history(ordered)))))
        for ordered in (rows, rows[::-1])
    )
    assert first == second


def test_typical_artifact_is_small(packed: bytes) -> None:
    assert len(packed) < 1_000_000


@pytest.mark.parametrize("name", ["../model.json", "/model.json", "code.py", "model.json/../x", "model.pkl"])
def test_other_members_are_refused(name: str) -> None:
    with pytest.raises(BadArtifact, match="unexpected member"):
        artifact.unpack(make_archive([(tarfile.TarInfo(name), b"{}")]))


def test_links_are_refused() -> None:
    link = tarfile.TarInfo("model.json")
    link.type, link.linkname = tarfile.SYMTYPE, "/etc/passwd"
    with pytest.raises(BadArtifact, match="unexpected member"):
        artifact.unpack(make_archive([(link, b"")]))


def test_a_member_twice_is_refused() -> None:
    with pytest.raises(BadArtifact, match="unexpected member"):
        artifact.unpack(make_archive([(tarfile.TarInfo("model.json"), b"{}"), (tarfile.TarInfo("model.json"), b"{}")]))


def test_large_members_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(artifact, "MAX_MEMBER_BYTES", 100)
    with pytest.raises(BadArtifact, match="larger than"):
        artifact.unpack(make_archive([(tarfile.TarInfo("model.json"), b"x" * 101)]))


@pytest.mark.parametrize("share", [0.0, 0.1, 0.5, 0.99])
def test_truncated_archives_are_refused(packed: bytes, share: float) -> None:
    with pytest.raises(BadArtifact):
        artifact.from_members(artifact.unpack(packed[: int(len(packed) * share)]))


def test_a_model_of_before_repeats_were_learned_is_read(packed: bytes) -> None:
    members = artifact.unpack(packed)
    content = json.loads(members["model.json"])
    for model in (content["model"], content["twin"]["model"]):
        del model["repeats"]
    read = artifact.from_members(members | {"model.json": json.dumps(content).encode()})
    assert read.served.repeats is None


def test_missing_metadata_is_refused() -> None:
    with pytest.raises(BadArtifact, match=r"model\.json is missing"):
        artifact.from_members({})


def test_a_booster_with_another_digest_is_refused(packed: bytes) -> None:
    members = artifact.unpack(packed)
    changed = bytearray(members["booster.ubj"])
    changed[len(changed) // 2] ^= 1
    with pytest.raises(BadArtifact, match="digest"):
        artifact.from_members(members | {"booster.ubj": bytes(changed)})


def test_a_missing_booster_is_refused(packed: bytes) -> None:
    members = artifact.unpack(packed)
    del members["booster.ubj"]
    with pytest.raises(BadArtifact, match=r"booster\.ubj is missing"):
        artifact.from_members(members)


def test_pickles_are_refused_and_never_run(packed: bytes, capsys: pytest.CaptureFixture[str]) -> None:
    class Loud:
        def __reduce__(self) -> tuple[object, ...]:
            return print, ("executed",)

    content = pickle.dumps(Loud())
    for name in ("model.json", "booster.ubj"):
        with pytest.raises(BadArtifact):
            artifact.from_members(artifact.unpack(packed) | {name: content})
    assert "executed" not in capsys.readouterr().out


def test_trees_that_xgboost_cannot_read_are_refused(packed: bytes) -> None:
    import hashlib

    members = artifact.unpack(packed)
    metadata = json.loads(members["model.json"])
    metadata["booster_sha256"] = hashlib.sha256(b"not trees").hexdigest()
    with pytest.raises(BadArtifact, match="booster is not readable"):
        artifact.from_members({"model.json": json.dumps(metadata).encode(), "booster.ubj": b"not trees"})


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("schema_version",), 2),
        (("extra",), 1),
        (("model", "strength"), 7),
        (("model", "runs"), "many"),
        (("model", "intervals", "quantiles"), [1.0]),
        (("model", "knots"), []),
    ],
)
def test_metadata_that_is_not_ours_is_refused(packed: bytes, path: tuple[str, ...], value: object) -> None:
    members = artifact.unpack(packed)
    metadata = json.loads(members["model.json"])
    place = metadata
    for part in path[:-1]:
        place = place[part]
    place[path[-1]] = value
    with pytest.raises(BadArtifact):
        artifact.from_members(members | {"model.json": json.dumps(metadata).encode()})
