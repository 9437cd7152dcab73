"""A real S3 endpoint on a free loopback port: stopped and started again at will.

with s3_server() as there:
    Settings.from_env({"MEDIA_URL": there.url, …})
"""

from __future__ import annotations

import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.error import URLError
from urllib.request import Request, urlopen

from tests.support.processes import free_port, stop, tied, wait_until

BUCKET = "pictures"


class S3Server:
    """One endpoint with one bucket, which it forgets when it stops."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.port = folder, free_port()
        self.url = f"s3://key:secret@127.0.0.1:{self.port}/{BUCKET}?region=us-east-1&tls=never"
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Begin to answer, with an empty bucket."""
        log = self.folder / "log"
        command = [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(self.port)]
        with log.open("ab") as output:
            self.process = subprocess.Popen(
                tied(command, signal="KILL"), stdout=output, stderr=output, start_new_session=True
            )
        wait_until(self.has_bucket, self.process, log=log, attempts=300)

    def has_bucket(self) -> bool:
        """Make the bucket; whether that went well."""
        address = f"http://127.0.0.1:{self.port}/{BUCKET}"
        try:
            with urlopen(Request(address, method="PUT"), timeout=5) as answer:
                return bool(answer.status == 200)
        except (URLError, OSError):
            return False

    def stop(self) -> None:
        """End at once."""
        if self.process is not None:
            stop(self.process, signal.SIGKILL, seconds=10)
            self.process = None


@contextmanager
def s3_server() -> Iterator[S3Server]:
    """Run one until the block ends."""
    with tempfile.TemporaryDirectory(prefix="skillswap-s3-") as folder:
        made = S3Server(Path(folder))
        made.start()
        try:
            yield made
        finally:
            made.stop()
