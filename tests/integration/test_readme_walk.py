"""The README's walk from a person's own CSV to a first price, as it is written there."""

import math
import os
import random
import re
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

from tests.system import System
from tools.programs import REPOSITORY

WALK = re.search(r"```sh\n(runquote ingest csv my-runs\.csv .*?)```", (REPOSITORY / "README.md").read_text(), re.S)


def own_runs() -> str:
    """Sixty runs as a laboratory may have noted them: about $1.50 and 11 cents for each GB."""
    chance = random.Random(60)
    rows = ["Sample;Fastq GB;Depth;Price;Finished;Runtime (h)"]
    for number in range(60):
        size = math.exp(chance.uniform(math.log(30), math.log(400)))
        cost = (1.5 + 0.11 * size) * math.exp(chance.gauss(0, 0.08))
        ended = datetime(2026, 1, 5, 14, 30, tzinfo=UTC) + timedelta(days=5 * number)
        rows.append(f"S{number:03};{size:.1f};30;${cost:.2f};{ended:%Y-%m-%d %H:%M};{size / 12:.1f}")
    return "\n".join(rows) + "\n"


def test_sixty_runs_with_columns_of_their_own_become_a_price(system: System, tmp_path: Path) -> None:
    assert WALK, "the README has no walk"
    (tmp_path / "my-runs.csv").write_text(own_runs())
    (tmp_path / "runquote").write_text(f'#!/bin/sh\nexec "{sys.executable}" -m runquote "$@"\n')
    (tmp_path / "runquote").chmod(0o755)
    environment = {
        "PATH": f"{tmp_path}{os.pathsep}{os.environ['PATH']}",
        "PYTHONPATH": str(REPOSITORY),
        "HOME": str(tmp_path),
        "RUNQUOTE_API_URL": system.outputs["api_url"],
        "RUNQUOTE_API_KEY": system.outputs["api_key"],
    }
    script = WALK[1].replace("wgs", f"walk-{os.getpid()}")
    done = subprocess.run(
        ["/bin/sh", "-ex", "-c", script], cwd=tmp_path, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "60 valid (dry run)" in done.stdout
    assert "60 recorded" in done.stdout
    assert "no status in the file: taken as SUCCEEDED" in done.stderr
    price = re.search(r"About \$(\d+)", done.stdout)
    assert price, done.stdout
    assert abs(int(price[1]) - (1.5 + 0.11 * 120)) < 2
    assert "Within budget" in done.stderr
