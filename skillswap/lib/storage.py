"""Where do files lie? A folder for now; a bucket would answer the same four calls."""

from __future__ import annotations

import os
import re
import secrets
from collections.abc import Iterator
from pathlib import Path

NAME = re.compile(r"[A-Za-z0-9_-]{1,64}\.[a-z0-9]{1,8}")


class Folder:
    """Files in one folder. A name is plain letters and an ending; anything else is a KeyError."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def put(self, name: str, data: bytes) -> None:
        """Write the whole file or none of it. It survives a power cut once this returns.

        Raises OSError when there is no room, or no right to write.
        """
        target = self._place(name)
        self.path.mkdir(parents=True, exist_ok=True)
        part = self.path / f".{secrets.token_hex(8)}.part"
        try:
            with part.open("xb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            part.replace(target)
        except BaseException:
            part.unlink(missing_ok=True)
            raise
        self._sync()

    def get(self, name: str) -> bytes:
        """The file's bytes. Raises KeyError when there is none of that name."""
        try:
            return self._place(name).read_bytes()
        except FileNotFoundError:
            raise KeyError(name) from None

    def delete(self, name: str) -> None:
        """Remove the file. One that is gone already is no error."""
        self._place(name).unlink(missing_ok=True)

    def names(self) -> Iterator[str]:
        """Every file kept here, in no order; half-written ones are not among them."""
        if self.path.is_dir():
            yield from (entry.name for entry in self.path.iterdir() if NAME.fullmatch(entry.name))

    def _place(self, name: str) -> Path:
        if not NAME.fullmatch(name):
            raise KeyError(name)
        return self.path / name

    def _sync(self) -> None:
        """The folder's own entry, too, must reach the disk."""
        handle = os.open(self.path, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
