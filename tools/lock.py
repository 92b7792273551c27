"""Compiles the dependency groups of pyproject.toml into hash-pinned requirements: `python -m tools.lock`.

One resolution (`dev`) constrains all the others, so that a package has the same version wherever it runs. Programs of
others, whose own pins would bind ours, are resolved apart and run in environments of their own (tools/packages.py).
"""

import subprocess

from tools.programs import REPOSITORY, uv

APART = ("sam", "localstack", "security")
ONE_PYTHON = {"localstack"}
"""Groups that resolve for the Python we run alone, not for every later one."""
_OPTIONS = [
    "--universal",
    "--python-version=3.13",
    "--generate-hashes",
    "--no-emit-index-url",
    "--no-header",
    "--quiet",
]


def lock() -> None:
    """Write requirements/<group>.txt for every group."""
    compile_ = [uv(), "pip", "compile", *_OPTIONS]
    subprocess.run([*compile_, "--group=dev", "--output-file=requirements/dev.txt"], cwd=REPOSITORY, check=True)
    for group in ("functions", "model", "cloud"):
        options = ["--constraint=requirements/dev.txt", f"--group={group}", f"--output-file=requirements/{group}.txt"]
        subprocess.run([*compile_, *options], cwd=REPOSITORY, check=True)
    for group in APART:
        options = [f"--group={group}", f"--output-file=requirements/{group}.txt"]
        if group in ONE_PYTHON:
            options.append("--no-universal")
        subprocess.run([*compile_, *options], cwd=REPOSITORY, check=True)


if __name__ == "__main__":
    lock()
