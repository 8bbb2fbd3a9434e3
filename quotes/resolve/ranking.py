"""The ranker: how likely each earlier mention is what a pronoun or a nominal stands for.

Every pair of an anaphor and a mention around it is one row of features; a trained scikit-learn classifier reads all
rows of an article in one call. Its odds, with one more candidate for "none of these", are normalised to a
distribution over the mentions (:func:`normalised`).
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from quotes.resolve import lexicon
from quotes.resolve.mentions import Mention, View, noun
from quotes.resolve.referents import Named

BEFORE, AFTER = 24, 3  # how many mentions around an anaphor may be what it stands for
FURTHER = 6  # and how many further away that a noun calls the same

_FORMS = {"name": 0, "nominal": 1, "pronoun": 2}
_SORT_CODES = {"person": 0, "organization": 1, "place": 2, "group": 3, "document": 4, "unknown": 5}
_CLAUSE = frozenset((",", ";", ":", "-", "–", "—", "(", ")"))
_DEFINITE = frozenset(("the", "this", "that", "these", "those"))
_INDEFINITE = frozenset(("a", "an", "one", "another", "some", "several", "many"))

FEATURES = (
    "sentences", "paragraphs", "tokens", "mentions", "people between", "names between", "verbs between",
    "commas between", "after", "same sentence", "previous sentence", "i name", "i nominal", "i pronoun",
    "i full name", "i person", "i organization", "i place", "i group", "i document", "i unknown", "i plural",
    "i subject", "i object", "i prepositional", "i possessive", "i modifier", "i speaker", "i opens sentence",
    "i in quotation", "i headline", "i definite", "i indefinite", "i coordinated", "i first of clause",
    "j he or she", "j they", "j it", "j nominal", "j possessive", "j reflexive", "j subject", "j object",
    "j prepositional", "j speaker", "j in quotation", "j opens sentence", "j person", "j organization", "j group",
    "j document", "j plural", "j bare", "j length", "same quotation", "both speak", "both subjects", "same pronoun",
    "other pronoun", "gender", "gender known", "learned gender", "number agrees", "sort agrees", "same head",
    "head among roles", "shared modifiers", "other modifiers", "bearer's mentions", "bearer's share",
    "bearer's last mention", "rank of bearer", "bearer in headline", "bearer speaks", "subject of sentence before",
    "same clause", "both in one phrase", "j office", "j noun met", "last speaker",
)  # fmt: skip


class Classifier(Protocol):
    def predict_proba(self, rows: NDArray[np.float32]) -> NDArray[np.float64]: ...


@dataclass(frozen=True, slots=True)
class Table:
    """Mentions as columns: one entry a mention in each array."""

    mentions: tuple[Mention, ...]
    columns: dict[str, NDArray[Any]]
    modifiers: tuple[frozenset[str], ...]
    heads: tuple[frozenset[str], ...]  # the noun of a nominal; the roles of a name's bearer
    noun: tuple[str, ...]
    calls: dict[str, dict[int, int]]  # what heads the role of a named person, and who (with a mention) is called that
    organizations: dict[int, list[int]]  # each named organization and its mentions, in order of the first
    endings: dict[str, list[tuple[int, int]]]  # the same, by the words that their names end in
    verbs: NDArray[np.int32]  # how many verbs (commas) stand before each token
    commas: NDArray[np.int32]

    def called(self, number: int) -> dict[int, int]:
        """The named ones that a nominal's noun calls, each with a mention: *the judge*, of a Judge Markman;
        *the institute*, of the Aldgate Institute; *the company*, where one organization alone was named so far, or
        one far more often than all others."""
        one = self.mentions[number]
        if one.form != "nominal" or one.plural or self.columns["indefinite"][number]:
            return {}
        if one.sort == "person":
            fitting = {
                who: place
                for who, place in self.calls.get(self.noun[number], {}).items()
                if self.modifiers[number] <= self.heads[place] | {self.noun[number]}
            }
            return fitting if len(fitting) <= FURTHER else {}
        bare = one.end - one.phrase == 2 or "think" in self.modifiers[number]
        if one.sort != "organization" or not bare or not self.columns["definite"][number]:
            return {}
        by_name = {who: place for place, who in self.endings.get(self.noun[number], ())[:FURTHER] if place < number}
        if by_name or self.noun[number] not in lexicon.OUTLET_NOUNS:
            return by_name
        met = {who: bisect_left(places, number) for who, places in self.organizations.items() if places[0] < number}
        often = sorted(met, key=lambda who: -met[who])[:2]
        if len(often) == 2 and met[often[0]] >= 3 * met[often[1]] and met[often[0]] > 3:
            often = often[:1]  # whom the article is about
        else:
            often = list(met)[:2]
        return {who: self.organizations[who][0] for who in often}


def name_pieces(given: str) -> tuple[str, ...]:
    """A given name's beginning, endings and whole, as the learned weights know them."""
    if not given:
        return ()
    return (f"^{given}$", f"^{given[:2]}", *(f"{given[-length:]}$" for length in range(1, min(4, len(given)) + 1)))


def feminine_name(given: str, weights: Mapping[str, float]) -> float:
    """Log-odds that bearers of a given name are called *she*, as texts were seen to do; 0 where nothing is known.

    It is one piece of evidence among others, of any strength the ranker learned, and never decides alone.
    """
    return max(-4.0, min(4.0, sum(weights.get(piece, 0.0) for piece in name_pieces(given))))


def table(seen: View, mentions: Sequence[Mention], named: Named, gender: Mapping[str, float]) -> Table:
    """The columns that pair features are made of; ``gender`` has the weights of :func:`feminine_name`."""
    rows: dict[str, list[float]] = {key: [] for key in (
        "start", "end", "sentence", "paragraph", "quotation", "form", "sort", "plural", "possessive", "modifier",
        "subject", "object", "prepositional", "speaker", "opens", "full", "definite", "indefinite", "coordinated",
        "pronoun", "feminine", "learned", "bearer", "nth", "reflexive", "phrase", "clause", "office", "met",
    )}  # fmt: skip
    modifiers: list[frozenset[str]] = []
    heads: list[frozenset[str]] = []
    nouns: list[str] = []
    counts: dict[int, int] = {}
    met: set[str] = set()
    for number, one in enumerate(mentions):
        word = seen.lower[one.start]
        first, last = seen.bounds[seen.sentence[one.head]]
        bearer = -1 - number
        feminine = learned = 0.0
        role_heads: frozenset[str] = frozenset()
        sort = one.sort
        if number in named.candidates:
            bearer = named.candidates[number][0][0]
            known = named.referents[bearer]
            sort, feminine, role_heads = known.sort, known.feminine, frozenset(known.heads)
            learned = feminine_name(given_name(seen, mentions[known.best]), gender) if sort == "person" else 0.0
        elif number in named.appositive:
            bearer = named.appositive[number]
            feminine = named.referents[bearer].feminine
        nouns.append(noun(seen, one.head) if one.form == "nominal" else "")
        if one.form == "nominal":
            role_heads = frozenset((nouns[-1],))
            for place in range(one.phrase, one.end):
                feminine += (seen.lower[place] in lexicon.FEMALE_TITLES) - (seen.lower[place] in lexicon.MALE_TITLES)
        counts[bearer] = counts.get(bearer, 0) + 1
        before = seen.upos[one.phrase - 1] if one.phrase > first else ""
        word_before = seen.lower[one.phrase - 1] if one.phrase > first else ""
        subject, speaker = _subject(seen, one, first, last)
        determiner = seen.lower[one.phrase]
        rows["start"].append(one.start)
        rows["end"].append(one.end)
        rows["phrase"].append(one.phrase)
        rows["sentence"].append(seen.sentence[one.head])
        rows["paragraph"].append(seen.paragraph[one.head])
        rows["quotation"].append(seen.quotation[one.head])
        rows["form"].append(_FORMS[one.form])
        rows["sort"].append(_SORT_CODES[sort])
        rows["plural"].append(one.plural)
        rows["possessive"].append(one.possessive)
        rows["modifier"].append(one.modifier)
        rows["subject"].append(subject)
        rows["object"].append(before in ("VERB", "AUX") and not subject)
        rows["prepositional"].append(before == "ADP")
        rows["speaker"].append(speaker)
        rows["opens"].append(one.phrase <= first + 1)
        rows["full"].append(one.form == "name" and one.end - one.start > 1)
        rows["definite"].append(determiner in _DEFINITE)
        rows["indefinite"].append(determiner in _INDEFINITE)
        rows["coordinated"].append(
            word_before in ("and", "or") or (one.end < last and seen.lower[one.end] in ("and", "or"))
        )
        rows["pronoun"].append(_pronoun_code(word) if one.form == "pronoun" else 0)
        rows["feminine"].append(max(-3.0, min(3.0, feminine)))
        rows["learned"].append(learned)
        rows["bearer"].append(bearer)
        rows["nth"].append(counts[bearer])
        rows["reflexive"].append(one.form == "pronoun" and word in lexicon.REFLEXIVE)
        rows["clause"].append(
            word_before in _CLAUSE or word_before in ("that", "and", "but", "as", "when", "because", "if")
        )
        rows["office"].append(one.form == "nominal" and nouns[-1] in lexicon.TITLES)
        rows["met"].append(one.form == "nominal" and nouns[-1] in met)
        if one.form == "nominal":
            met.add(nouns[-1])
        modifiers.append(_modifiers(seen, one))
        heads.append(role_heads)
    calls: dict[str, dict[int, int]] = {}
    for number, found in named.candidates.items():
        for lemma in named.referents[found[0][0]].calls:
            calls.setdefault(lemma, {}).setdefault(found[0][0], number)
    earliest: dict[int, int] = {}
    for number, found in sorted(named.candidates.items()):
        if named.referents[found[0][0]].sort == "organization":
            earliest.setdefault(found[0][0], number)
    organizations = {who: list(named.referents[who].mentions) for who in earliest}
    endings: dict[str, list[tuple[int, int]]] = {}
    for who, place in earliest.items():
        for word in sorted({form[-1] for form in named.referents[who].forms}):
            endings.setdefault(word, []).append((place, who))
    verbs = np.cumsum([0] + [tag == "VERB" or tag == "AUX" for tag in seen.upos], dtype=np.int32)
    commas = np.cumsum([0] + [word in _CLAUSE for word in seen.lower], dtype=np.int32)
    columns = {key: np.asarray(values, dtype=np.float32) for key, values in rows.items()}
    return Table(
        tuple(mentions),
        columns,
        tuple(modifiers),
        tuple(heads),
        tuple(nouns),
        calls,
        organizations,
        endings,
        verbs,
        commas,
    )


def given_name(seen: View, one: Mention) -> str:
    """The given name of a full name; "" for one word alone."""
    for place in range(one.start, one.end - 1):
        word = seen.lower[place].strip(".")
        if word not in lexicon.TITLES:
            return word
    return ""


def _pronoun_code(word: str) -> int:
    return 1 if word in lexicon.HE else 2 if word in lexicon.SHE else 3 if word in lexicon.THEY else 4


def _modifiers(seen: View, one: Mention) -> frozenset[str]:
    if one.form != "nominal":
        return frozenset()
    return frozenset(seen.lemma[p] for p in range(one.phrase, one.end - 1) if seen.upos[p] in ("NOUN", "PROPN", "ADJ"))


def _subject(seen: View, one: Mention, first: int, last: int) -> tuple[bool, bool]:
    """Whether a verb follows the mention (over an adverb, a bracket or an appositive), and whether it reports."""
    place = one.end
    if one.possessive or one.modifier:
        return False, False
    if place < last and seen.lower[place] in (",", "(", "–", "—"):
        closing = {"(": ")"}.get(seen.lower[place], seen.lower[place])
        close = next((p for p in range(place + 1, min(last, place + 25)) if seen.lower[p] == closing), -1)
        place = close + 1 if close > 0 else last
    while place < last and (seen.upos[place] in ("ADV", "PART") or seen.lower[place] in ("also", "who")):
        place += 1
    subject = place < last and seen.upos[place] in ("VERB", "AUX") and seen.tokens[place].xpos != "VBG"
    verb = place
    while verb < last and verb < place + 4 and seen.upos[verb] in ("AUX", "ADV", "PART"):
        verb += 1
    speaker = subject and verb < last and seen.upos[verb] == "VERB" and seen.lemma[verb] in lexicon.REPORTING
    start = one.phrase
    if not speaker and start > first:
        lemma = seen.lemma[start - 1]
        inverted = (
            lemma in lexicon.REPORTING
            and start - 2 >= first
            and seen.lower[start - 2] in (",", '"', "”", "'", "’", "?", "!")
        )
        according = lemma == "to" and start - 2 >= first and seen.lower[start - 2] == "according"
        speaker = inverted or according
        subject = subject or inverted
    return subject, speaker


def speaks(seen: View, one: Mention) -> bool:
    """Whether a reporting verb stands right beside a mention."""
    return _subject(seen, one, *seen.bounds[seen.sentence[one.head]])[1]


def opens_paragraph(seen: View, one: Mention) -> bool:
    """Whether a paragraph begins with a mention as its subject: it is about whom it names."""
    first, last = seen.bounds[seen.sentence[one.head]]
    begins = first == 0 or seen.paragraph[first - 1] != seen.paragraph[first]
    return begins and one.phrase <= first + 1 and _subject(seen, one, first, last)[0]


def anaphoric(seen: View, one: Mention) -> bool:
    """Whether a mention may stand for another: third-person pronouns and definite or possessed noun phrases."""
    if one.form == "pronoun":
        return True
    if one.form != "nominal" or one.modifier:
        return False
    return seen.lower[one.phrase] in _DEFINITE and one.sort in ("person", "organization", "group", "document")


@dataclass(frozen=True, slots=True)
class Candidates:
    """One row for each anaphor ``j`` and bearer that it may stand for: ``x`` has :data:`FEATURES` and the contrasts.

    A bearer is a referent's number, or ``-1 - n`` for what mention ``n`` itself introduces.
    """

    j: NDArray[np.int64]
    bearer: NDArray[np.int64]
    x: NDArray[np.float32]


def candidates(
    seen: View,
    rows: Table,
    which: Sequence[int],
    bearer: NDArray[np.int64],
    only: Mapping[int, Sequence[int]] | None = None,
) -> Candidates:
    """The candidates of each anaphor, each seen by its nearest mention, by all its mentions around, and against the
    best of its rivals. ``bearer`` says whose each mention is (a pronoun's own ``-1 - n`` is nobody's); ``only`` limits
    an anaphor to some bearers."""
    j, i = pairs(seen, rows, which, bearer, only or {})
    if not len(j):
        return Candidates(j, i, np.zeros((0, 2 * (len(FEATURES) + len(AGGREGATES))), dtype=np.float32))
    c = rows.columns
    known = {**c, "bearer": bearer.astype(np.float32)}
    key = j * (4 * len(rows.mentions) + 8) + bearer[i] + 2 * len(rows.mentions)
    _, group = np.unique(key, return_inverse=True)
    count = int(group.max()) + 1
    order = np.lexsort((np.abs(i - j), i > j, group))
    first = order[np.searchsorted(group[order], np.arange(count))]
    near_j, near_i = j[first], i[first]
    gap = np.abs(c["sentence"][j] - c["sentence"][i])
    name = c["form"][i] == 0
    nouns = np.asarray([bool(rows.noun[a]) and rows.noun[a] == rows.noun[b] for a, b in zip(j, i, strict=True)])
    roles = np.asarray([rows.noun[a] in rows.heads[b] for a, b in zip(j, i, strict=True)])

    def total(values: NDArray[Any]) -> NDArray[np.float64]:
        return np.asarray(np.bincount(group, weights=values.astype(np.float64), minlength=count), dtype=np.float64)

    to_name = np.full(count, 30.0)
    np.minimum.at(to_name, group[name], gap[name])
    aggregates = (
        np.log1p(total(i < j)),
        np.log1p(total(c["subject"][i] * (i < j))),
        np.log1p(total(c["speaker"][i] * (i < j))),
        total((gap == 0) & (i < j)),
        total((gap == 1) & (i < j)),
        total((gap == 1) & (c["subject"][i] > 0)),
        total((gap == 0) & (c["subject"][i] > 0) & (i < j)),
        total(c["form"][i] == 2),
        to_name,
        total(nouns) > 0,
        total(roles) > 0,
        total(c["possessive"][i] * (i < j)),
        total((c["paragraph"][i] == c["paragraph"][j]) & (i < j)),
    )
    x = np.concatenate(
        (
            features(seen, rows, known, near_j, near_i),
            np.stack([np.asarray(one, np.float32) for one in aggregates], axis=1),
        ),
        axis=1,
    )
    return Candidates(near_j, bearer[near_i], np.concatenate((x, _contrasts(x, near_j)), axis=1))


AGGREGATES = (
    "all mentions", "all subjects", "all speakers", "in sentence", "in sentence before", "subject of it",
    "subject in sentence", "pronouns", "to a name", "a noun agrees", "a role agrees", "possessors", "in paragraph",
)  # fmt: skip


def _contrasts(x: NDArray[np.float32], j: NDArray[np.int64]) -> NDArray[np.float32]:
    """Each feature less the greatest that any rival has; 0 where there is no rival. An anaphor's rows adjoin."""
    edges = np.flatnonzero(np.diff(j)) + 1
    starts = np.concatenate(([0], edges))
    sizes = np.diff(np.concatenate((starts, [len(j)])))
    best = np.maximum.reduceat(x, starts, axis=0)
    is_best = x == np.repeat(best, sizes, axis=0)
    ties = np.add.reduceat(is_best.astype(np.int32), starts, axis=0)
    second = np.maximum.reduceat(np.where(is_best, -np.inf, x), starts, axis=0)
    second = np.where(ties > 1, best, second)
    rival = np.where(is_best, np.repeat(second, sizes, axis=0), np.repeat(best, sizes, axis=0))
    return np.where(np.isfinite(rival), x - rival, 0.0).astype(np.float32)


def pairs(
    seen: View, rows: Table, which: Sequence[int], bearer: NDArray[np.int64], only: Mapping[int, Sequence[int]]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """For each anaphor the mentions around it that it may stand for: two arrays, anaphors and those mentions.

    *He* and *she* are people: mentions of anything else are left out, whatever is not known stays in.
    """
    left: list[int] = []
    right: list[int] = []
    c = rows.columns
    ours = [
        n for n, one in enumerate(rows.mentions) if not one.modifier and (bearer[n] != -1 - n or one.form != "pronoun")
    ]
    known = [n for n in ours if c["sort"][n] != 5 or rows.mentions[n].form != "nominal"]
    people = [n for n in known if c["sort"][n] in (0, 5) and not (c["plural"][n] and c["form"][n] == 1)]
    by_noun: dict[str, list[int]] = {}
    for i in known:
        for lemma in rows.heads[i]:
            by_noun.setdefault(lemma, []).append(i)
    for j in which:
        one = rows.mentions[j]
        personal = c["pronoun"][j] in (1, 2)
        usable = people if personal else known
        if j in only:
            wanted = set(only[j])
            near = [i for i in ours if bearer[i] in wanted and i != j]
        else:
            at = bisect_left(usable, j)
            near = [i for i in usable[max(0, at - BEFORE) : at] if not _nested(rows.mentions[i], one)]
            if not c["quotation"][j]:  # nobody speaks out of another's quoted words
                near = [i for i in near if c["form"][i] != 1 or not c["quotation"][i]]
            if one.form == "nominal":
                close = {int(bearer[i]) for i in near}
                further: dict[int, int] = {}
                same = by_noun.get(rows.noun[j], [])
                for i in reversed(same[: bisect_left(same, j)]):
                    if len(further) == FURTHER:
                        break
                    if int(bearer[i]) not in close:
                        further.setdefault(int(bearer[i]), i)
                further |= {who: i for who, i in rows.called(j).items() if who not in close}
                near = sorted(further.values())[-FURTHER:] + near
            if one.form == "pronoun":
                near += [
                    i
                    for i in usable[at : at + AFTER + 1]
                    if i > j
                    and rows.mentions[i].form == "name"
                    and seen.sentence[rows.mentions[i].head] == seen.sentence[one.head]
                ]
            if personal:
                near = [i for i in near if c["pronoun"][i] in (0, c["pronoun"][j], 3)]
        left += [j] * len(near)
        right += near
    return np.asarray(left, dtype=np.int64), np.asarray(right, dtype=np.int64)


def _nested(one: Mention, other: Mention) -> bool:
    return (
        one.phrase < other.end
        and other.phrase < one.end
        and (one.form != "pronoun" or one.head == other.head)
        and (other.form != "pronoun")
    )


def features(
    seen: View, rows: Table, c: Mapping[str, NDArray[Any]], j: NDArray[np.int64], i: NDArray[np.int64]
) -> NDArray[np.float32]:
    """One row of :data:`FEATURES` for each pair of an anaphor and a mention; ``c`` are the table's columns."""
    if not len(j):
        return np.zeros((0, len(FEATURES)), dtype=np.float32)
    after = i > j
    low = np.where(after, c["end"][j], c["end"][i]).astype(np.int64)
    high = np.maximum(low, np.where(after, c["start"][i], c["start"][j]).astype(np.int64))
    person = ((c["sort"] == 0) & (c["form"] < 2)).astype(np.float32)
    people, named = np.concatenate(([0], np.cumsum(person))), np.concatenate(([0], np.cumsum(c["form"] == 0)))
    first, second = np.minimum(i, j), np.maximum(i, j)
    length = c["end"][j] - c["phrase"][j]
    sentences = np.abs(c["sentence"][j] - c["sentence"][i])
    he_or_she = (c["pronoun"][j] == 1) | (c["pronoun"][j] == 2)
    sign = np.where(c["pronoun"][j] == 2, 1.0, np.where(c["pronoun"][j] == 1, -1.0, 0.0))
    nominal_sign = np.where(c["form"][j] == 1, np.sign(c["feminine"][j]), 0.0)
    sign = np.where(sign == 0, nominal_sign, sign)
    both_pronouns = (c["form"][i] == 2) & (c["form"][j] == 2)
    share, last_mention, rank, headline, speaks = _bearers(c, j, i)
    plural_j = np.where(c["form"][j] == 2, c["pronoun"][j] == 3, c["plural"][j] > 0)
    shared = np.asarray(
        [len(rows.modifiers[a] & rows.modifiers[b]) for a, b in zip(j, i, strict=True)], dtype=np.float32
    )
    others = np.asarray(
        [len(rows.modifiers[a] - rows.modifiers[b]) for a, b in zip(j, i, strict=True)], dtype=np.float32
    )
    same_head = np.asarray([bool(rows.noun[a]) and rows.noun[a] == rows.noun[b] for a, b in zip(j, i, strict=True)])
    in_roles = np.asarray([rows.noun[a] in rows.heads[b] for a, b in zip(j, i, strict=True)])
    sort_agrees = np.where(
        he_or_she, c["sort"][i] == 0, np.where(c["form"][j] == 1, _sorts_agree(c["sort"][j], c["sort"][i]), 0.5)
    )
    verbs = rows.verbs[high] - rows.verbs[low]
    before = c["subject"] * (1 - c["modifier"])
    columns = (
        np.minimum(sentences, 12),
        np.minimum(np.abs(c["paragraph"][j] - c["paragraph"][i]), 8),
        np.log1p(high - low),
        np.minimum(second - first, 30),
        np.minimum(people[second] - people[first + 1], 12),
        np.minimum(named[second] - named[first + 1], 12),
        np.minimum(verbs, 12),
        np.minimum(rows.commas[high] - rows.commas[low], 12),
        after,
        sentences == 0,
        sentences == 1,
        c["form"][i] == 0,
        c["form"][i] == 1,
        c["form"][i] == 2,
        c["full"][i],
        c["sort"][i] == 0,
        c["sort"][i] == 1,
        c["sort"][i] == 2,
        c["sort"][i] == 3,
        c["sort"][i] == 4,
        c["sort"][i] == 5,
        c["plural"][i],
        c["subject"][i],
        c["object"][i],
        c["prepositional"][i],
        c["possessive"][i],
        c["modifier"][i],
        c["speaker"][i],
        c["opens"][i],
        c["quotation"][i] > 0,
        c["paragraph"][i] == 0,
        c["definite"][i],
        c["indefinite"][i],
        c["coordinated"][i],
        c["clause"][i],
        he_or_she,
        c["pronoun"][j] == 3,
        c["pronoun"][j] == 4,
        c["form"][j] == 1,
        c["possessive"][j],
        c["reflexive"][j],
        c["subject"][j],
        c["object"][j],
        c["prepositional"][j],
        c["speaker"][j],
        c["quotation"][j] > 0,
        c["opens"][j],
        c["sort"][j] == 0,
        c["sort"][j] == 1,
        c["sort"][j] == 3,
        c["sort"][j] == 4,
        plural_j,
        length <= 2,
        np.minimum(length, 6),
        (c["quotation"][i] == c["quotation"][j]) & (c["quotation"][j] > 0),
        c["speaker"][i] * c["speaker"][j],
        c["subject"][i] * c["subject"][j],
        both_pronouns & (c["pronoun"][i] == c["pronoun"][j]),
        both_pronouns & (c["pronoun"][i] != c["pronoun"][j]),
        np.clip(sign * c["feminine"][i], -2, 2),
        np.abs(np.sign(c["feminine"][i])),
        sign * c["learned"][i],
        plural_j == (c["plural"][i] > 0),
        sort_agrees,
        same_head,
        in_roles,
        shared,
        others,
        np.log1p(c["nth"][i]),
        share,
        last_mention,
        rank,
        headline,
        speaks,
        (sentences == 1) & (before[i] > 0) & (c["opens"][i] > 0),
        (sentences == 0) & (verbs <= 1),
        (c["phrase"][i] == c["phrase"][j]) & (sentences == 0),
        c["office"][j],
        c["met"][j],
        _last_speaker(c, j, i),
    )
    return np.stack([np.asarray(column, dtype=np.float32) for column in columns], axis=1)


def _last_speaker(c: Mapping[str, NDArray[Any]], j: NDArray[np.int64], i: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Whether the candidate's bearer is who spoke last before the anaphor, outside quotation marks."""
    spoke = np.where((c["speaker"] > 0) & (c["quotation"] == 0), np.arange(len(c["speaker"])), -1)
    latest = np.concatenate(([-1], np.maximum.accumulate(spoke)))[j]
    return np.asarray((latest >= 0) & (c["bearer"][np.maximum(latest, 0)] == c["bearer"][i]))


def _sorts_agree(one: NDArray[Any], other: NDArray[Any]) -> NDArray[np.float32]:
    """1 where two sorts may be one thing's, 0 where they can't, 0.5 where one is not known."""
    agree = (one == other) | ((one == 1) & ((other == 2) | (other == 3))) | ((one == 3) & (other == 1))
    unknown = (one == 5) | (other == 5)
    return np.where(unknown, 0.5, agree).astype(np.float32)


def _bearers(
    c: Mapping[str, NDArray[Any]], j: NDArray[np.int64], i: NDArray[np.int64]
) -> tuple[NDArray[np.float32], ...]:
    """What the article says so far of who bears each candidate: its share of mentions, whether this is its latest one,
    its rank by how lately it was mentioned, whether it stands in the headline, whether it has spoken."""
    bearer = c["bearer"].astype(np.int64)
    known = bearer >= 0
    total = np.bincount(bearer[known], minlength=1).astype(np.float32) if known.any() else np.zeros(1, np.float32)
    share = np.where(known, total[np.maximum(bearer, 0)], 1.0) / max(1.0, float(total.max(initial=1.0)))
    headline = np.zeros(len(total), dtype=bool)
    headline[bearer[known & (c["paragraph"] == 0)]] = True
    speaks = np.zeros(len(total), dtype=bool)
    speaks[bearer[known & (c["speaker"] > 0)]] = True
    last, rank = np.zeros(len(j), np.float32), np.zeros(len(j), np.float32)
    cuts = np.flatnonzero(np.diff(j)) + 1
    for block in np.split(np.arange(len(j)), cuts):
        met: dict[int, int] = {}
        for row in sorted(block.tolist(), key=lambda r: abs(int(i[r]) - int(j[r]))):
            who = int(bearer[i[row]])
            last[row] = who not in met
            rank[row] = met.setdefault(who, len(met))
    return (
        share[i].astype(np.float32),
        last,
        np.minimum(rank, 12),
        np.where(known[i], headline[np.maximum(bearer[i], 0)], False).astype(np.float32),
        np.where(known[i], speaks[np.maximum(bearer[i], 0)], False).astype(np.float32),
    )


def normalised(
    probability: NDArray[np.float64],
    j: NDArray[np.int64],
    null: NDArray[np.float64],
    sharpness: float = 1.0,
    weight: NDArray[np.float64] | float = 1.0,
) -> tuple[NDArray[np.float64], dict[int, float]]:
    """Odds of an anaphor's candidates, and of "none of these" (``null``), brought to a sum of one.

    Returns each candidate's share, and each anaphor's share of "none".
    """
    odds = (np.clip(probability, 1e-6, 1 - 1e-6) / np.clip(1 - probability, 1e-6, 1)) ** sharpness * weight
    numbers, first, where = np.unique(j, return_index=True, return_inverse=True)
    sums = np.bincount(where, weights=odds) + null[first]
    return odds / sums[where], dict(zip(numbers.tolist(), (null[first] / sums).tolist(), strict=True))
