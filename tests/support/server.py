"""The real server, as in production: gunicorn with its one gevent worker, in its own process.

with server({"DATABASE_URL": url}) as site:
    urlopen(site.url + "/healthz")
"""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple
from urllib.error import URLError
from urllib.request import urlopen

from tests.support.processes import free_port, stop, tail, tied, wait_until

ROOT = Path(__file__).resolve().parent.parent.parent
ARTIFACTS = ROOT / "tests" / ".artifacts"


class Site(NamedTuple):
    """A running server: its address, its process, and the file that holds what it printed."""

    url: str
    process: "subprocess.Popen[bytes]"
    log: Path

    def printed(self) -> str:
        """The end of what it printed, for the message of a failing test."""
        return tail(self.log)


@contextmanager
def server(
    env: Mapping[str, str],
    *,
    migrated: bool = True,
    app: str = "wsgi:app",
    port: int | None = None,
) -> Iterator[Site]:
    """Serve the app on a free port, or on this one, with these settings until the block ends.

    The database of `env` is taken as it is; with `migrated=False` a SQLite one is migrated first,
    as in production.
    """
    port = port or free_port()
    url = f"http://127.0.0.1:{port}"
    ARTIFACTS.mkdir(exist_ok=True)
    log = ARTIFACTS / f"server-{port}.log"
    settings = {"HOST": "127.0.0.1", "PORT": str(port), "PUBLIC_URL": url, "WEB_CONCURRENCY": "1"}
    settings |= {"PREPARED": "1" if migrated else "0", "WELCOME": "", **env}
    command = [sys.executable, "-m", "gunicorn", "--config", "gunicorn.conf.py", app]
    with log.open("wb") as output:
        process = subprocess.Popen(
            tied(command, signal="TERM"),
            cwd=ROOT,
            env=os.environ | settings,
            stdout=output,
            stderr=output,
            start_new_session=True,
        )
    try:
        wait_until(lambda: healthy(url), process, log=log, attempts=300)
        yield Site(url, process, log)
    finally:
        stop(process, signal.SIGTERM, seconds=10)


def healthy(url: str) -> bool:
    """Whether the health page answers 200 yet."""
    try:
        with urlopen(url + "/healthz", timeout=5) as answer:
            return bool(answer.status == 200)
    except (URLError, ConnectionError, TimeoutError):
        return False
