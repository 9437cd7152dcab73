"""How does a mail reach a mail server, and what did that say?"""

from __future__ import annotations

import smtplib
import ssl
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from email.message import EmailMessage
from typing import Literal
from urllib.parse import parse_qs, unquote, urlsplit

from skillswap.lib.sending import Away, NotSent

TIMEOUT = 15.0  # seconds for any one answer of the server
PORTS = {"smtp": 587, "smtps": 465}
Encryption = Literal["implicit", "always", "offered", "never"]


@dataclass(frozen=True, slots=True)
class MailServer:
    """Where mails are handed in."""

    host: str
    port: int
    encryption: Encryption
    user: str = ""
    password: str = field(default="", repr=False)
    timeout: float = TIMEOUT

    @classmethod
    def parse(cls, url: str) -> MailServer:
        """Read `smtp://user:password@host:port?starttls=always` or `smtps://…`.

        With `smtp://` encryption begins by STARTTLS: always where a password is sent, else if the
        server offers it; `?starttls=never` and `?starttls=always` decide it. Raises ValueError.
        """
        parts = urlsplit(url)
        if parts.scheme not in PORTS or not parts.hostname:
            raise ValueError("an address such as smtp://user:password@mail.example:587")
        starttls = parse_qs(parts.query).get("starttls", [""])[0]
        if starttls not in ("", "always", "offered", "never"):
            raise ValueError("starttls is always, offered or never")
        encryption: Encryption = "always" if parts.password else "offered"
        if starttls:
            encryption = starttls  # type: ignore[assignment]  # one of them, as just checked
        return cls(
            host=parts.hostname,
            port=parts.port or PORTS[parts.scheme],
            encryption="implicit" if parts.scheme == "smtps" else encryption,
            user=unquote(parts.username or ""),
            password=unquote(parts.password or ""),
        )


class Line:
    """A connection that is opened with the first mail and serves those after it."""

    def __init__(self, server: MailServer, name: str) -> None:
        self._server, self._name = server, name
        self._smtp: smtplib.SMTP | None = None

    def send(self, message: EmailMessage, to: str) -> None:
        """Hand in one mail for one recipient. Raises Away or NotSent; otherwise it was taken."""
        smtp = self._smtp or self._connect()
        try:
            smtp.send_message(message, to_addrs=[to])
        except smtplib.SMTPRecipientsRefused as error:
            code, said = next(iter(error.recipients.values()))
            raise NotSent(answer(code, said), for_good=code >= 500) from error
        except smtplib.SMTPDataError as error:
            refusal = answer(error.smtp_code, error.smtp_error)
            raise NotSent(refusal, for_good=error.smtp_code >= 500) from error
        except smtplib.SMTPNotSupportedError as error:  # an address with letters it cannot write
            raise NotSent(str(error), for_good=True) from error
        except smtplib.SMTPResponseException as error:  # our sender is refused: ours to repair
            raise NotSent(answer(error.smtp_code, error.smtp_error)) from error
        except (smtplib.SMTPException, OSError) as error:
            self.close()
            raise Away(_words(error)) from error
        finally:
            if self._smtp is not None and self._smtp.sock is None:
                self.close()  # the server hung up; the next mail calls again

    def _connect(self) -> smtplib.SMTP:
        server, encrypted = self._server, self._server.encryption
        smtp: smtplib.SMTP | None = None
        try:
            if encrypted == "implicit":
                smtp = smtplib.SMTP_SSL(
                    server.host,
                    server.port,
                    local_hostname=self._name,
                    timeout=server.timeout,
                    context=ssl.create_default_context(),
                )
            else:
                smtp = smtplib.SMTP(
                    server.host, server.port, local_hostname=self._name, timeout=server.timeout
                )
                smtp.ehlo_or_helo_if_needed()
                if encrypted == "always" or (encrypted == "offered" and smtp.has_extn("starttls")):
                    smtp.starttls(context=ssl.create_default_context())
            if server.user:
                smtp.login(server.user, server.password)
        except (smtplib.SMTPException, OSError) as error:
            if smtp is not None:
                smtp.close()
            raise Away(_words(error)) from error
        self._smtp = smtp
        return smtp

    def close(self) -> None:
        """Hang up, politely if the other side still listens."""
        smtp, self._smtp = self._smtp, None
        if smtp is not None:
            with suppress(smtplib.SMTPException, OSError):
                smtp.quit()
            smtp.close()


@contextmanager
def line(server: MailServer, name: str) -> Iterator[Line]:
    """A line that is closed afterwards. `name` is how we present ourselves."""
    open_line = Line(server, name)
    try:
        yield open_line
    finally:
        open_line.close()


def answer(code: int, said: bytes | str) -> str:
    """What the server answered, as one line."""
    text = said.decode("utf-8", "replace") if isinstance(said, bytes) else said
    return f"{code} {' '.join(text.split())}"


def _words(error: Exception) -> str:
    """An error in words; an answer with a code, without the mail or password behind it."""
    if isinstance(error, smtplib.SMTPResponseException):
        return answer(error.smtp_code, error.smtp_error)
    return f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
