"""What is generated from the shapes is what is committed, and is what it claims to be."""

import json

import pytest
from jsonschema import Draft4Validator, Draft202012Validator
from openapi_spec_validator import validate

from contract import gateway, generate


def test_nothing_has_drifted(capsys: pytest.CaptureFixture[str]) -> None:
    assert generate.main(["--check"]) == 0, capsys.readouterr().err


def test_drift_is_found(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    changed = {**generate.documents(), "openapi.json": {}}
    monkeypatch.setattr(generate, "documents", lambda: changed)
    assert generate.main(["--check"]) == 1
    assert "openapi.json" in capsys.readouterr().err


def test_the_openapi_document_is_valid() -> None:
    validate(json.loads((generate.GENERATED / "openapi.json").read_text()))


def test_every_schema_is_valid() -> None:
    for path in (generate.GENERATED / "schemas").glob("*.json"):
        Draft202012Validator.check_schema(json.loads(path.read_text()))
    for model in gateway.request_models().values():
        Draft4Validator.check_schema(model)
