"""Sentences for people: sizes, shares, dates, and names that are nearly right."""

import difflib
import re
from collections.abc import Iterable
from datetime import datetime

from contract.container import EvaluatedOn
from contract.sizes import format_size

EVALUATED_RUN: dict[EvaluatedOn, str] = {
    "holdout": "held-out run",
    "cross_validation": "cross-validated run",
    "training_runs": "training run",
}
"""What a run is called that a model was judged on."""
_KILLED = "137"
"""A shell's exit code for a process that SIGKILL ended: 128 and the signal's number, 9."""


def different_sizes(one: int, other: int) -> tuple[str, str]:
    """Write two different sizes so that they look different."""
    for digits in (3, 6, 12):
        texts = format_size(one, digits), format_size(other, digits)
        if texts[0] != texts[1]:
            return texts
    return f"{one:,} bytes", f"{other:,} bytes"


def percent(share: float) -> str:
    """Write a share in percent: 0.061 is 6.1 %, 0.42 is 42 %."""
    value = 100 * share
    return f"{value:.1f} %" if value < 9.95 else f"{value:,.0f} %"


def date(moment: datetime) -> str:
    """Write a date: 3 March 2026."""
    return f"{moment.day} {moment:%B %Y}"


def failure(reason: str) -> str:
    """Say why something failed as people can use it: not in SageMaker's frame, and without addresses."""
    return without_addresses(_unframed(reason))


def _unframed(reason: str) -> str:
    """Leave of "AlgorithmError: Too few runs., exit code: 3" what the container said, or say how it ended."""
    framed = re.fullmatch(r"AlgorithmError: (.*?),? exit code: (\d+)", reason, re.DOTALL)
    if framed is None:
        return reason
    said, code = framed[1].strip(), framed[2]
    if said:
        return said
    if code == _KILLED:
        return f"Training was killed (exit code {code}), most often because its memory did not suffice."
    return f"Training ended with exit code {code} and did not say why."


def without_addresses(text: str) -> str:
    """Leave of each ARN and each address in S3 the last part, which is all that people can use."""
    return re.sub(r"\b(?:arn:[a-z-]+:|s3://)[^\s\"',;)\]}]*?([^:/\s\"',;)\]}]+)(?=[\s\"',;)\]}]|$)", r"\1", text)


def counted(count: int, noun: str) -> str:
    """Write a count with its noun: 1 run, 1,200 runs."""
    return f"{count:,} {noun}" if count == 1 else f"{count:,} {noun}s"


def listed(words: Iterable[str], most: int = 3) -> str:
    """Join words: a, b and c; beyond `most` it says how many more."""
    found = list(words)
    if len(found) > most:
        found = [*found[:most], f"{len(found) - most} more"]
    return found[0] if len(found) == 1 else f"{', '.join(found[:-1])} and {found[-1]}" if found else ""


def near(name: str, known: Iterable[str]) -> list[str]:
    """Return at most three known names that resemble a name, the most alike first."""
    plain: dict[str, list[str]] = {}
    for candidate in known:
        plain.setdefault(_plain(candidate), []).append(candidate)
    alike = difflib.get_close_matches(_plain(name), plain, n=3, cutoff=0.6)
    containing = [text for text in plain if len(_plain(name)) >= 3 and _plain(name) in text and text not in alike]
    return [candidate for text in [*alike, *sorted(containing)] for candidate in sorted(plain[text])][:3]


def _plain(name: str) -> str:
    return re.sub(r"[\W_]+", " ", name.casefold()).strip()
