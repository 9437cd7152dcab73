"""Where do files lie? In a folder, or in a bucket (lib/bucket.py), which answers the same calls."""

from __future__ import annotations

import heapq
import os
import re
import secrets
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Protocol

from skillswap.lib.offload import off_the_loop

NAME = re.compile(r"[A-Za-z0-9_-]{1,64}\.[a-z0-9]{1,8}")
PART = re.compile(r"\.[0-9a-f]{16}\.part")
FULL_AT = 90  # per cent of the disk: what is left is for the database


@dataclass(frozen=True, slots=True)
class Stored:
    """A file that is kept, and since when."""

    name: str
    at: datetime


class Storage(Protocol):
    """Where files lie. A name is plain letters and an ending; anything else is a KeyError.

    Every call may take a while and lets others run meanwhile; none belongs between the first
    write of a transaction and its end. Each raises OSError when the place does not answer.
    """

    def put(self, name: str, data: bytes) -> None:
        """Keep the whole file or none of it; once this returns it survives a power cut."""

    def get(self, name: str) -> bytes:
        """The file's bytes. Raises KeyError when there is none of that name."""

    def delete(self, name: str) -> None:
        """Remove the file. One that is gone already is no error."""

    def names(self) -> Iterator[str]:
        """Every file kept here, in no order; half-written ones are not among them."""

    def listed(self, after: str, limit: int) -> list[Stored]:
        """The next so many files by their names, also what was left half-written."""

    def is_full(self) -> bool:
        """Whether nothing more should be kept here."""

    @property
    def words(self) -> str:
        """Where that is, for whoever runs the place; no secret is in it."""


class Folder:
    """Files in one folder."""

    def __init__(self, path: Path, full_at: int = FULL_AT) -> None:
        self.path, self.full_at = path, full_at

    def put(self, name: str, data: bytes) -> None:
        """Write beside its place, then move there. Raises OSError without room or right."""
        off_the_loop(self._write, self._place(name), data)

    def get(self, name: str) -> bytes:
        """The file's bytes. Raises KeyError when there is none of that name."""
        try:
            data: bytes = off_the_loop(self._place(name).read_bytes)
        except FileNotFoundError:
            raise KeyError(name) from None
        return data

    def delete(self, name: str) -> None:
        """Remove the file. One that is gone already is no error."""
        place = self.path / name if PART.fullmatch(name) else self._place(name)
        place.unlink(missing_ok=True)

    def names(self) -> Iterator[str]:
        """Every file kept here, in no order; half-written ones are not among them."""
        if self.path.is_dir():
            yield from (entry.name for entry in self.path.iterdir() if NAME.fullmatch(entry.name))

    def listed(self, after: str, limit: int) -> list[Stored]:
        """The next so many files by their names, also what was left half-written."""
        found: list[Stored] = off_the_loop(self._listed, after, limit)
        return found

    def is_full(self) -> bool:
        """Whether the disk is fuller than 90 per cent, or as much as was said."""
        here = next((one for one in (self.path, *self.path.parents) if one.is_dir()), Path("/"))
        disk = shutil.disk_usage(here)
        return disk.used * 100 > self.full_at * (disk.used + disk.free)

    @property
    def words(self) -> str:
        """Where that is."""
        return f"the folder {self.path}"

    def _write(self, target: Path, data: bytes) -> None:
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

    def _listed(self, after: str, limit: int) -> list[Stored]:
        if not self.path.is_dir():
            return []
        names = (name for name in os.listdir(self.path) if name > after)
        ours = (name for name in names if NAME.fullmatch(name) or PART.fullmatch(name))
        return [
            Stored(name, datetime.fromtimestamp(changed, UTC))
            for name in heapq.nsmallest(limit, ours)
            if (changed := self._changed(name)) is not None
        ]

    def _changed(self, name: str) -> float | None:
        try:
            return (self.path / name).stat().st_mtime
        except FileNotFoundError:  # gone meanwhile
            return None

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
