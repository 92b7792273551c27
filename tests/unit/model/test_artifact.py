"""The artefact opens only what we wrote, and gives back exactly that."""

import base64
import hashlib
import io
import json
import math
import pickle
import random
import tarfile
from typing import Any

import numpy as np
import pytest

from contract.container import NEWEST_ARTIFACT_FORMAT, InvocationRow
from model.container import answers, artifact, probe
from model.cost_model import CostModel
from model.errors import BadArtifact
from model.growth import residual
from tests.unit.model.histories import make_artifact, make_history, make_row, make_rows


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
    content = json.loads(members["model.json"]) | {"schema_version": 1}
    for model in (content["model"], content["twin"]["model"]):
        del model["repeats"]
    read = artifact.from_members(members | {"model.json": json.dumps(content).encode()})
    assert read.served.repeats is None


def test_a_model_of_before_changes_were_learned_is_read(packed: bytes) -> None:
    members = artifact.unpack(packed)
    content = json.loads(members["model.json"])
    for model in (content["model"], content["twin"]["model"]):
        assert (model["drift"].pop("changes"), model["drift"].pop("quantiles")) == ([], [])
    read = artifact.from_members(members | {"model.json": json.dumps(content).encode()})
    assert read.served.drift == artifact.from_members(members).served.drift


def test_a_model_of_before_output_sizes_were_doubted_is_read(packed: bytes) -> None:
    members = artifact.unpack(packed)
    content = json.loads(members["model.json"])
    for model in (content["model"], content["twin"]["model"]):
        del model["encoder"]["output_effects"], model["encoder"]["output_spread"]
        del model["intervals"]["with_output"], model["intervals"]["without_output"]
    read = artifact.from_members(members | {"model.json": json.dumps(content).encode()}).served
    assert read.encoder.expected_surplus(np.array([0.7, np.nan])).tolist() == [0.7, 0.0]
    assert (read.intervals.with_output, read.intervals.without_output) == (1.0, 1.0)


def repeating() -> CostModel:
    """A model that has learned what each of a few inputs costs."""
    generator = random.Random(0)
    rows = []
    for number in range(90):
        size = 10**9 + 7_777_777_777 * (number % 15)
        cost = size * 1e-10 * math.exp(0.8 * math.sin(float(number % 15) ** 2) + generator.gauss(0.0, 0.03))
        rows.append(make_row(number, size, cost))
    model = CostModel.fit(make_history(rows))
    assert model.repeats is not None
    assert model.repeats.shrinkage is not None
    return model


def test_repeats_of_format_1_which_named_sizes_by_their_logarithm_are_read() -> None:
    model = repeating()
    members = artifact.to_members(make_artifact(model))
    content = json.loads(members["model.json"]) | {"schema_version": 1}
    sizes = content["model"]["repeats"].pop("input_bytes")
    content["model"]["repeats"]["log_sizes"] = [math.log(size) for size in sizes]
    read = artifact.from_members(members | {"model.json": json.dumps(content).encode()})
    assert read.served.repeats == model.repeats


def test_an_input_is_known_again_whatever_the_last_digit_of_its_logarithm() -> None:
    known = repeating().repeats
    assert known is not None
    logs = np.log(np.array(known.input_bytes, dtype=float))
    assert np.all(known.shift(logs) != 0)
    for nearly in (np.nextafter(logs, 0.0), np.nextafter(logs, np.inf)):
        assert np.array_equal(known.shift(nearly), known.shift(logs))
    assert np.all(known.shift(np.log(np.array(known.input_bytes) + 1.0)) == 0)


def test_a_later_format_is_refused_by_name(packed: bytes) -> None:
    members = artifact.unpack(packed)
    content = json.loads(members["model.json"]) | {"schema_version": NEWEST_ARTIFACT_FORMAT + 1, "news": {}}
    with pytest.raises(BadArtifact, match="has format 3, and this image reads formats up to 2: use the image that"):
        artifact.from_members(members | {"model.json": json.dumps(content).encode()})


def _members(schema: dict[str, Any]) -> dict[str, list[str]]:
    return {name: sorted(shape.get("properties", ())) for name, shape in {**schema["$defs"], "": schema}.items()}


def test_the_members_of_model_json_are_those_of_its_format() -> None:
    """Where this fails: raise NEWEST_ARTIFACT_FORMAT, unless no release has it yet; then write the members anew."""
    members = _members(artifact.ModelFile.model_json_schema())
    digest = hashlib.sha256(json.dumps(members, sort_keys=True).encode()).hexdigest()[:16]
    assert (NEWEST_ARTIFACT_FORMAT, digest) == (2, "a6ab2c18a6dfb914"), members


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
    members = artifact.unpack(packed)
    metadata = json.loads(members["model.json"])
    metadata["booster_sha256"] = hashlib.sha256(b"not trees").hexdigest()
    with pytest.raises(BadArtifact, match="no value of UBJSON"):
        artifact.from_members({"model.json": json.dumps(metadata).encode(), "booster.ubj": b"not trees"})


def test_trees_that_split_a_column_which_no_row_has_are_refused(model: CostModel, packed: bytes) -> None:
    """XGBoost itself takes them, and reads memory that is not there."""
    content = json.loads(model.booster.save_raw("json"))  # type: ignore[union-attr] # XGBoost publishes no types
    content["learner"]["gradient_booster"]["model"]["trees"][0]["split_indices"][0] = 100_000
    planted = residual.xgboost().Booster()
    planted.load_model(bytearray(json.dumps(content).encode()))
    booster = residual.save(planted)
    members = artifact.unpack(packed)
    metadata = json.loads(members["model.json"])
    with pytest.raises(BadArtifact, match="splits column 100000"):
        artifact.from_members(
            {
                "model.json": json.dumps(metadata | {"booster_sha256": hashlib.sha256(booster).hexdigest()}).encode(),
                "booster.ubj": booster,
            }
        )
    metadata["twin"]["booster"] = base64.b64encode(booster).decode()
    with pytest.raises(BadArtifact, match="splits column 100000"):
        artifact.from_members(members | {"model.json": json.dumps(metadata).encode()})


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("intervals", "quantiles", 0), 5.0),
        (("intervals", "scales", 0), 1e300),
        (("base", "log_range", 0), 1e308),
        (("encoder", "output_bounds", 0), 1e9),
        (("input_bytes_range",), [10**17, 1]),
    ],
)
def test_a_model_without_answers_never_serves(packed: bytes, path: tuple[str | int, ...], value: object) -> None:
    members = artifact.unpack(packed)
    metadata = json.loads(members["model.json"])
    place = metadata["model"]
    for part in path[:-1]:
        place = place[part]
    place[path[-1]] = value
    with pytest.raises(BadArtifact):
        probe.probe(artifact.from_members(members | {"model.json": json.dumps(metadata).encode()}).served)


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("schema_version",), 3),
        (("extra",), 1),
        (("model", "strength"), 7),
        (("model", "runs"), "many"),
        (("model", "intervals", "quantiles"), [1.0]),
        (("model", "encoder", "output_effects"), [1.0] * 50),
        (("model", "encoder", "output_spread"), 0.0),
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
