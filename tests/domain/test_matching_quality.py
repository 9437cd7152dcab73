"""Does best fit still lead among invented people? A small piece of `bench/matching.py`."""

from __future__ import annotations

from datetime import UTC, datetime

from bench.latent import WORLDS
from bench.matching import (
    BASELINE,
    ORDERS,
    Town,
    by_fit,
    by_fit_after_cut,
    by_fit_unfair,
    exposure,
    quality,
)

NOW = datetime(2026, 3, 26, 12, tzinfo=UTC)


HELD_OUT = [world for world in WORLDS if world.held_out]


def test_best_fit_leads_the_strongest_simple_order():
    town = Town(3_000, 5, NOW)
    orders = {"base": ORDERS[BASELINE], "fit": by_fit, "cut": by_fit_after_cut}
    found = quality(HELD_OUT, town, town.asking(40), orders)

    def total(name: str, part: int) -> float:
        return sum(found[name, world.name][part] for world in HELD_OUT)

    for part in (0, 1):  # P@10, NDCG@10; the bench, with more people, demands more
        assert total("fit", part) >= 1.35 * total("base", part)
        assert total("cut", part) >= 0.95 * total("fit", part)


def test_fair_turns_share_the_lists_out_for_little():
    town = Town(600, 5, NOW)
    asked = town.asking(150)
    (before, _seen, without), (after, _all, kept) = (
        exposure(town, order, asked, HELD_OUT[:1]) for order in (by_fit_unfair, by_fit)
    )
    assert after <= 0.95 * before
    assert sum(kept.values()) >= 0.95 * sum(without.values())
