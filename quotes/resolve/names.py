"""Names: which two forms may be one person's or one organization's.

The rules are those of news style: the full name comes first, then the family name, with or without a title; an
organization's acronym stands in brackets behind it. Nothing here asks for gender.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from quotes.resolve import lexicon

_NOISE = re.compile(r"[^\w&/-]+", re.UNICODE)
_SMALL = frozenset(("of", "the", "for", "and", "in", "on", "at", "to", "a", "an", "&", "de", "la", "du", "'s"))
_GENERIC = frozenset(("inc", "corp", "ltd", "llc", "plc", "co", "company", "group", "us", "american", "national"))


def person_words(words: Sequence[str]) -> tuple[str, ...]:
    """A person's name as lower-case words: no titles, no ``Jr``, no nickname's marks, initials without their dot."""
    plain = [word.lower().replace("’", "'").strip(".,\"“”()'‘") for word in words]
    plain = [word.removesuffix("'s") for word in plain if word != "'s" and any(map(str.isalnum, word))]
    while len(plain) > 1 and plain[0] in lexicon.TITLES:
        plain.pop(0)
    while len(plain) > 1 and plain[-1] in lexicon.GENERATION:
        plain.pop()
    return tuple(plain)


def same_given(one: str, other: str) -> bool:
    """Whether two given names may be one: equal, an initial, a short form, or a known nickname."""
    if (
        one == other
        or (one.startswith(other) and len(other) in (1, 3))
        or (other.startswith(one) and len(one) in (1, 3))
    ):
        return True
    return any(one in group and other in group for group in lexicon.NICKNAMES)


def same_person(one: Sequence[str], other: Sequence[str]) -> bool:
    """Whether two names of two words and more may be one person's.

    >>> same_person(("joe", "biden"), ("joseph", "r", "biden"))
    True
    >>> same_person(("bill", "clinton"), ("hillary", "clinton"))
    False
    """
    if one == other:
        return True
    if len(one) < 2 or len(other) < 2:
        return False
    if one[-1] != other[-1]:
        short, long = sorted((tuple(one), tuple(other)), key=len)
        return len(short) > 1 and len(long) > len(short) and long[: len(short)] == short
    return same_given(one[0], other[0]) or any(same_given(one[0], word) for word in other[1:-1] if len(word) > 1)


def part_of(word: str, name: Sequence[str]) -> float:
    """How well one word stands for a full name: 1 the family name, less a given name, 0 not at all.

    >>> part_of("kim", ("kim", "jong", "un")), part_of("trump", ("donald", "trump"))
    (1.0, 1.0)
    >>> part_of("donald", ("donald", "trump"))
    0.5
    """
    if word == name[-1]:
        return 1.0
    if word in ("-".join(name[-2:]), name[-1].rpartition("-")[2]):
        return 0.9
    if word == name[0]:
        return 1.0 if word in lexicon.FAMILY_FIRST and len(name) > 1 else 0.5
    if len(name) > 2 and word in name[1:-1] and len(word) > 2:
        return 0.4
    return 0.5 if len(word) > 2 and any(word in group and name[0] in group for group in lexicon.NICKNAMES) else 0.0


def organization_words(words: Sequence[str]) -> tuple[str, ...]:
    """An organization's name as lower-case words without article; ``Centre`` is ``center``.

    A possessive inside it stays a word of its own: the Marlin Club's Rowing Section is not the Marlin Club.
    """
    lower = [word.lower().replace("’", "'") for word in words]
    owning = len(lower) - 1 if lower[-1:] == ["'s"] else len(lower)
    plain = [
        word if word == "'s" and 0 < place < owning else _NOISE.sub("", word.removesuffix("'s"))
        for place, word in enumerate(lower)
    ]
    plain = [
        {"centre": "center", "organisation": "organization", "u.s": "us"}.get(word, word) for word in plain if word
    ]
    return tuple(plain[1:] if plain[:1] == ["the"] and len(plain) > 1 else plain)


def initials(words: Sequence[str]) -> str:
    """``csis`` for the Center for Strategic and International Studies."""
    return "".join(word[0] for word in words if word not in _SMALL)


def is_acronym(text: str) -> bool:
    letters = text.replace(".", "").replace("&", "")
    return (
        2 <= len(letters) <= 8 and letters.isalpha() and sum(letter.isupper() for letter in letters) >= len(letters) - 1
    )


def same_organization(one: Sequence[str], other: Sequence[str]) -> bool:
    """Whether two names may be one organization's: the words of one are in the other, and they are not all general.

    >>> same_organization(("justice", "department"), ("department", "of", "justice"))
    True
    >>> same_organization(("standard",), ("san", "francisco", "standard"))
    True
    """
    if tuple(one) == tuple(other):
        return True
    short, long = sorted(({word for word in name if word not in _SMALL} for name in (one, other)), key=len)
    if not short or not short <= long:
        return False
    telling = short - _GENERIC - lexicon.ORGANIZATION_NOUNS
    if len(short) == len(long):
        return True
    whole = one if len(one) >= len(other) else other
    if "'s" in whole and short <= set(whole[: whole.index("'s")]):
        return False
    first = next((word for word in whole if word not in _SMALL | _GENERIC), whole[0])
    return bool(telling) and (first in telling or (one[-1] == other[-1] and one[-1] in telling))
