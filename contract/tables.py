"""How tables that people bring are read: runs to record, and runs to estimate, as CSV or what spreadsheets make of it.

One reader's rules for the command and the web app, as data: `document()` is generated into `generated/tables.json`, and
the same cases (`tests/tables/cases.json`) hold both to them. Columns are recognised by their names in any case, with
spaces or signs between words, and may end with a unit: `Input size (GB)` is `input_size` in GB. Nothing is guessed at:
what could be read in two ways is refused in words, and what was assumed is said.
"""

from typing import Literal, get_args

from contract.base import MAX_BYTES
from contract.runs import CostSource, PurchaseOption, RunStatus

Kind = Literal["text", "size", "money", "time", "duration", "status", "cost_source", "purchase_option", "object"]

RUNS: dict[str, tuple[Kind, list[str]]] = {
    "workflow_name": ("text", ["workflow_name", "workflow", "pipeline", "pipeline_name"]),
    "run_id": ("text", ["run_id", "run", "id", "run_name"]),
    "status": ("status", ["status", "state", "result"]),
    "started_at": ("time", ["started_at", "started", "start", "start_time", "start_date"]),
    "completed_at": (
        "time",
        ["completed_at", "completed", "end", "ended", "end_time", "end_date", "finished", "finished_at", "date"],
    ),
    "duration": ("duration", ["duration", "runtime", "run_time", "elapsed", "walltime", "wall_time"]),
    "input_bytes": ("size", ["input_bytes", "input_size", "input", "data_size", "data", "size"]),
    "output_bytes": ("size", ["output_bytes", "output_size", "output"]),
    "cost_usd": ("money", ["cost_usd", "cost", "total_cost", "total_cost_usd", "price", "price_usd", "usd"]),
    "cost_source": ("cost_source", ["cost_source"]),
    "estimated_cost_usd": ("money", ["estimated_cost_usd"]),
    "parameters": ("object", ["parameters", "params"]),
    "tags": ("object", ["tags", "labels"]),
    "tags.team": ("text", ["team"]),
    "tags.project": ("text", ["project"]),
    "tags.user": ("text", ["user"]),
    "engine": ("text", ["engine"]),
    "purchase_option": ("purchase_option", ["purchase_option"]),
}
"""What a column of a table of runs may say, how its cells are read, and the names by which it is recognised.

The first name is the one that we write. All are members of a run but for `duration`, which stands for the start or the
end, and `tags.NAME`; `parameters.NAME` and `tags.NAME` are recognised for any name.
"""

BATCH: dict[str, tuple[Kind, list[str]]] = {
    "label": ("text", ["label", "sample", "name", "run_id", "run", "id"]),
    "workflow_name": RUNS["workflow_name"],
    "input_bytes": RUNS["input_bytes"],
    "output_bytes": RUNS["output_bytes"],
    "parameters": RUNS["parameters"],
}
"""The same of a table of runs to estimate."""

WEAK = ["data", "date", "id", "name", "run", "size"]
"""Names that count only where no other column says the same."""
WORD_PATTERN = r"([a-z0-9])(?<![KMGTP]i)(?<![^A-Za-z]k)([A-Z])"
"""Where a name goes on with another word: inputBytes, but not GiB or (kB)."""
BASES = ["Kb", "Mb", "Gb", "Tb", "Pb"]
"""In genomics these mean bases, so they are no units of sizes."""
NOT_DOLLARS = [
    *("cent", "cents", "ct", "eur", "gbp", "chf", "jpy", "cad", "aud", "nzd", "sek", "nok", "dkk", "inr", "cny", "brl"),
    *("mxn", "krw", "sgd", "kusd", "musd", "thousand", "thousands", "million", "millions"),
]
"""Last words of names of columns that hold other money."""
RATE_PATTERN = (
    r"(?:^|_)(?:hourly|rate|per_(?!run(?:_|$)|sample(?:_|$)|workflow(?:_|$)|pipeline(?:_|$)|execution(?:_|$))[^_]+)(?:_|$)"
    r"|_(?:h|hr|hrs|hour|hours|[mgt]i?b)$"
)
"""Names, as `normal` writes them, of columns that hold what an hour or a gigabyte costs, and not a run."""

NEEDED: dict[str, list[list[str]]] = {
    "runs": [["workflow_name"], ["input_bytes"], ["cost_usd"], ["completed_at", "started_at"]],
    "batch": [["workflow_name"], ["input_bytes"]],
}
"""Of each of these one must be there, as a column or given for all rows."""

LABELS = {
    "label": "the label",
    "workflow_name": "the workflow",
    "run_id": "the run's id",
    "status": "the status",
    "started_at": "the start",
    "completed_at": "the end",
    "duration": "the duration",
    "input_bytes": "the input size",
    "output_bytes": "the output size",
    "cost_usd": "the cost",
    "cost_source": "whether the cost is billed or estimated",
    "estimated_cost_usd": "the estimated cost",
    "parameters": "the parameters",
    "tags": "the tags",
    "tags.team": "the team",
    "tags.project": "the project",
    "tags.user": "the user",
    "engine": "the engine",
    "purchase_option": "on demand or spot",
}

STATUSES: dict[RunStatus, list[str]] = {
    "SUCCEEDED": ["succeeded", "success", "successful", "completed", "complete", "ok", "done", "passed"],
    "FAILED": ["failed", "failure", "fail", "error", "errored", "err", "timeout", "out_of_memory", "node_fail"],
    "CANCELLED": ["cancelled", "canceled", "aborted", "killed", "stopped", "terminated"],
}
"""Words of engines and schedulers, as `normal` writes them."""
UNFINISHED = ["running", "pending", "queued", "submitted", "starting", "started", "in_progress"]
COST_SOURCES: dict[CostSource, list[str]] = {
    "billed": ["billed", "bill", "invoice", "invoiced", "actual"],
    "estimated": ["estimated", "estimate", "list_price"],
}
PURCHASE_OPTIONS: dict[PurchaseOption, list[str]] = {"on_demand": ["on_demand", "ondemand"], "spot": ["spot"]}

ASSUMED: dict[str, str] = {"status": "SUCCEEDED", "cost_source": "estimated"}
"""What is taken where a table does not say it. An estimate, since a bill may replace that and never the other way."""

LONGEST_SHOWN = 80
"""Characters of a cell that are shown of it; no number and no time is longer."""
SEPARATORS = "\t,;|"
"""The one that a header holds most often separates cells; the first of these if two do."""

UNITS = {
    "b": 1,
    "byte": 1,
    "bytes": 1,
    **{f"{prefix}b": 1000**power for power, prefix in enumerate("kmgtp", 1)},
    **{f"{prefix}ib": 1024**power for power, prefix in enumerate("kmgtp", 1)},
}
"""Bytes of each unit, in lower case; as the last word of a column's name it is that of numbers without one."""
NUMBER_PATTERN = r"^(\d+(?:\.\d*)?|\.\d+)(?:[eE]([+-]?\d{1,3}))?$"
GROUPED_PATTERN = r"^\d{1,3}(?:,\d{3})+\.\d+$|^\d{1,3}(?:,\d{3}){2,}$"
"""Thousands set apart by commas, where they cannot be anything else."""
MONEY_SIGNS = ["USD", "US$", "$"]
"""Before or after an amount, or nowhere."""
TIME_PATTERN = (
    r"^(\d{4})[-/](\d{1,2})[-/](\d{1,2})"
    r"(?:(?:T| +)(\d{1,2}):(\d{2})(?::(\d{2})(\.\d{1,9})?)? ?(Z|UTC|GMT|[+-]\d{2}:?\d{2})?)?$"
)
CLOCK_PATTERN = r"^(?:(\d{1,4})-)?(\d{1,4}):(\d{2}):(\d{2}(?:\.\d{1,9})?)$"
"""Days, hours, minutes and seconds, as Slurm and spreadsheets write how long something took; 1:30 could be either."""
DURATION_PATTERN = (
    r"^(?=\S)(?:(\d+(?:\.\d+)?) ?d *)?(?:(\d+(?:\.\d+)?) ?h *)?(?:(\d+(?:\.\d+)?) ?m(?:in)? *)?(?:(\d+(?:\.\d+)?) ?s)?$"
)
DURATIONS = {
    **dict.fromkeys(["s", "sec", "secs", "second", "seconds"], 1),
    **dict.fromkeys(["m", "min", "mins", "minute", "minutes"], 60),
    **dict.fromkeys(["h", "hr", "hrs", "hour", "hours"], 3600),
    **dict.fromkeys(["d", "day", "days"], 86400),
}
"""Seconds of each unit, as the last word of a column's name."""

WORDS = {
    "empty_file": "the file is empty",
    "no_rows": "there is no row below the header",
    "twice": "two columns are called “{column}”: rename one",
    "two_columns": "columns “{column}” and “{other}” both say {what}: rename one, or say which it is",
    "unknown_member": "“{member}” is nothing that a row may say: it may say {members}",
    "unknown_column": "there is no column “{column}”: the columns are {columns}",
    "missing": "no column says {what}; the columns are {columns}",
    "too_many_cells": "has more cells than the header",
    "cell": "column “{column}”: {problem}",
    "given": "what is given for {what}: {problem}",
    "empty": "is empty",
    "size": "“{text}” is not a size: {advice}",
    "no_column_unit": "“{text}” has no unit: write it like 120 GB, or name the column like input_size_gb",
    "no_input": "must be more than 0",
    "too_large": "“{text}” is more than 100 PB",
    "currency": "“{text}” is not in US dollars",
    "rate": "“{text}” is a price of an hour or the like, as its name says, and not what a run cost",
    "money": "“{text}” is not an amount of dollars: write it like 12.30 or $12.30",
    "money_comma": "“{text}” is not an amount of dollars: use a full stop for decimals, like 12.30, and no comma",
    "time": "“{text}” is not a date that can be read in one way only: write it like 2026-01-05 or 2026-01-05T09:30:00Z",
    "duration": "“{text}” is not a duration: write it like 1h 30m or 01:30:00",
    "duration_unit": "“{text}” has no unit: write it like 1h 30m, or name the column like duration_hours",
    "status": "“{text}” is not a known status: write SUCCEEDED, FAILED or CANCELLED",
    "unfinished": "“{text}”: what a run costs is known when it has ended",
    "cost_source": "“{text}” is not known: write billed or estimated",
    "purchase_option": "“{text}” is not known: write on_demand or spot",
    "object": "“{text}” is no JSON object, like {example}",
    "no_time": "has neither a start nor an end",
    "ignored": "not read: {columns}",
    "unit": "numbers in column “{column}” are in {unit}, as its name says",
    "assumed_status": "no status in the file: taken as SUCCEEDED",
    "assumed_cost_source": "not said that costs are billed: taken as estimated, which a bill may replace",
    "assumed_run_id": "no run ids in the file: made from what the rows say, so reading it again adds nothing",
    "assumed_zone": "times without a zone: taken as UTC",
    "assumed_midnight": "days without a time: taken as midnight",
    "assumed_start": "no start and no duration: taken to start when it ended",
    "assumed_end": "no end and no duration: taken to end when it started",
}
"""What is said of a table, in the same words everywhere."""


def document() -> dict[str, object]:
    """Return all of this as the web app reads it."""
    kinds = {
        "runs": {member: {"kind": kind, "names": names} for member, (kind, names) in RUNS.items()},
        "batch": {member: {"kind": kind, "names": names} for member, (kind, names) in BATCH.items()},
    }
    return {
        "columns": kinds,
        "weak": WEAK,
        "word": WORD_PATTERN,
        "bases": BASES,
        "not_dollars": NOT_DOLLARS,
        "rate": RATE_PATTERN,
        "needed": NEEDED,
        "labels": LABELS,
        "values": {
            "status": STATUSES,
            "cost_source": COST_SOURCES,
            "purchase_option": PURCHASE_OPTIONS,
        },
        "unfinished": UNFINISHED,
        "assumed": ASSUMED,
        "separators": SEPARATORS,
        "longest_shown": LONGEST_SHOWN,
        "units": UNITS,
        "most_bytes": MAX_BYTES,
        "number": NUMBER_PATTERN,
        "grouped": GROUPED_PATTERN,
        "money_signs": MONEY_SIGNS,
        "time": TIME_PATTERN,
        "clock": CLOCK_PATTERN,
        "duration": DURATION_PATTERN,
        "durations": DURATIONS,
        "words": WORDS,
    }


assert set(STATUSES) == set(get_args(RunStatus))  # noqa: S101 - a new one needs its words
