"""`make run`: prepare the database, then become the server. `--reload` is `make dev`."""

import os
import socket
import sys
from pathlib import Path

from skillswap import create_app
from skillswap.config import BadSettings, Settings
from tools.prepare import prepare

ROOT = Path(__file__).resolve().parent.parent
SIGN_INS = (
    ("ada", "teaches"),
    ("ben", "learns"),
    ("cy", "a stranger"),
    ("mo", "moderates"),
    ("root", "administers"),
)


def main(arguments: list[str]) -> None:
    """Make everything ready in this process, then replace it by gunicorn."""
    os.chdir(ROOT)
    host, port = os.environ.get("HOST") or "127.0.0.1", os.environ.get("PORT") or "8000"
    refuse_taken_port(host, port)
    os.environ |= {"HOST": host, "PORT": port}
    try:
        settings = Settings.from_env()
        demo = settings.env == "development"
        prepare(create_app(settings), demo=demo)
    except BadSettings as error:
        sys.exit(str(error))
    os.environ |= {"PREPARED": "1", "WELCOME": welcome(settings, demo=demo)}
    os.environ.setdefault("LOG_LEVEL", "info" if "--reload" in arguments else "warning")
    if "--reload" in arguments:
        os.environ.setdefault("FLASK_DEBUG", "1")  # templates are read anew as well
    gunicorn = ["-m", "gunicorn", "--config", "gunicorn.conf.py", *arguments, "wsgi:app"]
    os.execv(sys.executable, [sys.executable, *gunicorn])


def refuse_taken_port(host: str, port: str) -> None:
    """Say so at once, before the work of preparing."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, int(port)))
        except (OSError, ValueError) as error:
            sys.exit(f"Port {port} of {host} cannot be used ({error}). Try: PORT=8001 make run")


def welcome(settings: Settings, *, demo: bool) -> str:
    """What the server prints once it answers."""
    lines = ["", f"  SkillSwap answers at {settings.public_url}   (Ctrl-C stops it)", ""]
    if demo:
        lines += [f"  Sign in with the password {settings.demo_password} as", ""]
        lines += [f"    {username:<6}{what}" for username, what in SIGN_INS]
        lines += ["", "  For the last two a code is asked for as well: make code who=mo", ""]
    return "\n".join(lines)


if __name__ == "__main__":
    main(sys.argv[1:])
