"""What is an event worth, and to whom? A consequence: it writes the lines of the ledger."""

from __future__ import annotations

from skillswap.models import Event


def count(event: Event) -> None:
    """Write every line that this event means, once, in its transaction."""
