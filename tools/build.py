"""Builds `build/functions/<slug>.zip`, one for each function: `python -m tools.build`.

A zip holds the function, what the functions share, the contract, and the vendored packages of
requirements/functions.txt for Lambda's platform, each module beside its bytecode. boto3 is not in it: Lambda's runtime
has it. The same sources give the same bytes on every machine, so that Terraform sees a change only where there is one.
"""

import fcntl
import hashlib
import py_compile
import shutil
import sys
import tempfile
import zipfile
from collections.abc import Iterator, Mapping
from pathlib import Path

from tools.packages import uv_pip
from tools.programs import ToolMissingError

REPOSITORY = Path(__file__).resolve().parent.parent
REQUIREMENTS = REPOSITORY / "requirements" / "functions.txt"
OUTPUT = REPOSITORY / "build" / "functions"
PLATFORM = "x86_64-manylinux2014"
PYTHON = "3.13"
MAGIC = "cpython-313"
EPOCH = (1980, 1, 1, 0, 0, 0)
"""The earliest time that a zip can state."""
_BUILDER = Path(__file__).read_bytes()
UNUSED = (
    "aws_lambda_powertools/event_handler/",
    *(
        f"aws_lambda_powertools/utilities/{name}/"
        for name in (
            "batch",
            "data_classes",
            "data_masking",
            "feature_flags",
            "idempotency",
            "kafka",
            "parameters",
            "parser",
            "streaming",
            "validation",
        )
    ),
    "bin/",
    "pydantic/v1/",
)
"""Vendored parts that no function imports (a test starts every function without them)."""


def slugs() -> list[str]:
    """Return the functions: the folders with a handler."""
    return sorted(path.parent.name for path in (REPOSITORY / "functions").glob("*/handler.py"))


def build(output: Path = OUTPUT) -> dict[str, int]:
    """Build every zip that is not up to date; return the size in bytes of each by slug."""
    if sys.version_info[:2] != (3, 13):
        raise SystemExit(f"The zips hold bytecode of Python {PYTHON}: run this with .venv/bin/python")
    output.mkdir(parents=True, exist_ok=True)
    with (output / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        vendored = _vendored(output)
        for slug in slugs():
            _build_one(slug, vendored, output)
    return {slug: (output / f"{slug}.zip").stat().st_size for slug in slugs()}


def _build_one(slug: str, vendored: Path, output: Path) -> None:
    sources = dict(_sources(slug))
    stamp, wanted = output / f".{slug}.stamp", _digest(sources)
    target = output / f"{slug}.zip"
    if target.exists() and stamp.exists() and stamp.read_text() == wanted:
        return
    modules = {name: path.read_bytes() for name, path in sources.items()}
    unfinished = target.with_suffix(".zip.part")
    shutil.copyfile(vendored, unfinished)
    _add(unfinished, modules | _bytecode(modules, output))
    unfinished.replace(target)
    stamp.write_text(wanted)


def _add(target: Path, files: Mapping[str, bytes]) -> None:
    """Append files to a zip, which may not exist yet."""
    with zipfile.ZipFile(target, "a") as archive:
        for name in sorted(files):
            entry = zipfile.ZipInfo(name, EPOCH)
            entry.external_attr = 0o644 << 16
            entry.create_system = 3
            archive.writestr(entry, files[name], zipfile.ZIP_DEFLATED, 9)


def _sources(slug: str) -> Iterator[tuple[str, Path]]:
    """Yield our own modules that a function's zip holds: name in the zip, and file."""
    functions = REPOSITORY / "functions"
    folders = [REPOSITORY / "contract", functions / "shared", functions / "shared" / "adapters", functions / slug]
    for path in [
        functions / "__init__.py",
        *(file for folder in folders for file in folder.glob("*.py")),
    ]:
        yield path.relative_to(REPOSITORY).as_posix(), path


def _digest(sources: Mapping[str, Path]) -> str:
    """Fingerprint all that a zip is made from, this builder included."""
    digest = hashlib.sha256(sys.version.encode())
    contents = {name: path.read_bytes() for name, path in sources.items()}
    contents |= {"requirements": REQUIREMENTS.read_bytes(), "builder": _BUILDER}
    for name, content in sorted(contents.items()):
        digest.update(f"{name}\n".encode() + hashlib.sha256(content).digest())
    return digest.hexdigest()


def _vendored(output: Path) -> Path:
    """Install the packages for Lambda's platform; return a zip of them, with which every function's zip begins."""
    wanted = _digest({})
    target, stamp = output / "packages.zip", output / ".packages.stamp"
    if target.exists() and stamp.exists() and stamp.read_text() == wanted:
        return target
    for path in (stamp, target):
        path.unlink(missing_ok=True)
    with tempfile.TemporaryDirectory(dir=output) as scratch:
        folder = Path(scratch) / "packages"
        _install(folder)
        files = {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    modules = {name: content for name, content in files.items() if name.endswith(".py")}
    _add(target, files | _bytecode(modules, output))
    stamp.write_text(wanted)
    return target


def _install(folder: Path) -> None:
    uv_pip(
        REQUIREMENTS,
        *["install", "--target", str(folder), "--no-deps", "--python-platform", PLATFORM, "--python-version", PYTHON],
        *["--only-binary", ":all:", "--require-hashes", "-r", str(REQUIREMENTS)],
    )
    for path in [*folder.rglob("*.pyc"), folder / ".lock"]:
        path.unlink(missing_ok=True)
    for metadata in folder.glob("*.dist-info"):
        _keep_licences(metadata, folder / "licences" / metadata.name.removesuffix(".dist-info"))
    for part in UNUSED:
        shutil.rmtree(folder / part, ignore_errors=True)


def _keep_licences(metadata: Path, target: Path) -> None:
    """Keep a package's licence and nothing else of its metadata, which no function reads."""
    for path in sorted(metadata.rglob("*")):
        if path.is_file() and path.name.upper().startswith(("LICEN", "NOTICE", "COPYING", "AUTHORS")):
            target.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(path, target / path.name)
    shutil.rmtree(metadata)


def _bytecode(modules: Mapping[str, bytes], scratch: Path) -> dict[str, bytes]:
    """Compile modules: name of the bytecode file → bytes.

    It holds the hash of its source, which is not checked at import: neither file times nor paths matter.
    """
    compiled = {}
    source, target = scratch / ".module.py", scratch / ".module.pyc"
    for name, content in modules.items():
        source.write_bytes(content)
        mode = py_compile.PycInvalidationMode.UNCHECKED_HASH
        py_compile.compile(str(source), str(target), dfile=name, doraise=True, invalidation_mode=mode)
        folder, _, file = name.rpartition("/")
        place = f"{folder}/__pycache__" if folder else "__pycache__"
        compiled[f"{place}/{file.removesuffix('.py')}.{MAGIC}.pyc"] = target.read_bytes()
    source.unlink(missing_ok=True)
    target.unlink(missing_ok=True)
    return compiled


def main() -> None:
    """Build, and print the sizes."""
    try:
        sizes = build()
    except ToolMissingError as missing:
        sys.exit(str(missing))
    for slug, size in sizes.items():
        print(f"{slug:18} {size / 1e6:6.2f} MB")


if __name__ == "__main__":
    main()
