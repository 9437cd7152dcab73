"""The door for gunicorn and for the `flask` command: one app from the environment."""

from skillswap import create_app

app = create_app()
