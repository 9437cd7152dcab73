"""Does what happened reach open pages, each as the person before it?"""

from __future__ import annotations


def test_an_event_reaches_every_page_of_the_person_and_nobody_elses(
    place, page_of, ada, ben
) -> None:
    first, second, other = page_of(ada), page_of(ada), page_of(ben)
    place.tell(ada, n=1)
    assert first.hear_facts() == {"n": 1}
    assert second.hear_facts() == {"n": 1}
    assert other.hears_nothing()
