"""Where Chromium is, and how it is started in a test."""

from tools.services import find

# Root may not use Chromium's sandbox; the others keep it from calling its maker's hosts, which
# would be console errors on a machine without them.
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-dev-shm-usage",
]


def chromium() -> str:
    """The path of the machine's Chromium, for Playwright's `executable_path`."""
    path = find("chromium")
    if path is None:
        raise RuntimeError("Chromium is absent: python -m tools.services chromium")
    return path
