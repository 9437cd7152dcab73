"""`make test`: the suite on SQLite, what touches the database again on PostgreSQL, then Chromium.

With a path, only that, without parallelism, on the database named by `--database`.
"""

import argparse
import os
import subprocess
import sys
import time
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path

from tests.support.postgres import cluster
from tools.services import ensure

ROOT = Path(__file__).resolve().parent.parent
BROWSER = "tests/browser"
ON_BOTH = ("tests/db", "tests/domain", "tests/web", "tests/race", "tests/migrations", "tests/live")
PARALLEL = ("-n", "2", "--dist", "worksteal")


def main() -> int:
    """Run what was asked for; 1 when any part failed."""
    options = argparse.ArgumentParser(description="Run the test suite.")
    options.add_argument("paths", nargs="*", help="only these, one after the other")
    options.add_argument("--database", choices=("sqlite", "postgresql"), default="sqlite")
    options.add_argument("--races", action="store_true", help="only the races, on both databases")
    chosen = options.parse_args()
    os.chdir(ROOT)
    with ExitStack() as stack:
        if chosen.paths:
            browser = any(path.startswith(BROWSER) for path in chosen.paths)
            ensure(["chromium"] if browser else [])
            database = postgresql(stack) if chosen.database == "postgresql" else {}
            return pytest(*chosen.paths, env=database)
        if chosen.races:
            return everything(stack, whole=["tests/race"], both=["tests/race"], browser=[])
        ensure(["postgresql", "chromium", "redis"])
        both = [path for path in ON_BOTH if Path(path).is_dir()]
        whole = ["tests", f"--ignore={BROWSER}"]
        return everything(stack, whole=whole, both=both, browser=[BROWSER])


def everything(
    stack: ExitStack, *, whole: Sequence[str], both: Sequence[str], browser: Sequence[str]
) -> int:
    """The three parts, each run even when an earlier one failed."""
    failed = part("SQLite", pytest(*PARALLEL, *whole))
    failed |= part("PostgreSQL", pytest(*PARALLEL, *both, env=postgresql(stack)))
    if browser:
        # once more where it failed, and both are printed: docs/decisions/0039
        twice = ("-n", "2", "--dist", "loadfile", "--reruns", "1")
        failed |= part("Chromium", pytest(*twice, *browser))
    return failed


def postgresql(stack: ExitStack) -> dict[str, str]:
    """Start the private cluster, to be stopped with `stack`, and say so to the tests."""
    ensure(["postgresql"])
    return {"TEST_DATABASE": "postgresql", "TEST_DATABASE_URL": stack.enter_context(cluster())}


def pytest(*arguments: str, env: dict[str, str] | None = None) -> int:
    """Run pytest in a process of its own; give its exit code."""
    name = (env or {}).get("TEST_DATABASE", "sqlite")
    print(f"\n=== {name}: pytest {' '.join(arguments)}", flush=True)
    environment = os.environ | {"TEST_DATABASE": "sqlite"} | (env or {})
    command = [sys.executable, "-m", "pytest", *arguments]
    started = time.monotonic()
    code = subprocess.run(command, env=environment, check=False).returncode
    print(f"--- {time.monotonic() - started:.0f} s", flush=True)
    return code


def part(name: str, code: int) -> int:
    """Say which part failed, since its lines may be far up by the end."""
    if code:
        print(f"--- {name}: FAILED (exit code {code})", flush=True)
    return int(code != 0)


if __name__ == "__main__":
    sys.exit(main())
