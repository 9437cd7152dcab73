"""Make .venv and install the pinned requirements, but only when a list has changed.

Runs on the machine's own Python, before anything is installed: standard library only.
"""

import hashlib
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"


def ensure_venv() -> None:
    """Make .venv when it is absent, or when its Python has gone from the machine."""
    if PYTHON.exists() and PYTHON.with_name("pip").exists():
        return
    version = f"{sys.version_info.major}.{sys.version_info.minor}"
    if find_spec("ensurepip") is None:
        sys.exit(
            f"Python {version} on this machine cannot make a virtual environment.\n"
            f"On Debian and Ubuntu: sudo apt-get install python{version}-venv"
        )
    print(f"Making .venv with Python {version} ...", flush=True)
    subprocess.run([sys.executable, "-m", "venv", "--clear", VENV], check=True)


def ensure_installed(names: list[str]) -> None:
    """Install those lists whose checksum is not the one noted at the last installation."""
    stale = [name for name in names if stamp(name).read_text() != digest(name)]
    if not stale:
        return
    print(f"Installing {' and '.join(stale)} ...", flush=True)
    lists = [argument for name in stale for argument in ("-r", str(ROOT / name))]
    pip = [str(PYTHON), "-m", "pip", "install", "-qq", "--disable-pip-version-check"]
    if subprocess.run([*pip, *lists], check=False).returncode:
        sys.exit("The packages could not be installed; the lines above say why.")
    for name in stale:
        stamp(name).write_text(digest(name))


def stamp(name: str) -> Path:
    """Where the checksum of an installed list is noted."""
    path = VENV / f".installed-{name}"
    path.touch()
    return path


def digest(name: str) -> str:
    """The checksum of a requirements list."""
    return hashlib.sha256((ROOT / name).read_bytes()).hexdigest()


if __name__ == "__main__":
    ensure_venv()
    ensure_installed(sys.argv[1:])
