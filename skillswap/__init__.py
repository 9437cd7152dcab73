"""SkillSwap: people teach each other, one to one, for free."""

from __future__ import annotations

from flask import Flask

from skillswap.config import Settings
from skillswap.lib.i18n import gettext, ngettext

__version__ = "0.1.0"


def create_app(settings: Settings | None = None) -> Flask:
    """The application: a list of calls, read from top to bottom."""
    from skillswap import (
        assets,
        blueprints,
        cli,
        db,
        extensions,
        live,
        security,
        template_tools,
        web,
    )

    settings = settings or Settings.from_env()
    storage = settings.storage()
    app = Flask(__name__, static_folder=None)
    app.config.update(
        SETTINGS=settings,
        TESTING=settings.env == "test",
        SECRET_KEY=settings.secret_key,
        SECRET_KEY_FALLBACKS=list(settings.secret_key_fallbacks),
        SQLALCHEMY_DATABASE_URI=settings.database_url,
        SQLALCHEMY_ENGINE_OPTIONS=db.engine_options(settings.database_url)
        | {
            "execution_options": {
                "channels": settings.channels,
                "providers": settings.providers,
                "link_hosts": settings.link_hosts,
                "files": storage,
                "vault": settings.vault(storage),
            }
        },
        RATELIMIT_ENABLED=settings.flood_limits,
    )
    app.jinja_env.add_extension("jinja2.ext.i18n")
    app.jinja_env.install_gettext_callables(gettext, ngettext, newstyle=True)  # type: ignore[attr-defined]
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    security.init_security(app, settings)
    db.init_db(app)
    extensions.init_extensions(app, settings)
    assets.init_assets(app)
    template_tools.init_templates(app)
    web.init_web(app)
    blueprints.register(app)
    live.init_live(app, settings)
    cli.register(app)
    return app
