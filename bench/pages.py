"""What Lighthouse says of the web app's pages: performance and accessibility, from 0 to 1, and the times behind them.

Each page is measured as on a middling phone on a slow line, by Lighthouse's own simulation of both
(https://github.com/GoogleChrome/lighthouse/blob/main/docs/throttling.md), in a fresh browser each time; the figures are
those of the best of three, since other work of the machine only adds to them. `machine` is Lighthouse's index of how
fast the machine was meanwhile: a few hundred means that others kept it busy, and that the figures say little.

The pages are those of the system that `make up` left running, or else the built app with an API made for tests.
"""

import json
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx

from cloud.settings import CloudSettings
from tests.web.fake_api import fake_site
from tools import npm
from tools.programs import ToolMissingError, chromium, node_environment

FOLDER = Path(__file__).with_name("web")
TIMES = 3
WORKFLOW = "rnaseq-quant"
PAGES = {
    "Estimate": "/",
    "Estimate, answered": f"/?workflow={WORKFLOW}&input=20&iu=MB&budget=0.0003",
    "Batch": "/batch",
    "Runs": f"/runs?workflow={WORKFLOW}",
    "Models": "/models",
    "Models, one": f"/models?workflow={WORKFLOW}",
    "Accuracy": "/accuracy",
    "Accuracy, one": f"/accuracy?workflow={WORKFLOW}",
    "Budgets": "/budgets",
}


@contextmanager
def _site() -> Iterator[tuple[str, str]]:
    """Yield the address of the web app, and whose API answers there."""
    outputs = CloudSettings.from_environment().state_directory / "outputs.json"
    if outputs.exists():
        url = json.loads(outputs.read_text())["web_url"]
        try:
            httpx.get(f"{url}/config.json", trust_env=False).raise_for_status()
        except httpx.HTTPError:
            pass
        else:
            yield url, "the running system"
            return
    with tempfile.TemporaryDirectory() as folder, fake_site(Path(folder) / "config.json") as (url, _):
        yield url, "an API made for tests, since no system is running"


def report() -> None:
    """Print one line for each page; says so where there is no browser."""
    try:
        browser = chromium()
    except ToolMissingError as missing:
        print(f"Pages: skipped. {missing}")
        return
    npm.build_web_app()
    npm.install(FOLDER)
    environment = node_environment() | {"RUNQUOTE_CHROMIUM": browser}
    node = shutil.which("node", path=environment["PATH"]) or "node"
    with _site() as (url, api):
        print(f"Pages by Lighthouse, best of {TIMES}, against {api}", flush=True)
        addresses = {f"{url}{path}": name for name, path in PAGES.items()}
        command = [node, str(FOLDER / "measure.mjs"), str(TIMES), *addresses]
        with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True) as lighthouse:
            for line in lighthouse.stdout or ():
                _print_line(addresses, json.loads(line))
        if lighthouse.returncode:
            raise SystemExit(f"Lighthouse failed on {url}")


def _print_line(names: dict[str, str], found: dict[str, float | str]) -> None:
    first, largest = (float(found[name]) / 1000 for name in ("first-contentful-paint", "largest-contentful-paint"))
    print(
        f"{names[str(found['address'])]:<18} performance {found['performance']:.2f}  "
        f"accessibility {found['accessibility']:.2f}  first paint {first:.1f} s  largest {largest:.1f} s  "
        f"blocked {found['total-blocking-time']:.0f} ms  shift {found['cumulative-layout-shift']:.3f}  "
        f"(machine {found['benchmarkIndex']:.0f})",
        flush=True,
    )


if __name__ == "__main__":
    report()
