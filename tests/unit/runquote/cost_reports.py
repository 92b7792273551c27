"""Cost reports in AWS's formats, with the columns of its table dictionaries (which `runquote.readers.cur` cites)."""

import csv
import gzip
import io
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb


@dataclass(frozen=True)
class Line:
    """One line of a report; `hour` counts from the begin of March 2026."""

    usd: str
    tag: str | None = None
    kind: str = "Usage"
    hour: int = 8
    resource: str = "arn:aws:ecs:us-east-1:123456789012:task/main/0a1b"
    parent: str = ""
    split: str = ""
    unused: str = ""
    effective: str = ""
    net: str = ""
    currency: str = "USD"


def _time(hour: int) -> str:
    return f"2026-03-{1 + hour // 24:02d}T{hour % 24:02d}:00:00Z"


def _cur(line: Line) -> dict[str, str]:
    plan = line.kind == "SavingsPlanCoveredUsage"
    return {
        "bill/BillType": "Anniversary",
        "bill/BillingPeriodStartDate": "2026-03-01T00:00:00Z",
        "lineItem/LineItemType": line.kind,
        "lineItem/UsageStartDate": _time(line.hour),
        "lineItem/UsageEndDate": _time(line.hour + 1),
        "lineItem/ResourceId": line.resource,
        "lineItem/CurrencyCode": line.currency,
        "lineItem/UnblendedCost": line.usd,
        "lineItem/NetUnblendedCost": line.net,
        "reservation/EffectiveCost": "" if plan else line.effective,
        "savingsPlan/SavingsPlanEffectiveCost": line.effective if plan else "",
        "splitLineItem/ParentResourceId": line.parent,
        "splitLineItem/SplitCost": line.split,
        "splitLineItem/UnusedCost": line.unused,
    }


def legacy(lines: Sequence[Line], key: str = "run_id") -> list[dict[str, str]]:
    """As a legacy CUR has them: a column for each tag."""
    return [{**_cur(line), f"resourceTags/user:{key}": line.tag or ""} for line in lines]


def cur2(lines: Sequence[Line], key: str = "user_run_id", column: str = "resource_tags") -> list[dict[str, str]]:
    """As CUR 2.0 has them: tags in a map, which is JSON in CSV."""
    rows = []
    for line in lines:
        tags = {"user_team": "genomics", **({key: line.tag} if line.tag else {})}
        rows.append({**{_snake(name): cell for name, cell in _cur(line).items()}, column: json.dumps(tags)})
    return rows


def focus(lines: Sequence[Line]) -> list[dict[str, str]]:
    """As FOCUS has them."""
    return [
        {
            "BilledCost": line.usd,
            "EffectiveCost": line.effective or line.usd,
            "BillingCurrency": line.currency,
            "BillingPeriodStart": "2026-03-01T00:00:00Z",
            "ChargeCategory": line.kind,
            "ChargePeriodStart": _time(line.hour),
            "ChargePeriodEnd": _time(line.hour + 1),
            "ResourceId": line.resource,
            "Tags": json.dumps({"user:run_id": line.tag} if line.tag else {}),
        }
        for line in lines
    ]


def _snake(name: str) -> str:
    return "".join(f"_{each.lower()}" if each.isupper() else each for each in name.replace("/", "")).lstrip("_")


def write(path: Path, rows: Sequence[Mapping[str, str]]) -> Path:
    """Write rows as CSV, gzip-compressed CSV or Parquet, as the name says; Parquet has numbers, times and maps."""
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.suffix == ".parquet":
        return _parquet(path, rows)
    text = io.StringIO()
    writer = csv.DictWriter(text, list(rows[0]))
    writer.writeheader()
    writer.writerows(rows)
    content = text.getvalue().encode()
    path.write_bytes(gzip.compress(content) if path.suffix == ".gz" else content)
    return path


def _parquet(path: Path, rows: Sequence[Mapping[str, str]]) -> Path:
    kinds = {name: _kind(name) for name in rows[0]}
    with duckdb.connect() as connection:
        connection.execute(f"CREATE TABLE t ({', '.join(f'"{name}" {kind}' for name, kind in kinds.items())})")
        for row in rows:
            cells: list[Any] = [
                json.loads(cell) if kinds[name].startswith("MAP") else cell or None for name, cell in row.items()
            ]
            connection.execute(f"INSERT INTO t VALUES ({', '.join('?' * len(cells))})", cells)
        connection.execute(f"COPY t TO '{path}' (FORMAT parquet)")
    return path


def _kind(name: str) -> str:
    plain = name.lower()
    if plain in {"tags", "resource_tags"}:
        return "MAP(VARCHAR, VARCHAR)"
    if plain.endswith("cost"):
        return "DOUBLE"
    return "TIMESTAMP" if plain.endswith(("date", "start", "end")) else "VARCHAR"
