"""See that the programs of the test suite are on this machine: PostgreSQL, Chromium, Redis.

`python -m tools.services postgresql chromium` installs what is absent on Debian and Ubuntu
when it may (as root), and elsewhere says what to install. Nothing is started here.
"""

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterable
from glob import glob
from typing import NamedTuple


class Service(NamedTuple):
    """One program: how it is called, where else to look, and the Debian package it comes in."""

    names: tuple[str, ...]
    places: str
    package: str
    advice: str


SERVICES = {
    "postgresql": Service(
        ("initdb",),
        "/usr/lib/postgresql/*/bin/initdb",
        "postgresql",
        "PostgreSQL 14 or newer, with initdb on the PATH",
    ),
    "chromium": Service(
        ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable"),
        "/Applications/*/Contents/MacOS/*Chrom*",
        "chromium",
        "Chromium or Chrome (CHROMIUM=/path/to/it when it is not on the PATH)",
    ),
    "redis": Service(
        ("redis-server", "valkey-server"),
        "",
        "redis-server",
        "Redis 6 or newer, with redis-server on the PATH",
    ),
}


def find(name: str) -> str | None:
    """The path of a service's program, or None; NAME in capitals in the environment decides."""
    service = SERVICES[name]
    if given := os.environ.get(name.upper()):
        return shutil.which(given)
    for program in service.names:
        if path := shutil.which(program):
            return path
    found = sorted(glob(service.places), key=version_in) if service.places else []
    return found[-1] if found else None


def version_in(path: str) -> float:
    """The first number among the folders of a path, so that 15 comes after 9."""
    return next((float(part) for part in path.split("/") if part.replace(".", "", 1).isdigit()), 0)


def ensure(names: Iterable[str]) -> None:
    """Install what is absent, or say what to install and exit with 1."""
    absent = [name for name in names if find(name) is None]
    if absent and shutil.which("apt-get") and os.geteuid() == 0:
        install([SERVICES[name].package for name in absent])
        absent = [name for name in absent if find(name) is None]
    if absent:
        packages = " ".join(SERVICES[name].package for name in absent)
        print("These programs are needed and were not found:", file=sys.stderr)
        for name in absent:
            print(f"  - {SERVICES[name].advice}", file=sys.stderr)
        print(f"On Debian and Ubuntu: sudo apt-get install {packages}", file=sys.stderr)
        sys.exit(1)


def install(packages: list[str]) -> None:
    """Install Debian packages; wait for another installation that is under way."""
    print(f"Installing {' '.join(packages)} ...", flush=True)
    apt = ["apt-get", "--quiet", "--quiet", "--option", "DPkg::Lock::Timeout=300"]
    environment = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
    for _ in range(5):  # the lock of the package lists has no waiting option
        if subprocess.run([*apt, "update"], env=environment, check=False).returncode == 0:
            break
        time.sleep(10)
    command = [*apt, "install", "--yes", "--no-install-recommends", *packages]
    subprocess.run(command, env=environment, stdout=subprocess.DEVNULL, check=False)


if __name__ == "__main__":
    ensure(sys.argv[1:] or ["postgresql", "chromium"])
