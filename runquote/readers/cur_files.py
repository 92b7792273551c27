"""Which files a cost report consists of: what its manifests name, or what a folder holds."""

from collections.abc import Iterator
from pathlib import Path

from runquote.readers.base import ReaderError
from runquote.readers.files import files_below, load_json, sources

_SUFFIXES = (".csv", ".csv.gz", ".parquet")


def report_files(path: Path) -> Iterator[Path]:
    """Yield the files of a report, those that manifests name if there are any."""
    if not path.is_dir() and path.suffix != ".json":
        yield from sources(path)
        return
    manifests = _latest(_manifests(path)) if path.is_dir() else list(sources(path))
    if manifests:
        for manifest in manifests:
            yield from _named_by(manifest)
    else:
        files = list(sources(path, *_SUFFIXES))
        _check_versions(files)
        yield from files


def are_named(path: Path) -> bool:
    """Say whether a report's files are what manifests name: then no two of them are versions of one."""
    return path.suffix == ".json" if path.is_file() else bool(_manifests(path))


def _manifests(folder: Path) -> list[Path]:
    return sorted(each for each in files_below(folder) if each.name.endswith("anifest.json"))


def _latest(manifests: list[Path]) -> list[Path]:
    """Return one manifest for each report and billing period: AWS keeps a copy of the latest above its versions.

    https://docs.aws.amazon.com/cur/latest/userguide/understanding-report-versions.html
    """
    by_period: dict[tuple[str, str], list[Path]] = {}
    for manifest in manifests:
        by_period.setdefault((manifest.name, _period(manifest)), []).append(manifest)
    latest = []
    for each in by_period.values():
        first, *others = sorted(each, key=lambda path: len(path.parts))
        if others and len(others[0].parts) == len(first.parts):
            raise ReaderError(f"{first} and {others[0]} are two versions of one report: name the one to read")
        latest.append(first)
    return latest


def _period(path: Path) -> str:
    """Return the folder that names a billing period, like 20260301-20260401 or BILLING_PERIOD=2026-03, else its own."""
    for folder in path.parents:
        if folder.name.startswith("BILLING_PERIOD=") or (len(folder.name) == 17 and folder.name[:8].isdigit()):
            return str(folder)
    return str(path.parent)


def _check_versions(files: list[Path]) -> None:
    """Refuse two versions of one report, which would count everything twice."""
    seen: dict[tuple[str, str], Path] = {}
    for file in files:
        other = seen.setdefault((file.name, _period(file)), file)
        if other is not file:
            raise ReaderError(f"{other} and {file} look like two versions of one report: name the folder to read")


def _named_by(manifest: Path) -> Iterator[Path]:
    """Yield the files that a manifest names: `reportKeys` of a legacy CUR, `dataFiles` of a data export."""
    content = load_json(manifest)
    keys = (content.get("reportKeys") or content.get("dataFiles")) if isinstance(content, dict) else None
    if not isinstance(keys, list) or not all(isinstance(key, str) for key in keys):
        raise ReaderError(f"{manifest}: names no files: it has neither reportKeys nor dataFiles")
    for key in keys:
        parts = key.removeprefix("s3://").split("/")
        tails = [Path(*parts[start:]) for start in range(len(parts))]
        folders = [manifest.parent, *list(manifest.parents)[1:8]]
        found = next((folder / tail for tail in tails for folder in folders if (folder / tail).is_file()), None)
        if found is None:
            raise ReaderError(f"{manifest}: names {key!r}, which is not there")
        yield found
