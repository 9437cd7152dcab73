"""What can go wrong when something leaves the house? The same for mail and push."""

from __future__ import annotations


class NotSent(Exception):
    """This one was not taken. `for_good`: sending it again would not help."""

    def __init__(self, said: str, *, for_good: bool = False) -> None:
        super().__init__(said)
        self.for_good = for_good


class Away(NotSent):
    """Nobody answers there, or not as agreed: the others of the batch need not be tried."""
