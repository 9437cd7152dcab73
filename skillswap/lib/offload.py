"""How does heavy work leave the event loop?"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from gevent import get_hub, monkey

T = TypeVar("T")


def off_the_loop(work: Callable[..., T], *args: Any) -> T:
    """Run CPU-bound `work` in the event loop's thread pool and wait for it cooperatively.

    Without gevent's patches (tests, the command line) it is a plain call.
    """
    if not monkey.is_module_patched("threading"):
        return work(*args)
    result, error = get_hub().threadpool.apply(_outcome, (work, args))
    if error is not None:
        raise error
    answer: T = result
    return answer


def _outcome(work: Callable[..., T], args: tuple[Any, ...]) -> tuple[T | None, Exception | None]:
    """The error is handed over, not raised: the pool would print its trace for each wrong
    password and each file that is no picture.
    """
    try:
        return work(*args), None
    except Exception as error:  # noqa: BLE001 - raised again on the other side
        return None, error
