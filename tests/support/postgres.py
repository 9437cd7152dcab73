"""A private PostgreSQL cluster on a free loopback port, gone when the tests are over.

with cluster() as dsn:
    create_engine(dsn)

`python -m tests.support.postgres` starts one and prints its address until Ctrl-C.
"""

import os
import secrets
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import psycopg

from tests.support.processes import free_port, stop, tied, wait_until
from tools.services import find

PREFIX = "skillswap-postgres-"
SETTINGS = {
    "listen_addresses": "127.0.0.1",
    "max_connections": "200",
    "fsync": "off",  # a crash may lose everything: there is nothing to keep
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "max_wal_size": "2GB",
    "timezone": "UTC",
}


@contextmanager
def cluster() -> Iterator[str]:
    """Run a cluster; give the address of its administration database, for SQLAlchemy."""
    initdb = find("postgresql")
    if initdb is None:
        raise RuntimeError("PostgreSQL is absent: python -m tools.services postgresql")
    owner = "postgres" if os.geteuid() == 0 else None  # PostgreSQL refuses to run as root
    remove_abandoned()
    # Not under root's home, where the owner could not go; short, as socket paths have 107 bytes.
    folder = Path(tempfile.mkdtemp(prefix=PREFIX, dir="/tmp"))
    try:
        (folder / "tests.pid").write_text(str(os.getpid()))
        password = secrets.token_hex(16)
        (folder / "password").write_text(password)
        if owner:
            for path in (folder, *folder.iterdir()):
                shutil.chown(path, owner, owner)
        with running(Path(initdb).resolve(), folder, owner, password) as port:
            yield f"postgresql+psycopg://skillswap:{password}@127.0.0.1:{port}/postgres"
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def running(initdb: Path, folder: Path, owner: str | None, password: str) -> Iterator[int]:
    """Make the cluster's files in `folder`, serve them, and stop at the end; give the port."""
    data, log = folder / "data", folder / "log"
    make = [str(initdb), "--pgdata", str(data), "--username", "skillswap", "--encoding", "UTF8"]
    make += ["--locale", "C.UTF-8", "--auth", "password", "--pwfile", str(folder / "password")]
    with log.open("wb") as output:
        made = subprocess.run(
            tied([*make, "--no-sync"], signal="KILL", user=owner),
            cwd=folder,
            stdout=output,
            stderr=output,
            check=False,
        )
    if made.returncode:
        raise RuntimeError(f"initdb failed:\n{log.read_text()}")
    port = free_port()
    serve = [str(initdb.with_name("postgres")), "-D", str(data), "-p", str(port), "-k", str(folder)]
    serve += [word for name, value in SETTINGS.items() for word in ("-c", f"{name}={value}")]
    with log.open("ab") as output:
        process = subprocess.Popen(
            tied(serve, signal="INT", user=owner),
            cwd=folder,
            stdout=output,
            stderr=output,
            start_new_session=True,  # Ctrl-C is for the tests; they stop the cluster
        )
    try:
        wait_until(lambda: answers(port, password), process, log=log, attempts=300)
        yield port
    finally:
        stop(process, signal.SIGINT, seconds=10)  # INT: roll back, disconnect everybody, end


def answers(port: int, password: str) -> bool:
    """Whether the cluster takes connections yet."""
    address = f"host=127.0.0.1 port={port} user=skillswap password={password} dbname=postgres"
    try:
        psycopg.connect(address, connect_timeout=2).close()
    except psycopg.OperationalError:
        return False
    return True


def remove_abandoned() -> None:
    """Delete the folders of clusters whose tests were killed before they could."""
    for folder in Path("/tmp").glob(PREFIX + "*"):
        try:
            os.kill(int((folder / "tests.pid").read_text()), 0)
        except ProcessLookupError:
            shutil.rmtree(folder, ignore_errors=True)
        except (OSError, ValueError):
            continue  # somebody else's, or just being made


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    with suppress(KeyboardInterrupt), cluster() as dsn:
        print(dsn, flush=True)
        signal.pause()
