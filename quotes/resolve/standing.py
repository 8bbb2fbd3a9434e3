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
    made: dict[str, int] = {}  # the maker of the last poll, by what it is called
    for number, one in enumerate(mentions):
        if one.form != "nominal":
            continue
        inner = speaks_for(seen, mentions, starts, number)
        if inner is not None:
            made[_product(noun(seen, one.head))] = inner
        elif one.end - one.phrase <= 3 and seen.lower[one.phrase] in _KNOWN and not one.plural:
            inner = made.get(_product(noun(seen, one.head)))  # the new poll
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
    for number in range(len(mentions)):
        if base + number not in instead and (same := _same_group(seen, mentions, number, base, found[number])):
            instead[base + number] = {same: 1.0}
    return [_given_over(_known_already(seen, mentions, number, base, one), instead) for number, one in enumerate(found)]


def _bare(seen: View, one: Mention) -> bool:
    return one.form == "nominal" and one.end - one.phrase == 2 and seen.lower[one.phrase] in _POINTING


def _same_group(seen: View, mentions: Sequence[Mention], number: int, base: int, found: Distribution) -> int | None:
    """``the farmers``, where ``farmers in Marwick`` were told of: no second group, though the ranker wavers."""
    one = mentions[number]
    own = found.get(base + number, 0.0)
    if not own or not one.plural or not _bare(seen, one):
        return None
    called = noun(seen, one.head)
    groups = sorted(
        (
            (part, who)
            for who, part in found.items()
            if who is not None and base <= who < base + number and noun(seen, mentions[who - base].head) == called
        ),
        reverse=True,
    )
    if not groups or groups[0][0] + own < _SURE or own > 3 * groups[0][0]:
        return None
    return groups[0][1] if len(groups) == 1 or groups[0][0] >= 3 * groups[1][0] else None


def _known_already(
    seen: View, mentions: Sequence[Mention], number: int, base: int, found: Distribution
) -> Distribution:
    """``the superstar``, of whom no such was told before: an epithet of somebody whom the article has named."""
    one = mentions[number]
    called = noun(seen, one.head) if one.form == "nominal" else ""
    if called not in lexicon.EPITHETS or one.plural or not _bare(seen, one):
        return found
    if any(other.form == "nominal" and noun(seen, other.head) == called for other in mentions[:number]):
        return found
    others = {who: part for who, part in found.items() if who is not None and who < base}
    own = found.get(base + number, 0.0)
    if not others or not own:
        return found
    scale = 1 + own / sum(others.values())
    return {who: part * scale if who in others else part for who, part in found.items() if who != base + number}


_POINTING = frozenset(("the", "these", "those"))


def _product(lemma: str) -> str:
    return "poll" if lemma == "survey" else lemma


_KNOWN = frozenset(("the", "this", "that"))


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
