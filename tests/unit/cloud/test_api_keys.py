"""How the local API Gateway compares keys."""

import hmac

import pytest
from ministack.services import apigateway_v1

from cloud.ministack_adapter.api_gateway import _in_constant_time

KEYS = {
    "a": {"id": "a", "value": "the-first-key-of-all-the-keys", "enabled": True},
    "b": {"id": "b", "value": "a-key-that-is-switched-off-now", "enabled": False},
    "c": {"id": "c", "enabled": True},
}


class Stored:
    """As ministack keeps keys."""

    def all_items(self) -> list[tuple[str, dict[str, object]]]:
        return list(KEYS.items())


def test_every_key_is_compared_in_constant_time(monkeypatch: pytest.MonkeyPatch) -> None:
    compared: list[tuple[bytes, bytes]] = []
    compare = hmac.compare_digest

    def watched(own: bytes, given: bytes) -> bool:
        compared.append((own, given))
        return compare(own, given)

    monkeypatch.setattr(hmac, "compare_digest", watched)
    monkeypatch.setattr(apigateway_v1, "_api_keys", Stored())
    # By the name that ministack calls: a release that compares keys elsewhere fails here.
    resolve = _in_constant_time(apigateway_v1._resolve_api_key)
    monkeypatch.setattr(apigateway_v1, "_resolve_api_key", resolve)

    def found(value: str | None) -> object:
        compared.clear()
        key = {} if value is None else {"x-api-key": value}
        error, record = apigateway_v1._check_api_key({"apiKeyRequired": True}, "api", "v1", key)
        assert len(compared) == len(KEYS)
        return record, error is None

    monkeypatch.setattr(apigateway_v1, "_usage_plans_for_key", lambda *_: ["plan"])
    assert found("the-first-key-of-all-the-keys") == (KEYS["a"], True)
    for wrong in ("the-first-key-of-all-the-kez", "a-key-that-is-switched-off-now", "", None, "ü"):
        assert found(wrong) == (None, False)
