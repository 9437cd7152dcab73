"""Start a helper program so that it ends with us, and find it a free port."""

import shutil
import socket
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from time import sleep


def tied(command: list[str], *, signal: str, user: str | None = None) -> list[str]:
    """The command, wrapped so that the kernel sends it `signal` when this process dies.

    With `user` it runs as that user (we are root then). Where there is no setpriv the first
    part is left out: the helper then survives a `kill -9` of the tests.
    """
    setpriv = shutil.which("setpriv") if sys.platform == "linux" else None
    if user is None:
        return [setpriv, "--pdeathsig", signal, *command] if setpriv else command
    if setpriv:
        identity = ["--reuid", user, "--regid", user, "--init-groups"]
        return [setpriv, *identity, "--pdeathsig", signal, *command]
    return ["su", user, "-s", "/bin/sh", "-c", 'exec "$0" "$@"', *command]


def free_port() -> int:
    """A loopback port that nobody uses at this moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def wait_until(
    ready: Callable[[], bool], process: subprocess.Popen[bytes], *, log: Path, attempts: int
) -> None:
    """Ask every tenth of a second; fail with the end of the log when it ended or took too long."""
    for _ in range(attempts):
        if process.poll() is not None:
            raise RuntimeError(f"{process.args!r} ended with {process.returncode}:\n{tail(log)}")
        if ready():
            return
        sleep(0.1)
    raise RuntimeError(f"{process.args!r} did not become ready:\n{tail(log)}")


def stop(process: subprocess.Popen[bytes], signal: int, *, seconds: float) -> None:
    """Send `signal`, wait, and kill what is still there."""
    if process.poll() is None:
        process.send_signal(signal)
    try:
        process.wait(seconds)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def tail(log: Path, lines: int = 40) -> str:
    """The last lines of a log."""
    return "\n".join(log.read_text(errors="replace").splitlines()[-lines:])
