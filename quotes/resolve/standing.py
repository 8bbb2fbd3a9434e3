"""Noun phrases that stand for somebody told elsewhere: a poll for its pollster, *her attorneys* for his lawyers."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence

from quotes.resolve import lexicon
from quotes.resolve.linking import Distribution, top
from quotes.resolve.mentions import Mention, View, noun
from quotes.resolve.referents import Named
from quotes.resolve.sources import possessor, speaks_for

_SURE = 0.5  # of whose it is


def standing(
    seen: View, mentions: Sequence[Mention], starts: Sequence[int], named: Named, found: Sequence[Distribution]
) -> list[Distribution]:
    """The distributions with each phrase that only stands for another source given over to that source."""
    base = len(named.referents)
    instead: dict[int, Distribution] = {}
    first: dict[tuple[int, str, bool], int] = {}
    for number, one in enumerate(mentions):
        if one.form != "nominal":
            continue
        inner = speaks_for(seen, mentions, starts, number)
        if inner is None:
            inner = _of_place(seen, mentions, starts, number)
        if inner is not None:
            instead[base + number] = found[inner]
        elif (owner := possessor(seen, mentions, starts, number)) is not None and one.sort in ("person", "group"):
            who, part = top(found[owner])[0]
            if who is not None and part >= _SURE:
                earlier = first.setdefault((who, _calling(noun(seen, one.head)), one.plural), number)
                if earlier != number:
                    instead[base + number] = {base + earlier: 1.0}
    return [_given_over(one, instead) for one in found]


def _of_place(seen: View, mentions: Sequence[Mention], starts: Sequence[int], number: int) -> int | None:
    """``the city of Marwick``: the place that it is named after."""
    one = mentions[number]
    if noun(seen, one.head) not in _NAMED_AFTER or seen.lower[one.end : one.end + 1] != ("of",):
        return None
    behind = bisect_left(starts, one.end + 1)
    if behind < len(mentions) and mentions[behind].start == one.end + 1 and mentions[behind].form == "name":
        return behind if mentions[behind].sort in ("place", "organization") else None
    return None


_NAMED_AFTER = frozenset(("city", "town", "county", "village", "state", "borough", "province", "district"))


def _calling(lemma: str) -> str:
    return "lawyer" if lemma in lexicon.LAWYERS else lemma


def _given_over(found: Distribution, instead: dict[int, Distribution]) -> Distribution:
    if not any(who in instead for who in found):
        return found
    total: Distribution = {}
    for who, part in found.items():
        for target, share in (instead.get(who, {who: 1.0}) if who is not None else {who: 1.0}).items():
            total[target] = total.get(target, 0.0) + part * share
    return total
