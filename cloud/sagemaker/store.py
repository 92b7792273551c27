"""SageMaker's state on disk: one JSON document per resource, in one SQLite file.

SQLite in WAL mode rather than a file per resource: a commit is atomic and survives `kill -9` of the process
(https://www.sqlite.org/wal.html), and the primary key settles which of two concurrent creations wins.

Where the disk is full nothing new is taken, but what becomes of what is there (a job that ended) is not forgotten: it
is known at once and written as soon as the disk takes it.
"""

import json
import logging
import sqlite3
import threading
from pathlib import Path
from typing import Any

Document = dict[str, Any]
_logger = logging.getLogger(__name__)


class AlreadyExistsError(Exception):
    """A document of that kind and name is already there."""


class Store:
    """Documents by kind and name. Safe to use from many threads."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._lock = threading.RLock()
        self._unwritten: dict[tuple[str, str], Document] = {}
        self._connection = sqlite3.connect(path, check_same_thread=False, isolation_level=None)
        self._connection.execute("PRAGMA journal_mode=WAL")
        self._connection.execute("PRAGMA synchronous=NORMAL")
        self._connection.execute(
            "CREATE TABLE IF NOT EXISTS documents"
            " (kind TEXT, name TEXT, document TEXT NOT NULL, PRIMARY KEY (kind, name)) WITHOUT ROWID"
        )

    def insert(self, kind: str, name: str, document: Document) -> None:
        """Add a document; AlreadyExistsError when the name is taken."""
        try:
            self._execute("INSERT INTO documents VALUES (?, ?, ?)", kind, name, json.dumps(document))
        except sqlite3.IntegrityError:
            raise AlreadyExistsError(f"{kind} {name}") from None

    def get(self, kind: str, name: str) -> Document | None:
        """The document, or None."""
        with self._lock:
            self._write_what_is_due()
            if (kind, name) in self._unwritten:
                return dict(self._unwritten[kind, name])
            rows = self._execute("SELECT document FROM documents WHERE kind = ? AND name = ?", kind, name)
            return json.loads(rows[0][0]) if rows else None

    def all(self, kind: str) -> list[Document]:
        """Every document of a kind, by name."""
        with self._lock:
            self._write_what_is_due()
            rows = self._execute("SELECT name, document FROM documents WHERE kind = ? ORDER BY name", kind)
            return [self._unwritten.get((kind, name)) or json.loads(document) for name, document in rows]

    def put(self, kind: str, name: str, document: Document) -> None:
        """Add the document or replace the one that is there."""
        self._execute("INSERT OR REPLACE INTO documents VALUES (?, ?, ?)", kind, name, json.dumps(document))

    def update(self, kind: str, name: str, changes: Document) -> Document | None:
        """Set members of a document (None removes one); the new document, or None when there is none."""
        with self._lock:
            document = self.get(kind, name)
            if document is None:
                return None
            document = {key: value for key, value in (document | changes).items() if value is not None}
            self._unwritten[kind, name] = document
            self._write_what_is_due()
            return document

    def delete(self, kind: str, name: str) -> bool:
        """Remove a document; whether it was there."""
        with self._lock:
            found = self.get(kind, name) is not None
            self._execute("DELETE FROM documents WHERE kind = ? AND name = ?", kind, name)
            self._unwritten.pop((kind, name), None)
            return found

    def close(self) -> None:
        """Close the file."""
        with self._lock:
            self._connection.close()

    def _write_what_is_due(self) -> None:
        """Write what the disk did not take before; what it still does not take stays due."""
        for (kind, name), document in list(self._unwritten.items()):
            try:
                self.put(kind, name, document)
            except sqlite3.OperationalError as error:
                _logger.error("The state of %s %s cannot be written: %s", kind, name, error)  # noqa: TRY400 - no fault of ours
                return
            self._unwritten.pop((kind, name), None)

    def _execute(self, statement: str, *values: str) -> list[tuple[str, ...]]:
        with self._lock:
            return self._connection.execute(statement, values).fetchall()
