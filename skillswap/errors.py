"""What can go wrong by the rules: each error knows the status its page answers with."""

from __future__ import annotations


class DomainError(Exception):
    """A rule said no. Caught once, in `web.py`, and turned into a page or a toast."""

    status = 400


class Refused(DomainError):
    """Something typed cannot be taken: 422 beside `field`, worded by `sentences.py`.

    `code` names the sentence, `params` fill it. Nothing has been written.
    """

    status = 422

    def __init__(self, field: str, code: str, **params: object) -> None:
        super().__init__(f"{field}: {code}")
        self.field, self.code, self.params = field, code, params


class WrongState(DomainError):
    """The thing has moved on: somebody was quicker, or the verb came too early. 409.

    `noun` and `state` say what it is now, so the page can show what happened meanwhile.
    """

    status = 409

    def __init__(self, noun: str, state: str, code: str = "") -> None:
        super().__init__(f"{noun} is {state}")
        self.noun, self.state, self.code = noun, state, code


class NotFound(DomainError):
    """It is not there, or not for this person: the same answer, 404."""

    status = 404


class Gone(DomainError):
    """It was for once, or for a time, and that is over: 410. `noun` says what it was."""

    status = 410

    def __init__(self, noun: str) -> None:
        super().__init__(f"{noun} is used or out of date")
        self.noun = noun


class NotAllowed(DomainError):
    """It is there, the person sees it, and still may not: 403 with a sentence."""

    status = 403

    def __init__(self, code: str, **params: object) -> None:
        super().__init__(code)
        self.code, self.params = code, params


class TooMany(Refused):
    """A limit of DOMAIN.md §5 is used up: 429, with the seconds until the next is free.

    Like any refusal it goes back into the form, so that nothing typed is lost.
    """

    status = 429

    def __init__(self, field: str, code: str, retry_seconds: int, **params: object) -> None:
        super().__init__(field, code, **params)
        self.retry_seconds = retry_seconds


class Full(Refused):
    """There is no room for more of this person's files: 413 with the form."""

    status = 413


class Taken(Refused):
    """Somebody was quicker, and there is still a choice to make: 409 with the form."""

    status = 409


class Away(Refused):
    """Something we need did not answer, such as a disk that is full: 503 with the form."""

    status = 503
