"""How SkillSwap is served: one process, one gevent worker, pages and sockets side by side.

Nothing of `skillswap` may be imported here: this file runs before gevent replaces the
blocking parts of the standard library, and what is imported earlier keeps the blocking ones.
"""

import os
import re
import resource
import signal
import subprocess
import sys
from pathlib import Path

import gevent
from gunicorn.glogging import Logger

HOST = os.environ.get("HOST", "127.0.0.1")
PORT = os.environ.get("PORT", "8000")

bind = f"[{HOST}]:{PORT}" if ":" in HOST else f"{HOST}:{PORT}"
worker_class = "gevent"
workers = int(os.environ.get("WEB_CONCURRENCY") or 1)
sockets = int(os.environ.get("LIVE_SOCKETS") or 5000)
worker_connections = sockets + 1000  # those, which the app itself caps, and room for pages
backlog = 2048
keepalive = 95  # longer than a platform router's 90 s, so that it never meets a closed connection
timeout = 30
graceful_timeout = 20  # shorter than the 30 s after which platforms kill
control_socket_disable = True
worker_tmp_dir = "/dev/shm" if os.path.isdir("/dev/shm") else None  # noqa: S108  no disk in the heartbeat
accesslog = os.environ.get("ACCESS_LOG") or None  # "-" prints one line a request
loglevel = os.environ.get("LOG_LEVEL", "info")

if workers > 1 and not os.environ.get("REDIS_URL"):
    sys.exit(
        f"WEB_CONCURRENCY is {workers}, but without REDIS_URL each process would only hear its "
        "own half of every chat. Set REDIS_URL, or WEB_CONCURRENCY=1."
    )


class Discreet(Logger):
    """An access log without the tokens of mailed links: whoever reads it could use them."""

    def atoms(self, resp, req, environ, request_time):
        said = super().atoms(resp, req, environ, request_time)
        return said | {name: TOKEN.sub("*", said[name] or "") for name in "rUqf"}


TOKEN = re.compile(r"[\w.-]{40,}")
logger_class = Discreet

idle: "set[Waiting]" = set()


class Waiting(gevent.Timeout):
    """The wait of one kept-alive connection for its next request.

    Without this a stop takes the whole graceful_timeout as soon as one browser is connected,
    since gunicorn waits for idle connections as it does for requests.
    """

    def __enter__(self):
        self.greenlet = gevent.getcurrent()
        idle.add(self)
        return super().__enter__()

    def __exit__(self, kind, value, traceback):
        idle.discard(self)
        return super().__exit__(kind, value, traceback)


def on_starting(server):
    """Bring a SQLite database to the newest migration: no release step can reach its disk."""
    database = os.environ.get("DATABASE_URL", "sqlite:")
    if database.startswith("sqlite") and os.environ.get("PREPARED") != "1":
        root = Path(__file__).resolve().parent
        if subprocess.run([sys.executable, "-m", "tools.prepare"], cwd=root).returncode:
            sys.exit("The database could not be prepared; the lines above say why.")


def when_ready(server):
    """Under `make run`, end with the terminal: gunicorn takes its hang-up for a wish to reload."""
    if os.environ.get("WELCOME"):
        signal.signal(signal.SIGHUP, lambda *_: os.kill(os.getpid(), signal.SIGTERM))


def post_worker_init(worker):
    """The app is loaded: open the live part, watch for the stop, and say where the page is."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches the master too, and it tells us
    worker.timeout_ctx = lambda: Waiting(worker.cfg.keepalive, False)
    allow_files(worker_connections + 200)
    gevent.spawn(drain, worker, background(worker.wsgi))
    if worker.age == 1 and os.environ.get("WELCOME"):
        print(os.environ["WELCOME"], flush=True)


def allow_files(number):
    """Each connection is an open file; many systems allow 1,024 until asked."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard != resource.RLIM_INFINITY:
        number = min(number, hard)
    if soft != resource.RLIM_INFINITY and soft < number:
        resource.setrlimit(resource.RLIMIT_NOFILE, (number, hard))


def background(app):
    """Start the sockets and what is due beside the pages; returns what stops them."""
    import threading  # gevent's by now, as everything the worker uses

    stop, settings = threading.Event(), app.config.get("SETTINGS")
    if not settings:  # an app of the benchmarks, to compare with
        return stop.set
    from skillswap import live, worker

    live.start(app)
    gevent.spawn(worker.run if settings.embedded_worker else worker.keep_noted, app, stop)

    def end():
        stop.set()
        gevent.spawn(live.drain)

    return end


def drain(worker, stop):
    """Once the worker stops, end the connections on which no request is under way."""
    while worker.alive:
        gevent.sleep(0.25)
    stop()
    while True:
        for wait in list(idle):
            wait.greenlet.kill(wait, block=False)
        gevent.sleep(0.25)


def post_request(worker, req, environ, resp):
    """Let the others go first: a busy kept-alive client would otherwise never yield."""
    gevent.sleep(0)
