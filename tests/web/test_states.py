"""The built web app in a real browser, against an API that shows it every state."""

from pathlib import Path

import pytest

from tests.browser import run_scenario
from tests.fakes.api import API_KEY
from tests.web.fake_api import FAULTS, REPOSITORY, Workflow, fake_site
from tests.web.fake_identity import FakeIdentity

SCENARIOS = Path(__file__).with_name("states.mjs")

WEB = REPOSITORY / "web"

pytestmark = pytest.mark.skipif(
    not (WEB / "dist" / "index.html").exists(), reason="the web app is not built: make build"
)


@pytest.fixture(scope="module", autouse=True)
def current() -> None:
    """A test of what was built before the last change would prove nothing."""
    built = (WEB / "dist" / "index.html").stat().st_mtime
    newer = [path for path in (WEB / "src").rglob("*") if path.is_file() and path.stat().st_mtime > built]
    assert not newer, "web/dist is older than web/src: run `make build`"


@pytest.fixture
def config(tmp_path: Path) -> Path:
    return tmp_path / "config.json"


@pytest.mark.parametrize(
    "scenario",
    [
        "appearance",
        "form",
        "links",
        "stale",
        "unusable",
        "unobserved",
        "charts",
        "help",
        "slow",
        "unscripted",
        "batch",
        "manyRows",
        "predictions",
        "runs",
        "columns",
        "models",
        "accuracy",
        "budgets",
    ],
)
def test_healthy(scenario: str, config: Path) -> None:
    with fake_site(config) as (url, _):
        assert "ok" in run_scenario(SCENARIOS, scenario, url)


def test_faults_are_told_and_retried(config: Path) -> None:
    with fake_site(config) as (url, api):
        assert "ok" in run_scenario(SCENARIOS, "faults", url)
        assert {name: api.asked[name] for name in FAULTS} == {name: fails + 1 for name, (*_, fails) in FAULTS.items()}


def test_asks_for_a_key_where_none_is_given(config: Path) -> None:
    with fake_site(config, key=None) as (url, _):
        assert "ok" in run_scenario(SCENARIOS, "key", url, API_KEY)


def test_people_sign_in_where_a_provider_is_named(config: Path) -> None:
    identity = FakeIdentity()
    with fake_site(config, identity=identity) as (url, _):
        assert "ok" in run_scenario(SCENARIOS, "signIn", url, identity.url)
    assert identity.refreshed == 1
    assert not identity.refresh_tokens, "signing out must revoke the session"


def test_unreachable_api(config: Path) -> None:
    with fake_site(config) as (url, api):
        config.write_text(config.read_text().replace(str(api.server_port), "9"))
        assert "ok" in run_scenario(SCENARIOS, "unreachable", url)
        assert not api.asked


def test_no_workflows(config: Path) -> None:
    with fake_site(config, workflows=[]) as (url, _):
        assert "ok" in run_scenario(SCENARIOS, "nothing", url)


def test_many_workflows(config: Path) -> None:
    many = [Workflow(f"workflow-{index}", 1.0, (1_000_000_000, 90_000_000_000)) for index in range(40)]
    with fake_site(config, workflows=many) as (url, _):
        assert "ok" in run_scenario(SCENARIOS, "many", url)
