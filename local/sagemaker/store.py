"""SageMaker's state on disk: one JSON document per resource, in one SQLite file.

SQLite in WAL mode rather than a file per resource: a commit is atomic and survives `kill -9` of the process
(https://www.sqlite.org/wal.html), and the primary key settles which of two concurrent creations wins.
"""

import json
import sqlite3
import threading
from pathlib import Path
from typing import Any

Document = dict[str, Any]


class AlreadyExistsError(Exception):
    """A document of that kind and name is already there."""


class Store:
    """Documents by kind and name. Safe to use from many threads."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._lock = threading.RLock()
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
        rows = self._execute("SELECT document FROM documents WHERE kind = ? AND name = ?", kind, name)
        return json.loads(rows[0][0]) if rows else None

    def all(self, kind: str) -> list[Document]:
        """Every document of a kind, by name."""
        rows = self._execute("SELECT document FROM documents WHERE kind = ? ORDER BY name", kind)
        return [json.loads(row[0]) for row in rows]

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
            self.put(kind, name, document)
            return document

    def delete(self, kind: str, name: str) -> bool:
        """Remove a document; whether it was there."""
        with self._lock:
            found = self.get(kind, name) is not None
            self._execute("DELETE FROM documents WHERE kind = ? AND name = ?", kind, name)
            return found

    def close(self) -> None:
        """Close the file."""
        with self._lock:
            self._connection.close()

    def _execute(self, statement: str, *values: str) -> list[tuple[str, ...]]:
        with self._lock:
            return self._connection.execute(statement, values).fetchall()
