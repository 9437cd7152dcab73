"""`make check`: every check that needs no running server, side by side, reported in order."""

import os
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
BIN = Path(sys.executable).parent

CHECKS: dict[str, list[str | Path]] = {
    "ruff check": [BIN / "ruff", "check", "."],
    "ruff format": [BIN / "ruff", "format", "--check", "."],
    "templates": [BIN / "djlint", "--lint", "--quiet", "skillswap/templates"],
    "types": [BIN / "mypy"],
    "import contracts": [BIN / "lint-imports", "--no-logo"],
    "migrations": [sys.executable, "-m", "tools.migration_check"],
}


def run(command: list[str | Path]) -> tuple[int, str, float]:
    """Run one check; give its exit code, what it printed, and its seconds."""
    started = time.monotonic()
    done = subprocess.run(
        command,
        cwd=ROOT,
        env=os.environ | {"NO_COLOR": "1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    return done.returncode, done.stdout.strip(), time.monotonic() - started


def main() -> int:
    """Run all, slowest first; 1 when any failed."""
    failed = []
    with ThreadPoolExecutor(max_workers=os.cpu_count()) as pool:
        order = sorted(CHECKS, key=["types", "migrations"].__contains__, reverse=True)
        running = {name: pool.submit(run, CHECKS[name]) for name in order}
        for name in CHECKS:
            code, output, seconds = running[name].result()
            print(f"{'ok    ' if code == 0 else 'FAILED'} {name} ({seconds:.1f} s)", flush=True)
            if code:
                failed.append(name)
                print(output + "\n", flush=True)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
