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
    if monkey.is_module_patched("threading"):
        result: T = get_hub().threadpool.apply(work, args)
        return result
    return work(*args)
