"""What readers yielded, as runs and reasons."""

import json
from collections.abc import Iterable

from contract.runs import Run
from runquote.readers.base import Rejected, Row


def runs(rows: Iterable[Row | Rejected]) -> list[Run]:
    taken = list(rows)
    assert all(isinstance(row, Row) for row in taken), taken
    return [Run.model_validate_json(json.dumps(row.run)) for row in taken if isinstance(row, Row)]


def rejections(rows: Iterable[Row | Rejected]) -> list[str]:
    return [row.reason for row in rows if isinstance(row, Rejected)]
