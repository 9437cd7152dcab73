"""Fail when the models ask for something that no migration makes.

Walks an empty SQLite database to the newest migration and lets Alembic compare the two.
"""

import os
import tempfile


def main() -> None:
    """Upgrade a throw-away database, then compare it with the models."""
    with tempfile.TemporaryDirectory(prefix="skillswap-check-") as folder:
        os.environ |= {
            "SKILLSWAP_ENV": "test",
            "INSTANCE_PATH": folder,
            "DATABASE_URL": f"sqlite:///{folder}/check.sqlite3",
        }
        from skillswap import create_app  # both read the environment set above
        from tools.prepare import command

        app = create_app()
        command(app, "db", "upgrade")
        command(app, "db", "check")


if __name__ == "__main__":
    main()
