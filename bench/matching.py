"""How good is the order of best fit? The product's own score among invented people.

Their true chances (bench/latent.py) were made by the same people as the score, so its lead over
simple orders is flattering: good for catching a worse version, for comparing two, for checking
what the first cut of candidates loses and how the lists are shared out. Worlds marked * were left
aside while the weights were chosen. Usage: python bench/matching.py
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import numpy as np

from bench.latent import WORLDS, Array, World, chances, people
from skillswap.domain.matches import BEST_MOST, RANKED_MOST, SCANNED, SWAPS_MOST
from skillswap.domain.matching import Candidate, Learner, Line, PartKind, score
from skillswap.lib.clock import utcnow

TOP = 10
LEAST = 30  # candidates: a choice among fewer says little
PRIOR, PRIOR_WEIGHT = 4.1, 5
SEEDS = (11, 12)
DISCOUNT = 1 / np.log2(np.arange(2, TOP + 2))
Order = Callable[["Town", int, int, Array], Array]  # the places of the best, the best first


class Town:
    """A population as the product sees it."""

    def __init__(self, count: int, seed: int, now: datetime) -> None:
        self.who, self.now, self.seed = people(count, seed), now, seed
        who = self.who
        self.rank = (who.rating_sum + PRIOR * PRIOR_WEIGHT) / (who.raters + PRIOR_WEIGHT)
        self.mean = np.where(who.raters, who.rating_sum / np.maximum(who.raters, 1), 0.0)
        self.shown = np.zeros(count, dtype=int)
        self.chance = np.random.default_rng(seed + 1)

    def asking(self, most: int) -> list[tuple[int, int, Array]]:
        """(learner, skill, teachers of it) of learners with something to choose from."""
        found: list[tuple[int, int, Array]] = []
        for learner in self.chance.permutation(len(self.who)):
            for skill in self.who.wants[learner]:
                others = [one for one in self.who.teachers.get(skill, ()) if one != learner]
                if len(others) >= LEAST:
                    found.append((int(learner), skill, np.array(others)))
                    break
            if len(found) >= most:
                break
        return found

    def learner(self, one: int, skill: int) -> Learner:
        who = self.who
        return Learner(
            user_id=one,
            wants={skill: who.wants[one][skill]},
            offers=who.offers[one],
            language_mask=int(who.languages[one]),
            hours_known=True,
        )

    def candidate(self, one: int, minutes: int) -> Candidate:
        who = self.who
        return Candidate(
            user_id=one,
            offers={skill: Line("", level) for skill, level in who.offers[one].items()},
            wants={skill: Line("", level) for skill, level in who.wants[one].items()},
            language_mask=int(who.languages[one]),
            hours_known=True,
            common_minutes=minutes,
            rating_rank=round(1_000 * self.rank[one]),
            rating_milli=round(1_000 * self.mean[one]),
            rating_count=int(who.raters[one]),
            answered=int(who.answered[one]),
            unanswered=int(who.unanswered[one]),
            reply_minutes=int(who.reply_minutes[one]) if who.answered[one] else None,
            last_seen_at=self.now - timedelta(days=int(who.idle[one])),
            places=int(who.places[one]),
            taken=int(who.taken[one]),
            waiting=int(who.waiting[one]),
            shown=int(self.shown[one]),
        )

    def scores(self, learner: int, skill: int, others: Array, *, fair: bool) -> Array:
        """The product's own totals; without the part of fair turns when asked so."""
        asks = self.learner(learner, skill)
        minutes = self.who.common_hours(learner, others) * 60 * 2
        found = []
        for one, common in zip(others, minutes, strict=True):
            made = score(asks, self.candidate(int(one), int(common)), self.now)
            found.append(made.total - (0 if fair else made.part(PartKind.FAIR).contribution))
        return np.array(found)


def best(values: Array) -> Array:
    """The places of the greatest values, the greatest first."""
    return np.argsort(-values, kind="stable")[:TOP]


# -- orders ---------------------------------------------------------------------------------------


def by_chance(town: Town, learner: int, skill: int, others: Array) -> Array:
    return best(town.chance.random(len(others)))


def by_popularity(town: Town, learner: int, skill: int, others: Array) -> Array:
    return best(town.who.raters[others].astype(float))


def by_mean(town: Town, learner: int, skill: int, others: Array) -> Array:
    return best(town.mean[others])


def by_rank(town: Town, learner: int, skill: int, others: Array) -> Array:
    return best(town.rank[others])


def by_rank_where_possible(town: Town, learner: int, skill: int, others: Array) -> Array:
    """Those with a shared language and an hour a week first: the strongest of the simple ones."""
    speaks = (town.who.languages[others] & town.who.languages[learner]) != 0
    meets = town.who.common_hours(learner, others) >= 1
    return best(town.rank[others] + 10.0 * (speaks & meets))


def by_fit(town: Town, learner: int, skill: int, others: Array) -> Array:
    return best(town.scores(learner, skill, others, fair=True))


def by_fit_unfair(town: Town, learner: int, skill: int, others: Array) -> Array:
    return best(town.scores(learner, skill, others, fair=False))


def first_cut(town: Town, learner: int, others: Array) -> Array:
    """The places that the product's one query would bring (domain/matches/ranking.py)."""
    who = town.who
    meets = (who.languages[others] & who.languages[learner]) != 0
    meets &= who.common_hours(learner, others) >= 1
    ranked = np.argsort(-town.rank[others], kind="stable")
    could = [place for place in ranked[:SCANNED] if meets[place]][:RANKED_MOST]
    swaps: list[int] = []
    for offer in sorted(who.offers[learner]):
        wanting = [place for place in ranked if offer in who.wants[others[place]]][:SWAPS_MOST]
        swaps += [place for place in wanting if meets[place]]
    return np.unique(np.array([*ranked[:BEST_MOST], *could, *swaps], dtype=int))


def by_fit_after_cut(town: Town, learner: int, skill: int, others: Array) -> Array:
    cut = first_cut(town, learner, others)
    return cut[by_fit_unfair(town, learner, skill, others[cut])]


ORDERS: dict[str, Order] = {
    "random": by_chance,
    "popularity": by_popularity,
    "filter + rating": by_mean,
    "filter + Bayes rating": by_rank,
    "language and overlap + Bayes": by_rank_where_possible,
    "best fit without fair turns": by_fit_unfair,
    "best fit": by_fit,
}
BASELINE = "language and overlap + Bayes"


# -- measures -------------------------------------------------------------------------------------


Found = dict[tuple[str, str], tuple[float, float]]  # by order and world: P@10, NDCG@10


def quality(worlds: Iterable[World], town: Town, asked: Iterable[tuple[int, int, Array]],
            orders: dict[str, Order]) -> Found:  # fmt: skip
    """P@10: the mean chance of those shown. NDCG@10: their order against the best there is."""
    sums: dict[tuple[str, str], list[tuple[float, float]]] = {}
    for learner, skill, others in asked:
        chosen = {name: order(town, learner, skill, others) for name, order in orders.items()}
        for world in worlds:
            true = chances(world, town.who, learner, skill, others)
            for name, places in chosen.items():
                row = float(true[places].mean()), ndcg(true, places)
                sums.setdefault((name, world.name), []).append(row)
    return {key: tuple(np.mean(rows, axis=0)) for key, rows in sums.items()}


def ndcg(true: Array, places: Array) -> float:
    ideal = (np.sort(true)[::-1][:TOP] * DISCOUNT).sum()
    return float((true[places] * DISCOUNT[: len(places)]).sum() / ideal)


def gini(counts: Array) -> float:
    """0: everybody is shown alike; 1: one is shown alone."""
    ordered, n = np.sort(counts), len(counts)
    return float((2 * np.arange(1, n + 1) - n - 1) @ ordered / (n * ordered.sum()))


def exposure(town: Town, order: Order, asked: list[tuple[int, int, Array]],
             worlds: Iterable[World] = WORLDS
             ) -> tuple[float, float, dict[str, float]]:  # fmt: skip
    """All are served one after the other: Gini of what teachers get, share of them shown, NDCG."""
    town.shown[:] = 0
    kept: dict[str, list[float]] = {world.name: [] for world in worlds}
    for learner, skill, others in asked:
        chosen = order(town, learner, skill, others)
        town.shown[others[chosen]] += 1
        for world in worlds:
            true = chances(world, town.who, learner, skill, others)
            kept[world.name].append(ndcg(true, chosen))
    eligible = np.unique(np.concatenate([others for _learner, _skill, others in asked]))
    seen = town.shown[eligible]
    town.shown[:] = 0
    means = {name: float(np.mean(rows)) for name, rows in kept.items()}
    return gini(seen), float((seen > 0).mean()), means


def line(name: str, *values: object) -> None:
    print(f"{name:32}" + "".join(f"{value:>14}" for value in values))


def measure_quality(count: int, learners: int, now: datetime) -> tuple[float, float]:
    """Print the table; the leads over the strongest simple order in NDCG and P."""
    towns = [Town(count, seed, now) for seed in SEEDS]
    asked = [town.asking(learners) for town in towns]
    found = [quality(WORLDS, t, a, ORDERS) for t, a in zip(towns, asked, strict=True)]
    mean = {key: np.mean([one[key] for one in found], axis=0) for key in found[0]}
    apart = [world.name for world in WORLDS if world.held_out]
    print(f"\n{count} people, {sum(map(len, asked))} learners, {len(WORLDS)} worlds")
    line("order", "P@10", "NDCG@10", "worst world", "held out *")
    for name in ORDERS:
        rows = np.array([mean[name, world.name] for world in WORLDS])
        p, gain = rows.mean(axis=0)
        held = np.mean([mean[name, world][1] for world in apart])
        line(name, f"{p:.3f}", f"{gain:.3f}", f"{rows[:, 1].min():.3f}", f"{held:.3f}")
    print()
    line("lead of best fit in", "NDCG@10", "P@10")
    for world in WORLDS:
        lead = mean["best fit", world.name] / mean[BASELINE, world.name]
        line(world.name + (" *" if world.held_out else ""), f"{lead[1]:.2f}", f"{lead[0]:.2f}")
    fit, base = (
        np.mean([mean[name, world.name] for world in WORLDS], axis=0)
        for name in ("best fit", BASELINE)
    )
    return float(fit[1] / base[1]), float(fit[0] / base[0])


def measure_cut(count: int, learners: int, now: datetime) -> float:
    """Print what the first cut loses of NDCG."""
    orders: dict[str, Order] = {"whole": by_fit_unfair, "after the cut": by_fit_after_cut}
    losses = []
    for seed in SEEDS:
        town = Town(count, seed, now)
        found = quality(WORLDS, town, town.asking(learners), orders)
        losses += [
            1 - found["after the cut", world.name][1] / found["whole", world.name][1]
            for world in WORLDS
        ]
    print(f"\n{count} people: the first cut loses {np.mean(losses):.1%} of NDCG "
          f"(worst {max(losses):.1%})")  # fmt: skip
    return float(np.mean(losses))


def measure_exposure(count: int, now: datetime) -> tuple[float, float]:
    """Print how the lists are shared out; Gini against the unfair score, and what it costs."""
    print(f"\n{count} people, everybody served once")
    line("order", "Gini", "ever shown", "NDCG@10")
    town = Town(count, SEEDS[0], now)
    asked = town.asking(count)
    found = {}
    for name in (BASELINE, "best fit without fair turns", "best fit"):
        shared, seen, kept = exposure(town, ORDERS[name], asked)
        found[name] = shared, np.mean(list(kept.values()))
        line(name, f"{shared:.3f}", f"{seen:.0%}", f"{found[name][1]:.3f}")
    unfair, fair = found["best fit without fair turns"], found["best fit"]
    return fair[0] / unfair[0], float(1 - fair[1] / unfair[1])


def main() -> int:
    """Print every table; 1 when a goal is missed."""
    now = utcnow().replace(hour=12)
    gain, precision = measure_quality(3_000, 300, now)
    loss = measure_cut(20_000, 60, now)
    shared, cost = measure_exposure(1_500, now)
    goals = [
        (f"NDCG@10 {gain:.2f} times {BASELINE} (at least 1.40)", gain >= 1.4),
        (f"P@10 {precision:.2f} times it (at least 1.50)", precision >= 1.5),
        (f"the first cut loses {loss:.1%} (at most 3%)", loss <= 0.03),
        (f"Gini {shared:.2f} times the unfair score's (at most 0.85)", shared <= 0.85),
        (f"fair turns cost {cost:.1%} of NDCG (at most 3%)", cost <= 0.03),
    ]
    print()
    for text, kept in goals:
        print(("kept    " if kept else "MISSED  ") + text)
    return 0 if all(kept for _text, kept in goals) else 1


if __name__ == "__main__":
    raise SystemExit(main())
