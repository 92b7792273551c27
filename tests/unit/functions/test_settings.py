"""Settings say in one line what the environment lacks."""

import importlib

import pytest

from functions.shared.settings import Settings, SettingsError
from tools import build

COMMON = {"POWERTOOLS_SERVICE_NAME", "POWERTOOLS_METRICS_NAMESPACE", "POWERTOOLS_LOG_LEVEL"}
RULES = {
    "SIGNIFICANCE": "2",
    "WORST_SLICE_RATIO": "1.25",
    "EQUAL_WITHIN": "0.1",
    "NEWER_BY_DAYS": "30",
    "MORE_RUNS_RATIO": "1.5",
}
KEYS = {
    "predict": {
        *("MODEL_ENDPOINTS_TABLE", "WORKFLOWS_TABLE", "WEB_ORIGIN", "STALE_AFTER_DAYS"),
        *("PREDICTIONS_TABLE", "PREDICTION_RETENTION_DAYS"),
    },
    "predictions": {"PREDICTIONS_TABLE", "PREDICTION_RETENTION_DAYS", "WEB_ORIGIN"},
    "record_runs": {
        *("WORKFLOW_RUNS_TABLE", "RUN_CHANGES_TABLE", "WORKFLOWS_TABLE", "SPEND_TABLE", "CALLERS_TABLE", "WEB_ORIGIN"),
        "NEW_WORKFLOWS_PER_DAY",
    },
    "workflows": {
        *("WORKFLOW_RUNS_TABLE", "WORKFLOWS_TABLE", "MODEL_ENDPOINTS_TABLE", "ARTIFACTS_BUCKET", "NAME_PREFIX"),
        *("SCHEDULE_EXPRESSION", "SCHEDULE_TIMEZONE", "SCHEDULE_ENABLED", "WEB_ORIGIN", "RUN_CHANGES_TABLE"),
    },
    "prepare_dataset": {
        *("WORKFLOW_RUNS_TABLE", "WORKFLOWS_TABLE", "MODEL_ENDPOINTS_TABLE", "ARTIFACTS_BUCKET", "NAME_PREFIX"),
        *("ENDPOINT_MODE", "SERVERLESS_MEMORY_MB", "SERVERLESS_MAX_CONCURRENCY", "INSTANCE_TYPE", "LEASE_SECONDS"),
    },
    "verify_artifact": {"ARTIFACTS_BUCKET"},
    "compare_models": {"ARTIFACTS_BUCKET", *RULES},
    "promote": {"MODEL_ENDPOINTS_TABLE", "ARTIFACTS_BUCKET"},
    "settle_training": set(),
    "change_endpoint": {"MODEL_ENDPOINTS_TABLE", "ENDPOINT_POLL_SECONDS", "ENDPOINT_MAX_SECONDS"},
    "conclude": {"WORKFLOWS_TABLE", "MODEL_ENDPOINTS_TABLE"},
    "report_round": {"RETRAIN_STATE_MACHINE_ARN"},
    "select_workflows": {"WORKFLOWS_TABLE"},
    "budgets": {"SPEND_TABLE", "BUDGETS_TABLE", "WORKFLOWS_TABLE", "WEB_ORIGIN"},
    "rebuild_spend": {"WORKFLOW_RUNS_TABLE", "WORKFLOWS_TABLE", "SPEND_TABLE"},
    "retire_workflow": {"WORKFLOWS_TABLE", "MODEL_ENDPOINTS_TABLE", "NAME_PREFIX", "WEB_ORIGIN"},
    "retrainings": {"WORKFLOWS_TABLE", "RETRAIN_STATE_MACHINE_ARN", "WEB_ORIGIN"},
}
GOOD = {
    "SCHEDULE_ENABLED": "true",
    "STALE_AFTER_DAYS": "30",
    "PREDICTION_RETENTION_DAYS": "400",
    "NEW_WORKFLOWS_PER_DAY": "100",
    "ENDPOINT_MODE": "serverless",
    "SERVERLESS_MEMORY_MB": "2048",
    "SERVERLESS_MAX_CONCURRENCY": "5",
    "LEASE_SECONDS": "3600",
    "ENDPOINT_POLL_SECONDS": "30",
    "ENDPOINT_MAX_SECONDS": "3600",
    **RULES,
    "POWERTOOLS_LOG_LEVEL": "INFO",
}


def settings_of(slug: str) -> type[Settings]:
    found: type[Settings] = importlib.import_module(f"functions.{slug}.settings").Settings
    return found


def test_every_function_has_settings() -> None:
    assert build.slugs() == sorted(KEYS)


@pytest.mark.parametrize("slug", sorted(KEYS))
def test_the_environment_of_a_function(slug: str) -> None:
    settings = settings_of(slug)
    assert settings.environment_keys() == COMMON | KEYS[slug]
    environment = {key: GOOD.get(key, "x") for key in settings.environment_keys()}
    assert settings.from_environment({**environment, "PATH": "unrelated"})
    for key in KEYS[slug] - RULES.keys():
        without = {name: value for name, value in environment.items() if name != key}
        with pytest.raises(SettingsError, match=f"^Settings of functions.{slug}.settings: {key} is missing$"):
            settings.from_environment(without)


@pytest.mark.parametrize(
    ("slug", "key", "value"),
    [
        ("predict", "STALE_AFTER_DAYS", "soon"),
        ("predict", "STALE_AFTER_DAYS", "0"),
        ("prepare_dataset", "ENDPOINT_MODE", "multi_model"),
        ("compare_models", "SIGNIFICANCE", "nan"),
        ("compare_models", "WORST_SLICE_RATIO", "0.5"),
        ("compare_models", "EQUAL_WITHIN", "-0.1"),
        ("compare_models", "NEWER_BY_DAYS", "0"),
        ("compare_models", "MORE_RUNS_RATIO", "1"),
    ],
)
def test_a_wrong_value_is_named(slug: str, key: str, value: str) -> None:
    settings = settings_of(slug)
    environment = {name: GOOD.get(name, "x") for name in settings.environment_keys()}
    with pytest.raises(SettingsError, match=key):
        settings.from_environment({**environment, key: value})
