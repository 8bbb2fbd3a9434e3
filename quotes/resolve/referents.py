"""Referents: the people, organizations and places that an article names, each with all the forms of its name.

Full names come first and shorter forms join them; a family name that two people share stays open, with its candidates.
What the article says of a referent (titles before the name, appositives behind it) is gathered with it.
"""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from quotes.resolve import kinds, lexicon, names
from quotes.resolve.mentions import Mention, Sort, View, noun, run_sort
from quotes.resolve.mentions import mentions as find

_FINITE = frozenset(("VERB", "AUX"))
_OPENING = frozenset(('"', "“", "‘", "'"))
_ENDS = frozenset((",", ";", ":", "–", "—", "(", ")", ".", "”", "?", "!")) | _OPENING
_CALLED_BY: dict[Sort, tuple[str, ...]] = {"person": ("person",), "organization": ("organization", "group")}
_AFTER_ROLE = frozenset(("who", "which", "that", "where", "when", "said", "says", "told"))


@dataclass(slots=True)
class Referent:
    """One who is named: ``forms`` are lower-case words of each form, ``best`` the mention with the fullest form."""

    sort: Sort
    best: int
    forms: list[tuple[str, ...]]
    mentions: list[int] = field(default_factory=list)
    roles: list[tuple[int, int]] = field(default_factory=list)  # token ranges
    heads: set[str] = field(default_factory=set)  # lemmas of all nouns in what he is called
    calls: set[str] = field(default_factory=set)  # and of those that head it
    feminine: float = 0.0  # evidence from titles and nouns, below 0 masculine


@dataclass(frozen=True, slots=True)
class Named:
    """The referents of an article, and for each mention of a name its candidates ``(referent, weight)``."""

    referents: tuple[Referent, ...]
    candidates: Mapping[int, tuple[tuple[int, float], ...]]
    appositive: Mapping[int, int]  # a nominal mention that describes a name, and the referent


def named(seen: View, mentions: Sequence[Mention], weights: kinds.Weights) -> Named:
    """Merge the names of an article into referents."""
    sorts = _votes(seen, mentions, weights)
    order = [number for number, one in enumerate(mentions) if one.form == "name"]
    full = [n for n in order if sorts[n] == "person" and len(_words(seen, mentions[n])) > 1]
    referents: list[Referent] = []
    candidates: dict[int, tuple[tuple[int, float], ...]] = {}
    met: dict[tuple[str, ...], int] = {}
    for number in full:
        words = _words(seen, mentions[number])
        found = met.get(words)
        if found is None:
            same = (r for r, one in enumerate(referents) if any(names.same_person(words, form) for form in one.forms))
            found = next(same, None)
        met[words] = found if found is not None else len(referents)
        candidates[number] = ((_join(referents, found, number, words, "person", mentions, seen), 1.0),)
    people = len(referents)
    parts: dict[str, list[tuple[int, float]]] = {}
    others: dict[tuple[tuple[str, ...], Sort, bool], int] = {}
    for number in order:
        if number in candidates:
            continue
        words = _words(seen, mentions[number])
        if len(words) != 1:
            continue
        if words[0] not in parts:
            parts[words[0]] = [
                (r, score) for r, one in enumerate(referents[:people]) if (score := _part(words[0], one))
            ]
        if known := _by_part(seen, mentions, number, parts[words[0]], sorts[number], referents):
            candidates[number] = known
            for r, _ in known[:1]:
                referents[r].mentions.append(number)
    for number in sorted(
        (n for n in order if n not in candidates), key=lambda n: (-len(_key(seen, mentions[n], sorts[n])), n)
    ):
        words = _key(seen, mentions[number], sorts[number])
        if words:
            article = mentions[number].start > 0 and seen.lower[mentions[number].start - 1] == "the"
            key = (words, sorts[number], article)
            if key not in others:
                found = _organization(seen, mentions, number, words, sorts[number], referents, people)
                others[key] = len(referents) if found is None else found
            found = others[key] if others[key] < len(referents) else None
            candidates[number] = ((_join(referents, found, number, words, sorts[number], mentions, seen), 1.0),)
    for one in referents:
        one.mentions.sort()
        one.best = _fullest(seen, mentions, one)
    appositive: dict[int, int] = {}
    heads = {mention.head: number for number, mention in enumerate(mentions) if mention.form == "nominal"}
    for number in order:
        if number in candidates and candidates[number][0][1] >= 0.5:
            _describe(seen, mentions, number, candidates[number][0][0], referents, heads, appositive)
    return Named(tuple(referents), candidates, appositive)


def names_of(seen: View, weights: kinds.Weights = {}) -> tuple[tuple[Mention, ...], Named]:  # noqa: B006 (not written)
    """The mentions of an article, each name of the sort that the whole article gives it, and their referents.

    ``weights`` tell what lone names are (:mod:`quotes.resolve.kinds`); without them the analysis' word stands.
    """
    found = find(seen)
    known = named(seen, found, weights)
    return tuple(
        replace(one, sort=known.referents[known.candidates[n][0][0]].sort) if n in known.candidates else one
        for n, one in enumerate(found)
    ), known


def _fullest(seen: View, mentions: Sequence[Mention], one: Referent) -> int:
    """The mention with the fullest form outside the headline, where capitals run on (*Ada Holm Backs Harbour*)."""
    length = {number: len(_key(seen, mentions[number], one.sort)) for number in one.mentions}
    least = 2 if one.sort == "person" else 1
    below = [n for n in one.mentions if seen.paragraph[mentions[n].head] > 0 and length[n] >= least]
    if seen.paragraph[mentions[one.best].head] > 0 or not below:
        return one.best
    return max(below, key=lambda number: (length[number], -number))


def _words(seen: View, mention: Mention) -> tuple[str, ...]:
    return names.person_words([seen.tokens[place].text for place in range(mention.start, mention.end)])


def _key(seen: View, mention: Mention, sort: Sort) -> tuple[str, ...]:
    words = [seen.tokens[place].text for place in range(mention.start, mention.end)]
    return names.person_words(words) if sort == "person" else names.organization_words(words)


def _votes(seen: View, mentions: Sequence[Mention], weights: kinds.Weights) -> dict[int, Sort]:
    """The sort of each name: what the analysis most often calls these words, and what titles before them say; of a
    lone name that nothing tells, what the learned ``weights`` make of the words around it."""
    votes: defaultdict[tuple[str, ...], Counter[Sort]] = defaultdict(Counter)
    lone: dict[tuple[str, ...], list[int]] = {}
    told: set[tuple[str, ...]] = set()
    full = {
        words for one in mentions if one.form == "name" and one.sort == "person" and len(words := _words(seen, one)) > 1
    }
    surnames = {words[-1] for words in full}
    named = (_words(seen, one) for one in mentions if one.form == "name" and one.sort == "organization")
    bodies = {words[0] for words in named if len(words) > 1}
    for one in mentions:
        if one.form != "name":
            continue
        words = _words(seen, one)
        before = seen.lower[one.start - 1].rstrip(".") if one.start else ""
        titled = before in lexicon.TITLES and (one.start > one.phrase or before in lexicon.ABBREVIATED)
        before_votes = votes[words].total()
        if len(words) == 1 and one.end - one.start == 1 and not surnames.issuperset(words):
            lone.setdefault(words, []).append(one.start)
            if one.start > one.phrase and seen.upos[one.start - 1] == "PROPN":
                told.add(words)  # there is more of it than the analysis saw: "TJ" King
        if " ".join(words) in lexicon.METONYMS:
            votes[words]["place"] += 2
        elif one.end - one.start > 1 and words[-1] in lexicon.LAWS:
            votes[words]["document"] += 3
        elif _turn(seen, one):
            votes[words]["person"] += 3
        elif one.end - one.start > 1 and (
            lexicon.FIRM_ENDINGS.intersection(words[-1:]) or "&" in seen.lower[one.start : one.end]
        ):
            votes[words]["organization"] += 3
        elif one.end - one.start == 1 and not surnames.issuperset(words) and _firm(seen, one):
            votes[words]["organization"] += 2  # its form says so: BisNow, NATO
        elif (introduced := _introduced_as(seen, one)) is not None and not surnames.issuperset(words[-1:]):
            votes[words][introduced] += 3
        elif (titled or _called_person(seen, one)) and not one.modifier and one.sort != "document":
            votes[words]["person"] += 2
        elif one.sort == "person" and one.end - one.start > 1 and before == "the" and not one.modifier:
            votes[words]["organization"] += 1  # the National Inquiry: no person's name has an article
        elif one.sort != "unknown":
            votes[words][one.sort] += 1
        if votes[words].total() > before_votes + 1 or one.sort in ("document", "group"):
            told.add(words)
    for words in [words for words in votes if 2 <= len(words) <= 3]:
        family = words[-1:]
        told.add(family)
        if votes[family]["person"] > max(votes[words].total(), votes[family].total() / 2):
            votes[words] = Counter({"person": 1})  # TJ King, whom the rest of the article calls King
    for words in {_words(seen, one) for one in mentions if one.form == "name" and _has_business(seen, one)}:
        if len(words) == 1 and not surnames.issuperset(words):
            votes[words] = Counter({"organization": 1})  # Marlin's shares, Marlin's chief executive
            told.add(words)
    if weights:
        texts = [token.text for token in seen.tokens]
        for words, places in lone.items():
            if words not in told and texts[places[0]][0].isupper():
                learned = kinds.probabilities(kinds.features(texts, places), weights)
                votes[words] = Counter({_weighed(learned, votes[words]): 1})
    sorts: dict[int, Sort] = {}
    for number, one in enumerate(mentions):
        if one.form == "name":
            words = _words(seen, one)
            counted = votes[words].most_common(1)
            sort: Sort = counted[0][0] if counted else "unknown"
            if sort == "person" and len(words) == 1 and bodies.issuperset(words) and not surnames.issuperset(words):
                sort = "organization"  # Halcyon, of Halcyon Ship Management
            if (
                len(words) == 1
                and words[0][:-1] in surnames
                and words[0][-1] == "s"
                and seen.lower[one.start - 1] == "the"
            ):
                sort = "group"  # the Currys
            if sort == "unknown" and len(words) == 1 and words[0] in surnames:
                sort = "person"
            elif sort == "unknown" and _speaks(seen, one):
                handle = seen.tokens[one.start].text.startswith("@")
                person = handle or (
                    2 <= len(words) <= 3 and not words[-1][-1:].isdigit() and seen.tokens[one.head].xpos != "NNPS"
                )
                sort = "person" if person else "organization"  # people are told by their full names first
            sorts[number] = sort
    return sorts


#: Chosen on lone names of newswire: what the analysis' word on them is worth beside what their surroundings tell, how
#: many of its votes count, and how seldom (in log-odds) a lone name is a person's.
_TRUST, _VOTES, _RARE = 2.0, 2, 1.0


def _weighed(learned: Mapping[kinds.Kind, float], votes: Mapping[Sort, int]) -> Sort:
    """The likeliest kind of a lone name, by what is learned of its form and surroundings and by the analysis."""
    total = sum(votes.values())
    few = min(1.0, _VOTES / total) if total else 1.0

    def weight(kind: kinds.Kind) -> float:
        share = (few * votes.get(kind, 0) + 0.3) / (few * total + 0.9)
        return math.log(learned[kind]) + _TRUST * math.log(share) - _RARE * (kind == "person")

    return max(kinds.KINDS, key=weight)


def _introduced_as(seen: View, one: Mention) -> Sort | None:
    """What a noun right before a name calls it: ``the charity Dry Feet``, ``the builder, Marlin,``, ``Keeper Jo``."""
    place = one.start - 1
    if place < 0 or one.modifier or one.possessive or seen.sentence[place] != seen.sentence[one.start]:
        return None
    aside = seen.lower[place] == "," and seen.lower[one.end : one.end + 1] == (",",)
    place -= aside
    if place < 0 or seen.upos[place] not in ("NOUN", "PROPN"):
        return None
    lemma = noun(seen, place)
    opened = next((p for p in range(place, max(-1, place - 4), -1) if seen.upos[p] in ("DET", "PRON")), None)
    if lemma in lexicon.ORGANIZATION_NOUNS | lexicon.FIRMS:
        small = seen.tokens[place].text[0].islower() or seen.upos[place] == "NOUN"
        return "organization" if opened is not None and small and (aside or lemma in lexicon.OUTLET_NOUNS) else None
    if lemma not in lexicon.PERSON_NOUNS or (aside and opened is None):
        return None
    length = one.end - one.start
    return "person" if (length in (2, 3) and not aside) or (length == 1 and opened is not None) else None


def _has_business(seen: View, one: Mention) -> bool:
    """Something is called the name's that only a firm has."""
    if not one.possessive:
        return False
    after = seen.lower[one.end + 1 : one.end + 4]
    return bool(lexicon.OF_A_FIRM.intersection(after[:2])) or after[:2] in lexicon.CHIEFS


def _turn(seen: View, one: Mention) -> bool:
    """A name in capitals with a colon, at the beginning of a paragraph: whose turn it is in a transcript."""
    first = one.phrase - 1 if one.phrase and seen.lower[one.phrase - 1] in _OPENING else one.phrase
    opens = first == 0 or seen.paragraph[first - 1] != seen.paragraph[first]
    body = lexicon.ORGANIZATION_NAME_WORDS.intersection(seen.lower[one.start : one.end])
    return opens and not body and seen.lower[one.end : one.end + 1] == (":",) and seen.tokens[one.head].text.isupper()


def _firm(seen: View, one: Mention) -> bool:
    return run_sort(seen, one.start, one.end) == "organization"


def _called_person(seen: View, one: Mention) -> bool:
    """A full name with a person's noun as appositive behind it, whatever the analysis calls it."""
    last = seen.bounds[seen.sentence[one.head]][1]
    if one.end - one.start not in (2, 3) or one.end + 1 >= last or seen.lower[one.end] != ",":
        return False
    if seen.tokens[one.head].xpos == "NNPS" and one.sort != "person":
        return False
    if any(seen.lower[place] in lexicon.ORGANIZATION_NAME_WORDS for place in range(one.start, one.end)):
        return False
    stop = appositive_end(seen, one.end + 1, last, "person")
    return stop > one.end + 1 and lexicon.noun_kind(_head_lemma(seen, one.end + 1, stop)) == "person"


def _speaks(seen: View, mention: Mention) -> bool:
    """A person's verb stands right beside the name."""
    after, before = seen.lemma[mention.end : mention.end + 1], seen.lemma[max(0, mention.phrase - 1) : mention.phrase]
    return any(lemma in ("say", "tell", "tweet", "reply", "joke", "recall") for lemma in (*after, *before))


def _join(
    referents: list[Referent],
    found: int | None,
    number: int,
    words: tuple[str, ...],
    sort: Sort,
    mentions: Sequence[Mention],
    seen: View,
) -> int:
    if found is None:
        referents.append(Referent(sort, number, [words], [number]))
        return len(referents) - 1
    known = referents[found]
    if words not in known.forms:
        known.forms.append(words)
    if len(words) > len(_key(seen, mentions[known.best], known.sort)):
        known.best = number
    known.mentions.append(number)
    if known.sort == "unknown":
        known.sort = sort
    return found


def _part(word: str, one: Referent) -> float:
    return max(names.part_of(word, form) for form in one.forms)


def _by_part(
    seen: View,
    mentions: Sequence[Mention],
    number: int,
    parts: Sequence[tuple[int, float]],
    sort: Sort,
    people: Sequence[Referent],
) -> tuple[tuple[int, float], ...]:
    """The people whose family or given name this word is, the likelier first; () where it is nobody's.

    Two who share a name are told apart by the given name or title beside it and by which was named last: when that
    does not decide, they stay about equally likely.
    """
    mention = mentions[number]
    found = dict(parts)
    if not found:
        return ()
    preposition = seen.lower[mention.phrase - 1] if mention.phrase else ""
    if sort == "place" and preposition in ("in", "at", "near", "to", "into", "across", "outside"):
        return ()
    if sort == "organization" and mention.entity and max(found.values()) < 1:
        return ()
    best = max(found.values())
    found = {r: score for r, score in found.items() if score >= best - 0.15}
    title = seen.lower[mention.start - 1].rstrip(".") if mention.start else ""
    weights = {}
    for r, score in found.items():
        gap = min((number - m for m in people[r].mentions if m < number), default=None)
        weight = score * (0.3 if gap is None else 1 + len([m for m in people[r].mentions if m < number]))
        clash = (title in lexicon.MALE_TITLES and _evidence(seen, mentions, people[r]) > 0) or (
            title in lexicon.FEMALE_TITLES and _evidence(seen, mentions, people[r]) < 0
        )
        weights[r] = weight * (0.05 if clash else 1.0)
    if len(weights) > 1:
        latest = max(weights, key=lambda r: max((m for m in people[r].mentions if m < number), default=-1))
        weights[latest] *= 1.25
    total = sum(weights.values())
    return tuple(sorted(((r, weight / total) for r, weight in weights.items()), key=lambda pair: (-pair[1], pair[0])))


def _evidence(seen: View, mentions: Sequence[Mention], one: Referent) -> float:
    total = 0.0
    for number in one.mentions:
        mention = mentions[number]
        for place in range(max(mention.phrase, mention.start - 4), mention.start):
            total += lexicon.title_sex(seen.lower[place])
    return total + one.feminine


def _organization(
    seen: View,
    mentions: Sequence[Mention],
    number: int,
    words: tuple[str, ...],
    sort: Sort,
    referents: Sequence[Referent],
    people: int,
) -> int | None:
    mention = mentions[number]
    text = seen.tokens[mention.start].text if mention.end - mention.start == 1 else ""
    place = lexicon.COUNTRY_FORMS.get(" ".join(words), " ".join(words))
    if mention.start and seen.lower[mention.start - 1] == "the":
        place = lexicon.COUNTRY_FORMS.get(f"the {place}", place)
    bracketed = mention.start > 1 and seen.lower[mention.start - 1] == "(" and names.is_acronym(text)
    for r, one in enumerate(referents):
        if one.sort == "person" and r < people:
            continue
        if bracketed and any(mentions[m].end in (mention.start - 1, mention.start - 2) for m in one.mentions):
            return r
        for form in one.forms:
            if form == words or lexicon.COUNTRY_FORMS.get(" ".join(form), " ".join(form)) == place:
                return r
            if len(form) > 2 and names.is_acronym(text) and names.initials(form) == words[0]:
                return r
            if (
                "place" not in (sort, one.sort)
                and sort != "person" != one.sort
                and names.same_organization(words, form)
            ):
                return r
    return None


def _describe(
    seen: View,
    mentions: Sequence[Mention],
    number: int,
    referent: int,
    referents: Sequence[Referent],
    heads: Mapping[int, int],
    appositive: dict[int, int],
) -> None:
    """Gather what stands beside a name: title before it, appositive after or before it, ``is a`` behind it."""
    mention, one = mentions[number], referents[referent]
    if mention.modifier or mention.possessive:
        return
    for start, end in roles(seen, mention):
        one.roles.append((start, end))
        one.calls.add(_head_lemma(seen, start, end).rstrip("."))
        for place in range(start, end):
            if seen.upos[place] in ("NOUN", "PROPN", "ADJ"):
                noun = seen.lemma[place].rstrip(".")
                one.heads.add(noun)
                one.feminine += 2.0 * lexicon.title_sex(seen.lower[place])
            if place in heads and place not in range(mention.start, mention.end):
                appositive.setdefault(heads[place], referent)
    if mention.start:
        one.feminine += 2.0 * lexicon.title_sex(seen.lower[mention.start - 1])


def roles(seen: View, mention: Mention) -> Iterator[tuple[int, int]]:
    """The words beside a name that say what its bearer is, as token ranges."""
    first, last = seen.bounds[seen.sentence[mention.head]]
    end = mention.start
    while end > mention.phrase and seen.lower[end - 1].rstrip(".") in lexicon.HONORIFICS:
        end -= 1
    if (start := title(seen, mention)) < end and _titles(seen, start, end):
        yield start, end
    if mention.sort == "place":
        return
    end = mention.end
    if end < last and seen.lower[end] == "(":
        close = next((place for place in range(end, min(last, end + 8)) if seen.lower[place] == ")"), end)
        end = close + 1
    aside = end + 1 < last and seen.lower[end] in (",", "–", "—", "-")
    copula = end + 2 < last and seen.lemma[end] == "be" and seen.lower[end + 1] in ("a", "an", "the", "one")
    if (aside or copula) and (stop := appositive_end(seen, end + 1, last, mention.sort)) > end + 1:
        yield end + 1, stop
    before = mention.phrase - 1
    if before > first + 1 and seen.lower[before] == "," and mention.start == mention.phrase:
        start = before - 1
        while (
            start > first
            and before - start < 14
            and seen.upos[start] not in _FINITE
            and seen.lower[start] not in (",", ";", ":", '"', "“")
        ):
            start -= 1
        if seen.upos[start] in _FINITE or seen.lower[start] in (",", ";", ":", '"', "“"):
            start += 1
        led = start
        while start < before and seen.upos[start] in ("ADP", "SCONJ", "CCONJ"):
            start += 1
        opens = seen.upos[start] == "DET" or seen.lower[start] in lexicon.POSSESSIVE or "'s" in seen.lower[start:before]
        if (
            opens
            and lexicon.noun_kind(_head_lemma(seen, start, before)) == "person"
            and mention.sort in ("person", "unknown")
        ):
            closed = (
                mention.end >= last
                or seen.lower[mention.end] in (",", ".", ":", "(", "said", "–", "—")
                or (led == start and seen.upos[mention.end] in _FINITE)  # not "according to the mayor, Poe went"
            )
            if closed:
                yield start, before


def _titles(seen: View, start: int, end: int) -> bool:
    """Whether words before a name say what its bearer is, as *derogatory comments* do not."""
    lemma = _head_lemma(seen, start, end).rstrip(".")
    return lemma in lexicon.TITLES or lexicon.noun_kind(lemma) == "person" or seen.tokens[end - 1].text.endswith(".")


def title(seen: View, mention: Mention) -> int:
    """Where the title before a name begins (``Secretary of State``, ``38 North analyst``), else the name's start."""
    start = mention.phrase
    if mention.sort not in ("person", "unknown"):
        return mention.start
    while start < mention.start and (seen.upos[start] in ("DET", "PUNCT") or seen.lower[start] in lexicon.POSSESSIVE):
        start += 1
    first = seen.bounds[seen.sentence[mention.head]][0]
    if (
        start < mention.start
        and start - 2 >= first
        and seen.lower[start - 1] in ("of", "for")
        and seen.upos[start - 2] in ("NOUN", "PROPN")
        and seen.tokens[start - 2].text[0].isupper()
        and lexicon.noun_kind(seen.lemma[start - 2]) == "person"
    ):
        start -= 2
        while start - 1 >= first and seen.upos[start - 1] in ("NOUN", "PROPN", "ADJ"):
            start -= 1
    return start


def appositive_end(seen: View, start: int, last: int, sort: Sort) -> int:
    """Where an appositive that begins at ``start`` ends; ``start`` where there is none.

    Its first phrase must call its bearer something (a person an *author*, an organization a *network*). It runs over
    prepositions and ``and`` to the comma, dash or relative that ends it; a verb in its place shows it was none.
    """
    place = start
    while place + 1 < last and seen.upos[place] == "NUM" and seen.lower[place + 1] == ",":
        place += 2  # an age
    begin = place
    wanted = _CALLED_BY.get(sort, ("person", "organization"))
    called = False
    while place < last and place - begin < 45:
        word, tag = seen.lower[place], seen.upos[place]
        if word in _OPENING and called and seen.lower[place - 1] in ("of", "author", "book", "film"):
            place = next(
                (p for p in range(place + 1, last) if seen.lower[p] in _OPENING or seen.lower[p] == "”"), place
            )
        elif word in _ENDS or word in _AFTER_ROLE:
            break
        elif (tag in _FINITE and not (called and seen.tokens[place].xpos in ("VBN", "VBG"))) or (
            not called and (tag in ("ADP", "SCONJ", "CCONJ") or (tag == "PRON" and word not in lexicon.POSSESSIVE))
        ):
            return start
        elif tag in ("NOUN", "PROPN") and lexicon.noun_kind(seen.lemma[place]) in wanted:
            called = True
        place += 1
    return place if called and place > begin else start


def _head_lemma(seen: View, start: int, end: int) -> str:
    """The lemma of a phrase's head: its last noun before a preposition."""
    head = start
    for place in range(start, end):
        if seen.upos[place] == "ADP" and seen.upos[head] in ("NOUN", "PROPN"):
            break
        if seen.upos[place] in ("NOUN", "PROPN"):
            head = place
    return seen.lemma[head]
