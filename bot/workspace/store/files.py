"""Uploaded files: bytes in `DIR/files/ID`, what is known about them in a row."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from bot.workspace.store.database import Database
from bot.workspace.types import Json

FileState = Literal["asked", "uploaded", "complete", "deleted"]


@dataclass(frozen=True, slots=True)
class StoredFile:
    """A file: asked for, uploaded, completed or deleted; `length` in bytes as announced."""

    id: str
    state: FileState
    length: int
    body: Json


class FileStore:
    """Rows and bytes of files."""

    def __init__(self, database: Database, folder: Path) -> None:
        self._database = database
        self._folder = folder
        folder.mkdir(parents=True, exist_ok=True)

    def path(self, file_id: str) -> Path:
        """Where the bytes are."""
        return self._folder / file_id

    def add(self, file: StoredFile) -> None:
        """Notes a file that is going to be uploaded."""
        self._database.run(
            "INSERT INTO files VALUES (?,?,?,?)",
            (file.id, file.state, file.length, json.dumps(file.body)),
        )

    def change(self, file_id: str, state: FileState, body: Json) -> None:
        """Writes the state and what is known."""
        self._database.run(
            "UPDATE files SET state=?, body=? WHERE id=?", (state, json.dumps(body), file_id)
        )

    def get(self, file_id: str) -> StoredFile | None:
        """The file, or None."""
        row = self._database.one("SELECT id, state, length, body FROM files WHERE id=?", (file_id,))
        return StoredFile(row[0], row[1], row[2], json.loads(row[3])) if row else None

    def remove(self, file_id: str, body: Json) -> None:
        """Deletes the bytes; that there was such a file stays known."""
        self.change(file_id, "deleted", body)
        self.path(file_id).unlink(missing_ok=True)

    def forget_bytes(self) -> None:
        """Deletes the bytes of every file."""
        for path in self._folder.iterdir():
            path.unlink()
