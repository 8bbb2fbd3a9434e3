"""From mentions to links: whom each mention stands for, with probabilities, and the sources that come of it."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from quotes.resolve import lexicon, ranking
from quotes.resolve.kinds import Weights
from quotes.resolve.mentions import Mention, View, noun
from quotes.resolve.referents import Named

_REPEATED = 5.0  # how much likelier a bare noun is whom a fuller phrase with that noun introduced
_IN_OFFICE = 20.0  # how much likelier *the official* is a minister or a mayor who was named
_UNKNOWN = 10.0  # how much likelier *the spokesman* is nobody, where none was introduced
CLASH = 0.1  # how much likelier *he* is somebody who is called *Ms* or *she*
SURELY = 0.8  # from here on a pronoun tells of somebody whether they are *he* or *she*
_NOTHING = 1e-3  # a part of a distribution that is not worth carrying on
_STOPPED = re.compile(r"[.?!…][\"”’'»)\s]*\Z")  # a line that ends as sentences do

#: None in a distribution is "nobody in this article".
Distribution = dict[int | None, float]
Called = dict[int, tuple[int, float]]  # pronouns that may be a bearer: which they are (``sex``), and how likely


@dataclass(frozen=True, slots=True)
class Model:
    """A trained ranker and what was chosen with it on development data."""

    classifier: ranking.Classifier
    gender: Mapping[str, float]
    nulls: Mapping[str, float]
    sharpness: float = 1.0
    threshold: float = 0.5  # below it no source is named
    margin: float = 1.5  # how many times likelier than its rival a source must be
    agreement: float = 1.0  # how much likelier the one person whose role the noun is
    going_on: float = 6.0  # how much likelier the one who spoke last is to be the *he* of the next *he said*
    kinds: Weights = field(default_factory=dict)  # what tells the kind of a lone name


def distributions(seen: View, mentions: Sequence[Mention], named: Named, model: Model) -> list[Distribution]:
    """For each mention, who it stands for: numbers below ``len(named.referents)`` are named referents, the others
    (``len(named.referents) + n``) are introduced by mention ``n`` itself.

    The ranker is asked twice: first with names and nouns alone, then with the pronouns where the first answer put them.
    """
    rows = ranking.table(seen, mentions, named, model.gender)
    which = anaphors(seen, mentions, named)
    bearer = introduced(seen, mentions, rows, which)
    found = ranked(seen, mentions, rows, which, bearer, model)
    if len(which) > 1:
        found = ranked(seen, mentions, rows, which, settled(bearer, found, named), model, found)
    base = len(named.referents)
    for number in sorted(found):
        found[number] = through(found, number)
    every: list[Distribution] = []
    for number in range(len(mentions)):
        if number in named.candidates:
            every.append(dict(named.candidates[number]))
        elif number in found:
            every.append({_number(who, base): part for who, part in found[number].items()})
        else:
            every.append({_number(int(bearer[number]), base): 1.0})
    return every


def through(found: Mapping[int, Distribution], number: int) -> Distribution:
    """What stands for an earlier *the judge* stands for whoever that stands for."""
    total: Distribution = {}
    for who, part in found[number].items():
        earlier = found.get(-1 - who, {}) if who is not None and who < 0 and -1 - who < number else {}
        for end, share in (earlier if None in earlier else {who: 1.0}).items():
            total[end] = total.get(end, 0.0) + part * share
    return {end: part for end, part in total.items() if part >= _NOTHING}


def _number(who: int | None, base: int) -> int | None:
    return who if who is None or who >= 0 else base - 1 - who


def anaphors(seen: View, mentions: Sequence[Mention], named: Named) -> list[int]:
    """The mentions that may stand for others."""
    return [n for n, one in enumerate(mentions) if ranking.anaphoric(seen, one) and n not in named.appositive]


def introduced(seen: View, mentions: Sequence[Mention], rows: ranking.Table, which: Sequence[int]) -> NDArray[np.int64]:
    """Whose each mention is before any is resolved; nominals that repeat each other's words are one."""
    bearer = rows.columns["bearer"].astype(np.int64)
    first: dict[tuple[object, ...], int] = {}
    resolved = set(which)
    for number, one in enumerate(mentions):
        if bearer[number] == -1 - number and one.form == "nominal" and number not in resolved:
            bearer[number] = first.setdefault(_key(seen, one), -1 - number)
    return bearer


def settled(bearer: NDArray[np.int64], found: Mapping[int, Distribution], named: Named) -> NDArray[np.int64]:
    """Whose each mention is after one round: an anaphor goes to its likeliest bearer, where that is likely enough."""
    known = bearer.copy()
    for number, parts in found.items():
        who, part = top(parts)[0]
        if who is not None and part >= 0.4:
            known[number] = who
    return known


def ranked(
    seen: View,
    mentions: Sequence[Mention],
    rows: ranking.Table,
    which: Sequence[int],
    bearer: NDArray[np.int64],
    model: Model,
    before: Mapping[int, Distribution] | None = None,
) -> dict[int, Distribution]:
    """Each anaphor's distribution over bearers, and over None or, for a noun that can tell whom, itself.

    ``before`` is what an earlier round gave.
    """
    candidates = ranking.candidates(seen, rows, which, bearer)
    probability = np.zeros(0)
    if len(candidates.j):
        probability = model.classifier.predict_proba(candidates.x)[:, 1].astype(np.float64)
    return shared(seen, mentions, rows, which, candidates, probability, model, called(seen, mentions, before or {}))


def shared(
    seen: View,
    mentions: Sequence[Mention],
    rows: ranking.Table,
    which: Sequence[int],
    candidates: ranking.Candidates,
    probability: NDArray[np.float64],
    model: Model,
    pronouns: Mapping[int, Called],
) -> dict[int, Distribution]:
    """Probabilities of candidates to distributions."""
    offices = {n: who for n in which if (who := _in_office(seen, rows, n)) is not None}
    unknown = {n for n in which if n not in offices and _nobody_introduced(seen, rows, n)}
    null = np.asarray(
        [model.nulls[kind_of(seen, mentions[a])] * (_UNKNOWN if a in unknown else 1.0) for a in candidates.j.tolist()]
    )
    found: dict[int, Distribution] = {n: {} for n in which}
    rest = dict.fromkeys(which, 1.0)
    if len(candidates.j):
        roles = {a: rows.called(a).keys() for a in np.unique(candidates.j).tolist()}
        feminine = dict(
            zip(rows.columns["bearer"].astype(int).tolist(), rows.columns["feminine"].tolist(), strict=True)
        )
        headlined = _headlined(seen, rows)

        def favoured(a: int, who: int) -> float:
            """How much likelier a candidate is for what the text calls it, or how it stands there."""
            if who in headlined and sex(seen, mentions[a]):
                return 0.0
            if roles[a] == {who} or _introduced(seen, rows, a, who):
                return model.agreement
            if offices.get(a) == who:
                return _IN_OFFICE
            return _REPEATED if _repeats(seen, rows, a, who) else _owned(seen, rows, a, who)

        weight = np.asarray(
            [
                favoured(a, who) * _agrees(sex(seen, mentions[a]), feminine.get(who, 0.0), pronouns.get(who, {}), a)
                for a, who in zip(candidates.j.tolist(), candidates.bearer.tolist(), strict=True)
            ]
        )
        share, nobody = ranking.normalised(probability, candidates.j, null, model.sharpness, weight)
        rest.update(nobody)
        for a, who, part in zip(candidates.j.tolist(), candidates.bearer.tolist(), share.tolist(), strict=True):
            found[a][who] = found[a].get(who, 0.0) + part
    for n in which:
        own = -1 - n if mentions[n].form == "nominal" and not generic(seen, mentions[n]) else None
        found[n][own] = found[n].get(own, 0.0) + rest[n]
    return found


def sex(seen: View, one: Mention) -> int:
    """1 where a mention is *she*, -1 where it is *he*, 0 for all others (``his wife`` among them)."""
    return lexicon.pronoun_sex(seen.lower[one.start]) if one.form == "pronoun" else 0


def called(seen: View, mentions: Sequence[Mention], found: Mapping[int, Distribution]) -> dict[int, Called]:
    """Of each bearer the pronouns *he* and *she* that may be it, and how likely."""
    made: dict[int, Called] = {}
    for number, parts in found.items():
        if shown := sex(seen, mentions[number]):
            for who, part in parts.items():
                if who is not None:
                    made.setdefault(who, {})[number] = (shown, part)
    return made


def _agrees(wanted: int, feminine: float, pronouns: Called, anaphor: int) -> float:
    """How much likelier *he* or *she* is a bearer whom the article gives titles (below 0 masculine) and pronouns.

    Where one is called both, the likelier pronoun is right, if it is sure enough.
    """
    if not wanted:
        return 1.0
    if wanted * feminine < 0:
        return CLASH
    own = pronouns.get(anaphor, (0, 0.0))[1]
    against = max((part for other, part in pronouns.values() if other == -wanted), default=0.0)
    return max(CLASH, 1 - against) if against >= max(SURELY, own) else 1.0


def _owned(seen: View, rows: ranking.Table, anaphor: int, who: int) -> float:
    """*His boss* is seldom who the next *he* is: the one whose boss it is speaks on."""
    if who >= 0 or rows.mentions[anaphor].form != "pronoun":
        return 1.0
    return 0.25 if seen.lower[rows.mentions[-1 - who].phrase] in lexicon.POSSESSIVE else 1.0


def _introduced(seen: View, rows: ranking.Table, anaphor: int, who: int) -> bool:
    """Whether *the official* may be the one whom the same noun introduced (``a US defense official``)."""
    before = -1 - who
    if who >= 0 or before >= anaphor or not generic(seen, rows.mentions[anaphor]):
        return False
    return rows.noun[anaphor] == rows.noun[before] and not generic(seen, rows.mentions[before])


def _in_office(seen: View, rows: ranking.Table, anaphor: int) -> int | None:
    """Who *the official* may be by an office: of the people who have one, whoever was named last."""
    one = rows.mentions[anaphor]
    if not generic(seen, one) or one.plural or rows.noun[anaphor] != "official":
        return None
    holders = {who for office in lexicon.OFFICES for who in rows.calls.get(office, {})}
    before = rows.columns["bearer"][:anaphor].astype(int).tolist()
    return next((who for who in reversed(before) if who in holders), None)


def _nobody_introduced(seen: View, rows: ranking.Table, anaphor: int) -> bool:
    """Whether nothing before *the spokesman* or *the sources* told of any such, be it as somebody's role."""
    called = rows.noun[anaphor]
    if not generic(seen, rows.mentions[anaphor]) or called not in lexicon.INTRODUCED:
        return False
    return called not in rows.noun[:anaphor] and called not in rows.calls


def _headlined(seen: View, rows: ranking.Table) -> frozenset[int]:
    """Who is named by one word, only in lines without a stop (*River talks end*): a headline's man is named below."""
    headlined, told = set[int](), set[int]()
    for one, who in zip(rows.mentions, rows.columns["bearer"].astype(int).tolist(), strict=True):
        if who >= 0:
            line = seen.text[slice(*seen.paragraphs[seen.paragraph[one.head]])]
            alone = one.end - one.start == 1 and not _STOPPED.search(line)
            (headlined if alone else told).add(who)
    return frozenset(headlined - told)


def _repeats(seen: View, rows: ranking.Table, anaphor: int, who: int) -> bool:
    """Whether a bare *the lawyers* has the noun and the number of an earlier, fuller phrase (``her lawyers``)."""
    one, before = rows.mentions[anaphor], -1 - who
    if who >= 0 or before >= anaphor or one.form != "nominal" or one.end - one.phrase != 2 or generic(seen, one):
        return False
    other = rows.mentions[before]
    if seen.lower[one.phrase] in ("that", "this") and not one.plural:
        return before == max((n for n in range(anaphor) if rows.noun[n] == rows.noun[anaphor]), default=-1)
    return (
        (one.sort in ("person", "group") or rows.noun[anaphor] in lexicon.BODIES)
        and seen.lower[one.phrase] == "the"
        and one.plural == other.plural
        and rows.noun[anaphor] == rows.noun[before]
        and other.end - other.phrase > 1
    )


def kind_of(seen: View, one: Mention) -> str:
    """The kinds of anaphors whose share of "nobody" is chosen apart."""
    word = seen.lower[one.start]
    if one.form == "nominal":
        return "nominal"
    return "he" if word in lexicon.HE | lexicon.SHE else "they" if word in lexicon.THEY else "it"


def generic(seen: View, one: Mention) -> bool:
    """``the official``, ``the sources``: a noun for anybody, with nothing that would tell whom."""
    bare = one.end - one.phrase == 2 and seen.lower[one.phrase] in ("the", "this", "that", "these", "those")
    follows = seen.lower[one.end : one.end + 1]
    if not bare or follows in (("of",), ("for",), ("from",), ("at",), ("who",), ("with",), ("in",)):
        return False
    return noun(seen, one.head) in lexicon.ANYBODY


def _key(seen: View, one: Mention) -> tuple[object, ...]:
    """Nominals that repeat each other's words are one; an indefinite one is new unless all words agree."""
    words = seen.lower[one.phrase : one.end]
    while len(words) > 1 and words[0] in ("a", "an", "the", "some", "many"):
        words = words[1:]
    return (words, one.plural)


def top(found: Distribution) -> list[tuple[int | None, float]]:
    """A distribution by falling probability; ties by number, nobody last."""
    return sorted(found.items(), key=lambda pair: (-round(pair[1], 9), pair[0] is None, pair[0] or 0))
