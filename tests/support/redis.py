"""A private Redis on a free loopback port: stopped, emptied and started again at will.

with redis_server() as redis:
    Redis.from_url(redis.url)
"""

from __future__ import annotations

import signal
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from redis import Redis
from redis.exceptions import RedisError

from tests.support.processes import free_port, stop, tied, wait_until
from tools.services import find


class RedisServer:
    """One Redis that keeps nothing on a disk."""

    def __init__(self, program: str, folder: Path) -> None:
        self.program, self.folder, self.port = program, folder, free_port()
        self.url = f"redis://127.0.0.1:{self.port}/0"
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Begin to answer, at the same address as before."""
        log = self.folder / "log"
        command = [self.program, "--port", str(self.port), "--bind", "127.0.0.1", "--save", ""]
        command += ["--appendonly", "no", "--dir", str(self.folder)]
        with log.open("ab") as output:
            self.process = subprocess.Popen(
                tied(command, signal="TERM"), stdout=output, stderr=output, start_new_session=True
            )
        wait_until(self.answers, self.process, log=log, attempts=100)

    def answers(self) -> bool:
        """Whether it answers."""
        try:
            with Redis.from_url(self.url, socket_timeout=2) as client:
                return bool(client.ping())
        except (RedisError, OSError):
            return False

    def stop(self) -> None:
        """End at once, with everything it held."""
        if self.process is not None:
            stop(self.process, signal.SIGKILL, seconds=10)
            self.process = None

    def flush(self) -> None:
        """Forget everything it holds."""
        with Redis.from_url(self.url, socket_timeout=2) as client:
            client.flushall()


@contextmanager
def redis_server() -> Iterator[RedisServer]:
    """Run one until the block ends."""
    program = find("redis")
    if program is None:
        raise RuntimeError("Redis is absent: python -m tools.services redis")
    with tempfile.TemporaryDirectory(prefix="skillswap-redis-") as folder:
        made = RedisServer(program, Path(folder))
        made.start()
        try:
            yield made
        finally:
            made.stop()
