"""Which settings does this process run with? Read once from the environment, typed, frozen."""

from __future__ import annotations

import os
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from email.errors import HeaderParseError
from email.headerregistry import Address
from email.utils import parseaddr
from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit

from skillswap.lib.bucket import Bucket, BucketAddress
from skillswap.lib.mail import MailServer
from skillswap.lib.meeting import KNOWN_HOSTS as LINK_HOSTS
from skillswap.lib.meeting import GoogleAccount, ZoomAccount
from skillswap.lib.push import KNOWN_HOSTS, PushKey
from skillswap.lib.storage import FULL_AT, Folder, Storage
from skillswap.lib.vault import Vault

ROOT = Path(__file__).resolve().parent.parent
LEAST_SECRET = 32
WEAK_SECRETS = ("dev", "secret", "changeme", "change-me", "password", "skillswap")
LOCAL_HOSTS = ("localhost", "127.0.0.1", "[::1]")


class BadSettings(RuntimeError):
    """The environment cannot be run with; the message says what to set."""


@dataclass(frozen=True, slots=True)
class Settings:
    """Everything the environment decides."""

    env: Literal["development", "test", "production"]
    secret_key: str
    secret_key_fallbacks: tuple[str, ...]
    document_keys: tuple[str, ...]  # the first seals, all open; none: no documents are taken
    database_url: str
    public_url: str
    redis_url: str
    live_sockets: int
    media_folder: Path
    media_bucket: BucketAddress | None
    disk_full_at: int
    proxy_hops: int
    sql_count: bool
    flood_limits: bool
    jitsi_url: str
    demo_password: str
    smtp: MailServer | None
    mail_from: Address
    embedded_worker: bool
    vapid_private_key: str
    push_hosts: tuple[str, ...]
    zoom: ZoomAccount | None
    google: GoogleAccount | None
    meeting_hosts: tuple[str, ...]
    meeting_timeout: float

    @property
    def production(self) -> bool:
        """Whether strangers use this."""
        return self.env == "production"

    @property
    def secure(self) -> bool:
        """Whether people reach it over https."""
        return self.public_url.startswith("https://")

    @property
    def sends_mail(self) -> bool:
        """Whether people may wait for a mail; without a server only production has none."""
        return self.smtp is not None or not self.production

    @property
    def keeps_mail(self) -> bool:
        """Whether mails stay here, to be read at /dev/mail."""
        return self.smtp is None and not self.production

    @property
    def channels(self) -> frozenset[str]:
        """By what people can be told of something outside the app."""
        mail = {"email", "digest"} if self.sends_mail else set()
        return frozenset(mail | ({"push"} if self.vapid_private_key else set()))

    @property
    def providers(self) -> frozenset[str]:
        """The video services that make meetings for us, by their kind of place."""
        return frozenset(({"zoom"} if self.zoom else set()) | ({"meet"} if self.google else set()))

    @property
    def link_hosts(self) -> tuple[str, ...]:
        """Where people's own links may lead."""
        own = urlsplit(self.jitsi_url).hostname
        return (*LINK_HOSTS, *self.meeting_hosts, *([own] if own else []))

    def storage(self) -> Storage:
        """Where this process keeps people's files."""
        if self.media_bucket is not None:
            return Bucket(self.media_bucket)
        return Folder(self.media_folder, self.disk_full_at)

    def vault(self, storage: Storage) -> Vault | None:
        """Where this process keeps people's documents, sealed; None when no key is given."""
        return Vault(storage, *self.document_keys) if self.document_keys else None

    @property
    def push_key(self) -> PushKey | None:
        """The key by which push services know this place; without one there is no push."""
        return PushKey(self.vapid_private_key) if self.vapid_private_key else None

    @property
    def trusted_hosts(self) -> list[str]:
        """The Host headers that are answered."""
        host = urlsplit(self.public_url).hostname or "localhost"
        return [host] if self.production else [host, *LOCAL_HOSTS]

    @classmethod
    def from_env(cls, env: Mapping[str, str] | None = None) -> Settings:
        """Read and check the environment. Raises BadSettings with a sentence."""
        env = os.environ if env is None else env
        name = env.get("SKILLSWAP_ENV", "development")
        if name not in ("development", "test", "production"):
            raise BadSettings("SKILLSWAP_ENV is development, test or production.")
        production = name == "production"
        instance = Path(env.get("INSTANCE_PATH", ROOT / "instance"))
        port = env.get("PORT", "8000")
        if env.get("WEB_CONCURRENCY", "1") != "1" and not env.get("REDIS_URL"):
            raise BadSettings(
                "More than one process needs REDIS_URL: without it the processes could not hear "
                "each other. Set WEB_CONCURRENCY=1 or name a Redis."
            )
        public_url = _public_url(env, port, production)
        return cls(
            env=name,  # type: ignore[arg-type]  # checked above
            secret_key=_secret(env, instance, production),
            secret_key_fallbacks=tuple(env.get("SECRET_KEY_FALLBACKS", "").split()),
            document_keys=_document_keys(env, instance, production),
            database_url=_database(env, instance, production),
            public_url=public_url,
            redis_url=env.get("REDIS_URL", ""),
            live_sockets=_whole(env, "LIVE_SOCKETS", 5_000),
            media_folder=Path(env.get("MEDIA_FOLDER", instance / "media")),
            media_bucket=_bucket(env, production),
            disk_full_at=_whole(env, "DISK_FULL_AT", FULL_AT),
            proxy_hops=_whole(env, "PROXY_HOPS", 0),
            sql_count=env.get("SQL_COUNT", "") == "1",
            flood_limits=env.get("FLOOD_LIMITS", "1") == "1",
            jitsi_url=env.get("JITSI_URL", "https://meet.jit.si").rstrip("/"),
            demo_password=env.get("DEMO_PASSWORD", "teach-and-learn"),
            smtp=_smtp(env),
            mail_from=_mail_from(env, public_url),
            embedded_worker=env.get("EMBEDDED_WORKER", "0" if name == "test" else "1") == "1",
            vapid_private_key=_vapid(env, instance, production),
            push_hosts=_push_hosts(env, production),
            zoom=_zoom(env, production),
            google=_google(env, production),
            meeting_hosts=_meeting_hosts(env),
            meeting_timeout=float(max(1, _whole(env, "MEETING_TIMEOUT", 5))),
        )


def _whole(env: Mapping[str, str], name: str, default: int) -> int:
    try:
        return int(env.get(name, default))
    except ValueError:
        raise BadSettings(f"{name} is a whole number.") from None


def _secret(env: Mapping[str, str], instance: Path, production: bool) -> str:
    """The signing key: from the environment, or in development kept in the instance folder."""
    key = env.get("SECRET_KEY", "")
    if production:
        if len(key) < LEAST_SECRET or key.lower().startswith(WEAK_SECRETS):
            raise BadSettings(
                f"Production needs SECRET_KEY: {LEAST_SECRET} random characters or more, for "
                'example from python -c "import secrets; print(secrets.token_urlsafe(48))".'
            )
        return key
    if key:
        return key
    return _made_once(instance / "secret_key")


def _document_keys(env: Mapping[str, str], instance: Path, production: bool) -> tuple[str, ...]:
    """The keys of documents: from the environment, or in development kept in the instance folder.

    Never those that sign cookies: who learns one must not have the other.
    """
    key, older = env.get("DOCUMENT_KEY", ""), env.get("DOCUMENT_KEY_FALLBACKS", "").split()
    if not key and older:
        raise BadSettings("DOCUMENT_KEY_FALLBACKS goes with DOCUMENT_KEY, which is not set.")
    if not key:
        return () if production else (_made_once(instance / "document_key"),)
    keys = (key, *older)
    others = {env.get("SECRET_KEY", ""), *env.get("SECRET_KEY_FALLBACKS", "").split()}
    for one in keys:
        weak = len(one) < LEAST_SECRET or one.lower().startswith(WEAK_SECRETS)
        if weak or one in others:
            raise BadSettings(
                f"DOCUMENT_KEY is {LEAST_SECRET} random characters or more, other than SECRET_KEY; "
                "without it no documents are taken in. The same holds for its fallbacks."
            )
    return keys


def _made_once(kept: Path) -> str:
    """A secret in the instance folder, made when it is not there yet."""
    if not kept.exists():
        kept.parent.mkdir(parents=True, exist_ok=True)
        kept.touch(mode=0o600)
        kept.write_text(secrets.token_urlsafe(48))
    return kept.read_text().strip()


def _vapid(env: Mapping[str, str], instance: Path, production: bool) -> str:
    """The key of web push: from the environment, or in development kept in the instance folder."""
    key = env.get("VAPID_PRIVATE_KEY", "")
    if not key and not production:
        kept = instance / "vapid_key"
        if not kept.exists():
            instance.mkdir(parents=True, exist_ok=True)
            kept.touch(mode=0o600)
            kept.write_text(PushKey.new())
        key = kept.read_text().strip()
    try:
        if key:
            PushKey(key)
    except ValueError:
        raise BadSettings(
            "VAPID_PRIVATE_KEY is 32 bytes in base64url, for example from python -c "
            '"from skillswap.lib.push import PushKey; print(PushKey.new())".'
        ) from None
    return key


def _push_hosts(env: Mapping[str, str], production: bool) -> tuple[str, ...]:
    """The push services that are called; PUSH_HOSTS names others beside the known ones."""
    more = tuple(env.get("PUSH_HOSTS", "").split())
    if production and any("/" in host for host in more):
        raise BadSettings("PUSH_HOSTS names hosts, such as push.example or *.push.example.")
    return KNOWN_HOSTS + more


def _together(env: Mapping[str, str], *names: str) -> list[str]:
    """Settings that are given together or not at all. Raises BadSettings naming what is missing."""
    given = [env.get(name, "").strip() for name in names]
    if any(given) and not all(given):
        missing = [name for name, value in zip(names, given, strict=True) if not value]
        raise BadSettings(f"{', '.join(names)} go together: {', '.join(missing)} is not set.")
    return given if all(given) else []


def _service_url(env: Mapping[str, str], name: str, production: bool) -> str:
    """Another address of a video service than its own; in production by https only."""
    url = env.get(name, "").rstrip("/")
    schemes = ("https",) if production else ("https", "http")
    if url and (urlsplit(url).scheme not in schemes or not urlsplit(url).hostname):
        raise BadSettings(f"{name} is an https address, and only needed for tests.")
    return url


def _zoom(env: Mapping[str, str], production: bool) -> ZoomAccount | None:
    """The app that makes meetings at Zoom, if one is named."""
    given = _together(env, "ZOOM_ACCOUNT_ID", "ZOOM_CLIENT_ID", "ZOOM_CLIENT_SECRET")
    if not given:
        return None
    url = _service_url(env, "ZOOM_URL", production)
    account, client, secret = given
    return ZoomAccount(account, client, secret, user=env.get("ZOOM_USER", "") or "me", url=url)


def _google(env: Mapping[str, str], production: bool) -> GoogleAccount | None:
    """The app that makes meetings on the operator's Google calendar, if one is named."""
    given = _together(env, "GOOGLE_CLIENT_ID", "GOOGLE_CLIENT_SECRET", "GOOGLE_REFRESH_TOKEN")
    if not given:
        return None
    calendar = env.get("GOOGLE_CALENDAR_ID", "") or "primary"
    url = _service_url(env, "GOOGLE_URL", production)
    client, secret, refresh = given
    return GoogleAccount(client, secret, refresh, calendar_id=calendar, url=url)


def _meeting_hosts(env: Mapping[str, str]) -> tuple[str, ...]:
    """Hosts that people's own links may lead to, beside the known ones."""
    hosts = tuple(env.get("MEETING_HOSTS", "").lower().split())
    if any("/" in host or ":" in host or "*" in host or "." not in host for host in hosts):
        raise BadSettings("MEETING_HOSTS names hosts, such as meet.example.org.")
    return hosts


def _database(env: Mapping[str, str], instance: Path, production: bool) -> str:
    """The database address; a SQLite file in the instance folder unless one is named."""
    url = env.get("DATABASE_URL", "")
    if not url:
        if production:
            raise BadSettings("Production needs DATABASE_URL.")
        instance.mkdir(parents=True, exist_ok=True)
        return f"sqlite:///{(instance / 'skillswap.db').as_posix()}"
    for short in ("postgres://", "postgresql://"):
        if url.startswith(short):
            return "postgresql+psycopg://" + url.removeprefix(short)
    if production and url.startswith("sqlite") and env.get("DYNO"):
        raise BadSettings(
            "This platform loses its files at every restart: name a PostgreSQL in DATABASE_URL."
        )
    return url


def _bucket(env: Mapping[str, str], production: bool) -> BucketAddress | None:
    """The bucket that keeps people's files, if one is named; a folder does otherwise."""
    url = env.get("MEDIA_URL", "")
    if not url:
        if production and env.get("DYNO"):
            raise BadSettings(
                "This platform loses its files at every restart: name a bucket in MEDIA_URL."
            )
        return None
    try:
        return BucketAddress.parse(url, env)
    except ValueError:  # not printed: it may hold the secret
        raise BadSettings(
            "MEDIA_URL is s3://key:secret@host:port/bucket?region=eu-central-1, with &tls=never "
            "only where nobody listens; key and secret may stand in AWS_ACCESS_KEY_ID and "
            "AWS_SECRET_ACCESS_KEY instead."
        ) from None


def _public_url(env: Mapping[str, str], port: str, production: bool) -> str:
    """Where people reach the site; links that leave the site start with it."""
    url = env.get("PUBLIC_URL", "").rstrip("/")
    if not url:
        if production:
            raise BadSettings("Production needs PUBLIC_URL, such as https://skillswap.example.")
        return f"http://localhost:{port}"
    if urlsplit(url).scheme not in ("http", "https") or not urlsplit(url).hostname:
        raise BadSettings("PUBLIC_URL is an address such as https://skillswap.example.")
    return url


def _smtp(env: Mapping[str, str]) -> MailServer | None:
    """The mail server, if one is named."""
    url = env.get("SMTP_URL", "")
    if not url:
        return None
    try:
        return MailServer.parse(url)
    except ValueError:  # not printed: it may hold the password
        raise BadSettings(
            "SMTP_URL is smtp://user:password@host:port or smtps://…, with ?starttls=always, "
            "offered or never."
        ) from None


def _mail_from(env: Mapping[str, str], public_url: str) -> Address:
    """Whom mails come from."""
    default = f"SkillSwap <no-reply@{urlsplit(public_url).hostname}>"
    name, address = parseaddr(env.get("MAIL_FROM", "") or default)
    try:
        found = Address(name, addr_spec=address)
    except (ValueError, IndexError, HeaderParseError):
        found = Address()
    if not found.username or not found.domain:
        raise BadSettings("MAIL_FROM is an address such as SkillSwap <hello@example.org>.")
    return found
