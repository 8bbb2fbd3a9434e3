"""What source words say of a source: its head, its kind and naming, its role and affiliation.

``A spokesman for the ministry`` is a person, described, with the ministry as affiliation; ``critics`` are a group,
vague; ``the 38 North website`` is an organization, named, for a word such as *website* only stands beside its name.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from quotes.records import Attribution, Kind, Naming, Span
from quotes.resolve import lexicon
from quotes.resolve.mentions import Mention, Sort, View, noun

Reference = Literal["mention", "first", "second", "words", "question", "answer"]

_COLLECTIVES = frozenset(("group", "team", "panel", "coalition", "crowd", "network", "band", "gang", "pair", "trio"))
_AFFILIATING = frozenset(("of", "at", "for", "with", "from", "in", "within", "inside", "to", "on"))
_DEFINITE = frozenset(("the", "this", "that", "these", "those"))


@dataclass(frozen=True, slots=True)
class Reading:
    """Source words as read: ``head`` is a mention's number; ``also`` the further ones of ``A and B``."""

    reference: Reference
    words: Span
    head: int | None = None
    also: tuple[int, ...] = ()
    some: bool = False  # "many", "some of": some of those the head names
    one: bool = False  # "one of": one of them
    others: bool = False  # "and others", behind the head and the further ones


@dataclass(frozen=True, slots=True)
class Typed:
    """What a described source is, with the words it was read from as spans of the text."""

    kind: Kind
    naming: Naming
    name: str
    role: str | None = None
    affiliation: str | None = None


def source_words(seen: View, said: Attribution) -> tuple[Span, ...]:
    """The source's words, with the document that a cue holds (*according to a report by* the Marlin Institute); who
    told those that *learned of* something *from* somebody."""
    if (teller := _teller(seen, said)) is not None:
        return (teller,)
    if not said.source or not said.cue or said.cue[-1].end >= said.source[0].start:
        return said.source
    start, end = seen.within(said.cue[-1])
    first, last = seen.within(said.source[0])
    if end != first or seen.lower[end - 1 : end] not in (("by",), ("from",)):
        return said.source
    head = next((p for p in range(end - 2, start, -1) if seen.upos[p] == "NOUN"), None)
    if head is None or noun(seen, head) not in lexicon.DOCUMENT_NOUNS - lexicon.PRODUCTS - lexicon.AUTHORED:
        return said.source
    opens = next((p for p in range(head, start, -1) if seen.upos[p] == "DET"), head)
    return (seen.span(opens, last), *said.source[1:])


def _teller(seen: View, said: Attribution) -> Span | None:
    """``The crew learned of this from a letter``: the phrase behind *from* in the same clause."""
    if not said.source or not said.cue or said.source[0].start > said.cue[0].start:
        return None
    start, end = seen.within(said.cue[-1])
    if not any(seen.lemma[p] in ("learn", "hear") for p in range(start, end)):
        return None
    last = min(seen.bounds[seen.sentence[start]][1], end + 12)
    for place in range(end, last):
        if seen.lower[place] == "from":
            stop = next((p for p in range(place + 1, last) if seen.upos[p] in ("PUNCT", "AUX", "SCONJ")), last)
            return seen.span(place + 1, stop) if stop > place + 1 else None
        if seen.upos[place] in ("AUX", "PUNCT", "SCONJ") or seen.tokens[place].xpos in ("VBD", "VBZ", "VBP"):
            return None
    return None


def read(seen: View, mentions: Sequence[Mention], starts: Sequence[int], spans: Sequence[Span]) -> Reading | None:
    """Find the head of source words; None where there are none. ``starts`` are the mentions' starts, sorted."""
    for span in spans:
        start, end = seen.within(span)
        last = end - 1
        while last > start and seen.paragraph[last - 1] == seen.paragraph[end - 1]:
            last -= 1
        if start < last < end:  # words that run over a line's end: who speaks stands in the last line
            start, span = last, seen.span(last, end)
        while (
            start < end and seen.upos[start] in ("PUNCT", "CCONJ", "ADP", "SCONJ") and seen.lower[start] not in ("'s",)
        ):
            start += 1
        while end > start and seen.upos[end - 1] == "PUNCT" and seen.lower[end - 1] != ")":
            end -= 1
        if start < end:
            return _read(seen, mentions, starts, start, end, span)
    return None


def _read(seen: View, mentions: Sequence[Mention], starts: Sequence[int], start: int, end: int, span: Span) -> Reading:
    word = seen.lower[start]
    if word in lexicon.FIRST and (end - start == 1 or word in ("i", "we", "me", "us")):
        return Reading("first", span)
    if span.text.strip(" .:").lower() in ("q", "a", "question", "answer"):
        return Reading("answer" if span.text.strip().lower().startswith("a") else "question", span)
    if word in lexicon.SECOND and end - start == 1:
        return Reading("second", span)
    if word in lexicon.RELATIVE and (end - start == 1 or word in ("who", "which")):
        head = antecedent(seen, mentions, starts, start)
        return Reading("words", span) if head is None else Reading("mention", span, head)
    if (bearer := titled_name(seen, mentions, starts, start, end)) is not None:
        also, others = _further(seen, mentions, starts, bearer, end)
        return Reading("mention", span, bearer, also, others=others)
    head = _phrase(mentions, starts, start, end)
    if head is None:
        return Reading("words", span)
    some = word in lexicon.VAGUE_PRONOUNS
    if seen.lower[mentions[head].end : mentions[head].end + 1] == ("of",) and mentions[head].end < end:
        lemma = seen.lemma[mentions[head].head]
        below = _phrase(mentions, starts, mentions[head].end + 1, end)
        whole = below is not None and (
            lemma in lexicon.PARTITIVES or (lemma in _COLLECTIVES and mentions[below].plural)
        )
        if whole:
            head, some = below, True
    elif start + 1 < end and seen.lower[start + 1] == "of" and word in lexicon.PARTITIVES | lexicon.VAGUE_PRONOUNS:
        below = _phrase(mentions, starts, start + 2, end)
        head, some = (head if below is None else below), True
    assert head is not None
    head = _named_beside(seen, mentions, starts, head, end, one_of=some and word == "one")
    also, others = _further(seen, mentions, starts, head, end)
    return Reading("mention", span, head, also, some, word == "one" and mentions[head].plural, others)


def _further(
    seen: View, mentions: Sequence[Mention], starts: Sequence[int], head: int, end: int
) -> tuple[tuple[int, ...], bool]:
    """The mentions that ``and`` adds to a head, and whether ``and others`` stands behind them."""
    also: list[int] = []
    last = mentions[head].end
    while last + 1 < end and seen.lower[last] in ("and", ",", "or", "&"):
        following = last + 1
        if seen.lower[last] == "," and seen.lower[following] in ("and", "or"):
            following += 1
        nearby = _phrase(mentions, starts, following, end)
        if mentions[head].sort == "person" and "and" in seen.lower[last:following]:
            nearby = _titled(seen, mentions, starts, following, end, nearby)
            if nearby is not None and mentions[nearby].form == "name" and mentions[nearby].sort == "person":
                also.append(nearby)
                last = mentions[nearby].end
                continue
        if (
            nearby is None
            or mentions[nearby].phrase != following
            or (mentions[nearby].form != mentions[head].form and seen.lower[following] != "other")
            or (seen.lower[last] == "," and mentions[head].form == "nominal" and not mentions[head].plural)
            or (seen.lower[last] == "," and not _listed(seen, mentions[nearby].end, end))
        ):
            break
        also.append(nearby)
        last = mentions[nearby].end
    return tuple(also), seen.lower[last : last + 2] == ("and", "others") and last + 1 < end


def titled_name(seen: View, mentions: Sequence[Mention], starts: Sequence[int], start: int, end: int) -> int | None:
    """The person whom all words from ``start`` lead up to: ``Otter Bay Council Chief Dana Poe``, ``Head and Director
    for Ports Dana Poe``, ``the envoy to Ghana Dana Poe``."""
    for number in range(bisect_left(starts, start + 1), bisect_left(starts, end)):
        one = mentions[number]
        if one.form != "name" or one.sort != "person" or one.possessive or one.modifier or one.end > end:
            continue
        if lexicon.TITLES.issuperset(seen.lower[one.start : one.end]):
            continue
        ends = one.end == end or seen.lower[one.end] in _BEHIND_NAME
        if ends and _one_title(seen, start, one.start):
            return number
    return None


def _one_title(seen: View, start: int, end: int) -> bool:
    """Whether words say what one person is: his title last, or before a preposition and what it is of."""
    words, tags = seen.lower[start:end], seen.upos[start:end]
    if any(tag in _FINITE and seen.tokens[start + n].xpos not in ("VBG", "VBN") for n, tag in enumerate(tags)):
        return False
    if any(tag in ("PRON", "SCONJ") and word not in lexicon.POSSESSIVE for word, tag in zip(words, tags, strict=True)):
        return False
    called = [p for p in range(start, end) if lexicon.noun_kind(noun(seen, p)) == "person" and not seen.plural(p)]
    if not called or "ADP" in seen.upos[start : called[0]]:
        return False
    of = next((p for p in range(called[0] + 1, end) if seen.upos[p] == "ADP"), end)
    if of < end:
        told = of - 1 in called and seen.upos[end - 1] in _NOUNS and seen.lower[start] not in ("a", "an")
        if not told or seen.lower[of] not in _TITLE_OF or any(p > of for p in called):
            return False
    elif end - 1 not in called:
        return False
    title = seen.lower[start:of]
    if "," in title or any(word in ("“", "”", '"') for word in words):
        return False
    if "and" not in title:
        return True
    joint = start + title.index("and")
    compound = called[0] > joint and seen.tokens[joint - 1].text.islower() and seen.upos[joint - 1] == "NOUN"
    return (joint - 1 in called and "DET" not in (tags[0], seen.upos[joint + 1])) or compound


_BEHIND_NAME = frozenset((",", "(", "who", "–", "—", "of", "from", "at", "in"))
_TITLE_OF = frozenset(("of", "for", "to", "in", "at", "on"))
_NOUNS = frozenset(("NOUN", "PROPN"))


def _titled(
    seen: View, mentions: Sequence[Mention], starts: Sequence[int], start: int, end: int, nearby: int | None
) -> int | None:
    """``and city attorney Jane Roe``, ``and its chairman, Jane Roe,``: the name behind its title; else ``nearby``."""
    for number in range(bisect_left(starts, start), len(mentions)):
        other = mentions[number]
        if other.end > end or not _no_verb(seen, start, other.end) or "and" in seen.lower[start : other.start]:
            break
        if other.form == "name" and other.sort == "person" and not other.possessive and not other.modifier:
            return number
    return nearby


def _listed(seen: View, place: int, end: int) -> bool:
    return place < end and seen.lower[place] in ("and", ",", "or") and "and" in seen.lower[place:end]


def _phrase(mentions: Sequence[Mention], starts: Sequence[int], start: int, end: int) -> int | None:
    """The mention that heads the first noun phrase at or after ``start``."""
    at = bisect_left(starts, start)
    while at > 0 and mentions[at - 1].phrase >= start - 12 and mentions[at - 1].end > start:
        at -= 1
    first: int | None = None
    for number in range(at, len(mentions)):
        one = mentions[number]
        if one.phrase >= end:
            break
        if not start <= one.head < end or (one.form == "pronoun" and one.possessive and one.end < end):
            continue
        if first is None:
            first = number
        elif one.phrase <= mentions[first].phrase or one.phrase < mentions[first].end:
            if one.head > mentions[first].head:
                first = number
        else:
            break
    return first


def _named_beside(
    seen: View, mentions: Sequence[Mention], starts: Sequence[int], head: int, end: int, one_of: bool = False
) -> int:
    """``Secretary of State Mike Pompeo``, ``the group's director, John Smith``: the name that the noun introduces."""
    one = mentions[head]
    if one.form != "nominal" and not (one.form == "name" and one.sort in ("unknown", "organization")):
        return head
    for number in range(bisect_left(starts, one.end), len(mentions)):
        other = mentions[number]
        if other.start >= end:
            break
        if other.form != "name" or other.possessive or other.modifier or not _calls(seen, one, other):
            continue
        between = seen.lower[one.end : max(one.end, min(other.start, other.phrase))]
        title = between[:1] == ("of",) and 2 <= len(between) <= 6 and "," not in between and other.phrase < other.start
        aside = between[-1:] == (",",) and between.count(",") == 1 and (one_of or not one.plural)
        closed = other.end >= end or seen.lower[other.end] in (",", "(", "–", "—", "of", "from", "at")
        if title or not between or (aside and closed and _no_verb(seen, one.end, other.start)):
            return number
    return head


def _calls(seen: View, one: Mention, other: Mention) -> bool:
    """Whether a noun may introduce a name: any noun a person's, *company* and *contractor* also a firm's."""
    firm = one.form == "nominal" and (one.sort == "organization" or noun(seen, one.head) in lexicon.FIRMS)
    return other.sort == "person" or (firm and other.sort in ("organization", "unknown"))


def _no_verb(seen: View, start: int, end: int) -> bool:
    return not any(tag in ("VERB", "AUX") for tag in seen.upos[start:end])


def antecedent(seen: View, mentions: Sequence[Mention], starts: Sequence[int], place: int) -> int | None:
    """The mention that a relative pronoun at ``place`` belongs to: the head of the phrase right before it."""
    first = seen.bounds[seen.sentence[place]][0]
    stop = place - 1 if place > first and seen.lower[place - 1] in (",", "-", "–", "—", "of") else place
    while stop > first + 1 and (seen.lower[stop - 1] in lexicon.TIMES or seen.upos[stop - 1] == "NUM"):
        stop -= 1  # a poll published on Thursday that
        if seen.upos[stop - 1] == "ADP":
            stop -= 1
        if seen.tokens[stop - 1].xpos in ("VBN", "VBD"):
            stop -= 1
    best: int | None = None
    for number in range(bisect_left(starts, first), bisect_left(starts, place)):
        one = mentions[number]
        if (one.end == stop and one.form != "pronoun" and not one.modifier) or (
            one.end == stop - 1 and seen.lower[stop - 1] == ")"
        ):
            best = number
    if best is None:
        return None
    if seen.lower[place] not in ("who", "whom"):
        return _document_before(seen, mentions, starts, first, best)
    while mentions[best].sort not in ("person", "group", "unknown"):
        # "a spokesman for the ministry, who": the person further left
        earlier = [
            n
            for n in range(bisect_left(starts, first), best)
            if mentions[n].sort in ("person", "group")
            and mentions[n].end <= mentions[best].phrase
            and not mentions[n].modifier
        ]
        if not earlier:
            return best
        best = earlier[-1]
    return best


def _document_before(seen: View, mentions: Sequence[Mention], starts: Sequence[int], first: int, best: int) -> int:
    """``an email to Holm from the ministry that said``: the email, where prepositions alone stand between."""
    for number in reversed(_inside(mentions, starts, first, mentions[best].phrase)):
        one = mentions[number]
        if one.end > mentions[best].phrase or one.form == "pronoun" or one.modifier or one.possessive:
            continue
        between = seen.upos[one.end : mentions[best].phrase]
        if not between or any(tag not in ("ADP", "DET", "PROPN", "NOUN", "ADJ", "NUM") for tag in between):
            return best
        if one.sort == "document" and seen.upos[one.end] == "ADP":
            return number
    return best


def named_inside(seen: View, mentions: Sequence[Mention], starts: Sequence[int], number: int) -> int | None:
    """The name that ``website`` or ``group`` only stands beside (``the respected 38 North group``)."""
    one = mentions[number]
    if one.form != "nominal":
        return None
    if noun(seen, one.head) in lexicon.PRODUCTS:
        return _maker(seen, mentions, starts, one)
    if one.plural or noun(seen, one.head) not in lexicon.OUTLET_NOUNS:
        return None
    for inner in _inside(mentions, starts, one.phrase, one.head):
        other = mentions[inner]
        tight = other.end == one.head and not other.possessive
        if (
            other.form == "name"
            and tight
            and other.sort in ("organization", "unknown", "place")
            and (" ".join(seen.lower[other.start : other.end]) not in _COUNTRIES)
        ):
            return inner
    return None


def speaks_for(seen: View, mentions: Sequence[Mention], starts: Sequence[int], number: int) -> int | None:
    """The mention whose word a noun phrase is: an outlet's or a maker's name in it, or the author of a post."""
    inner = named_inside(seen, mentions, starts, number)
    return author(seen, mentions, starts, number) if inner is None else inner


def _maker(seen: View, mentions: Sequence[Mention], starts: Sequence[int], one: Mention) -> int | None:
    """The organization beside its product: ``a Marlin Institute poll``, ``the Gazette's database``, ``a tally by``,
    ``data that a newspaper obtained from the club's rowing program``."""
    behind = one.end + 1 if seen.lower[one.end : one.end + 1] in (("by",), ("from",)) else _giver(seen, one)
    for inner in _inside(mentions, starts, one.phrase, behind + 8):
        other = mentions[inner]
        beside = other.end <= one.head or (other.phrase == behind and not other.possessive)
        told = other.form == "name" or (other.form == "nominal" and other.phrase == behind and other.start == behind)
        if told and other.sort == "organization" and beside:
            words = " ".join(seen.lower[other.start : other.end])
            return None if words in _COUNTRIES or words in lexicon.PLATFORMS else inner
    return None


def _giver(seen: View, one: Mention) -> int:
    """Where those begin *from* whom a product was *obtained by* somebody else; the end of the text for nobody."""
    if seen.lemma[one.end : one.end + 1] in _TAKEN and seen.lower[one.end + 1 : one.end + 2] == ("by",):
        for place in range(one.end + 2, min(one.end + 9, len(seen.tokens))):
            if seen.lower[place] == "from":
                return place + 1
            if seen.upos[place] in _FINITE or seen.lower[place] == ",":
                break
    return len(seen.tokens)


_TAKEN = (("obtain",), ("request",), ("gather",), ("collect",), ("get",))


def author(seen: View, mentions: Sequence[Mention], starts: Sequence[int], number: int) -> int | None:
    """The person whose post or speech a noun phrase is: ``Holm's post``, ``her column``, ``a tweet by Holm``."""
    one = mentions[number]
    if one.form != "nominal" or noun(seen, one.head) not in lexicon.AUTHORED:
        return None
    if (owner := possessor(seen, mentions, starts, number)) is not None:
        return owner if mentions[owner].sort == "person" else None
    if seen.lower[one.end : one.end + 1] in (("by",), ("from",)):
        for inner in _inside(mentions, starts, one.end, one.end + 8):
            if mentions[inner].form == "name" and mentions[inner].phrase == one.end + 1:
                return inner if mentions[inner].sort == "person" else None
    return None


def possessor(seen: View, mentions: Sequence[Mention], starts: Sequence[int], number: int) -> int | None:
    """The mention whose the head of a noun phrase is: ``her`` of ``her attorneys``, ``Holm`` of ``Holm's lawyers``."""
    one = mentions[number]
    owners = [
        inner
        for inner in _inside(mentions, starts, one.phrase, one.head)
        if mentions[inner].possessive and mentions[inner].form in ("name", "pronoun") and mentions[inner].end < one.end
    ]
    return owners[-1] if owners else None


def complement(seen: View, mention: Mention) -> int:
    """Where a noun phrase with its prepositional phrases ends: ``an official from the president's office``."""
    last = seen.bounds[seen.sentence[mention.head]][1]
    place = end = mention.end
    written = mention.sort == "document"
    if written and place < last and seen.tokens[place].xpos in ("VBN", "VBD") and seen.lemma[place] in _ISSUING:
        by = next((p for p in range(place + 1, min(last, place + 6)) if seen.lower[p] in ("by", "for", "in")), None)
        if by is not None and not any(seen.upos[p] in _FINITE or seen.lower[p] == "," for p in range(place + 1, by)):
            place = by
    while place < last and place - mention.end < 18:
        word, tag = seen.lower[place], seen.upos[place]
        if tag == "ADP" and (word in _AFFILIATING or word in ("close", "about", "on") or (written and word == "by")):
            inner = place + 1
            while inner < last and (
                seen.upos[inner] in ("DET", "ADJ", "NOUN", "PROPN", "NUM", "PART")
                or seen.lower[inner] in ("&", "'s")
                or seen.lower[inner] in lexicon.POSSESSIVE
                or (
                    seen.upos[inner] == "CCONJ"
                    and seen.upos[inner - 1] == "PROPN"
                    and inner + 1 < last
                    and seen.upos[inner + 1] == "PROPN"
                )
            ):
                inner += 1
            if seen.lower[place] in ("on", "in") and any(seen.lower[p] in _DAYS for p in range(place + 1, inner)):
                break
            if inner == place + 1:
                break
            place = end = inner
        elif (word == "close" and seen.lower[place + 1 : place + 2] == ("to",)) or word == "familiar":
            place += 1
        else:
            break
    while end > mention.end and seen.lower[end - 1] in _DAYS:
        end -= 1
    return end


_COUNTRIES = frozenset(lexicon.METONYMS.values()) | frozenset(lexicon.COUNTRY_FORMS)
_FINITE = frozenset(("VERB", "AUX"))
_ISSUING = frozenset(
    ("publish", "release", "conduct", "commission", "issue", "start", "write", "launch", "compile", "produce", "file",
     "prepare", "draft")
)  # fmt: skip
_DAYS = lexicon.TIMES | {"statement", "interview"}


def described(seen: View, mentions: Sequence[Mention], starts: Sequence[int], number: int, some: bool = False) -> Typed:
    """What a noun phrase says of the source it names or describes."""
    one = mentions[number]
    stop = complement(seen, one)
    begin = one.phrase
    name = " ".join(seen.span(begin, stop).text.split())
    inside = [m for m in _inside(mentions, starts, begin, stop) if mentions[m].form == "name" and m != number]
    before = [m for m in inside if mentions[m].end <= one.head]
    lemma = noun(seen, one.head)
    modifiers = [p for p in range(begin, one.head) if seen.upos[p] in ("NOUN", "ADJ", "PROPN", "VERB")]
    affiliation = _affiliation(seen, mentions, starts, inside, one, stop) or _capitals_before(seen, one)
    if affiliation is None and one.sort in ("person", "group"):
        affiliation = _employer(seen, mentions, starts, one)
    bare = "".join(seen.lower[begin : begin + 1]) not in _DEFINITE
    role_start = begin
    while role_start < one.head and (
        seen.upos[role_start] in ("DET", "NUM") or seen.lower[role_start] in lexicon.POSSESSIVE | lexicon.VAGUE_PRONOUNS
    ):
        role_start += 1
    role = " ".join(seen.span(role_start, one.end).text.split())
    sort: Sort = "group" if one.sort == "organization" and one.plural else one.sort
    if lemma in ("police", "military", "army", "government"):
        sort = "organization"
    if sort == "document":
        issuer = _issuer(seen, mentions, inside, one)
        if issuer is None:
            return Typed("document", "described", name)
        body = " ".join(seen.span(mentions[issuer].start, mentions[issuer].end).text.split())
        return Typed("document", "named", name, affiliation=None if mentions[issuer].sort == "person" else body)
    if lemma in ("percent", "%"):
        sort = "group"  # 64 percent of those asked
    if sort in ("organization", "place"):
        if lemma in ("police", "coastguard") and not modifiers:
            return Typed("organization", "named", name)  # an institution, whose name this is
        if before and not one.plural:
            return Typed("organization", "named", " ".join(seen.span(_article(seen, begin), one.end).text.split()))
        return Typed(
            "organization", "named" if seen.upos[one.head] == "PROPN" else "described", name, affiliation=affiliation
        )
    if sort == "group" or one.plural:
        capitals = any(seen.tokens[p].text[0].isupper() for p in modifiers if p > seen.bounds[seen.sentence[p]][0])
        knows = seen.lower[one.end : one.end + 1] in (("familiar",), ("close",), ("near",)) or "watcher" in lemma
        tells = affiliation is not None or capitals or (stop > one.end and not knows)
        drawn = _drawn(seen, begin, one)
        vague = (lemma in lexicon.VAGUE_NOUNS and not tells and not drawn) or (some and not tells)
        return Typed("group", "vague" if vague else "described", name, role if tells else None, affiliation)
    if sort == "person":
        tells = affiliation is not None or bool(modifiers) or stop > one.end
        owned = seen.lower[begin] in lexicon.POSSESSIVE
        vague = lemma in lexicon.VAGUE_NOUNS - {"official"} and bare and not tells and not owned
        return Typed("person", "vague" if vague else "described", name, role, affiliation)
    return Typed("group" if one.plural and _speaks(seen, stop) else "unknown", "described", name)


def _drawn(seen: View, begin: int, one: Mention) -> bool:
    """A number, an owner or a telling word draws a line around a group: ``two aides``, ``transport officials``."""
    knows = noun(seen, one.head) in lexicon.KNOWING
    return any(
        seen.upos[p] == "NUM"
        or seen.lower[p] in lexicon.POSSESSIVE
        or (seen.upos[p] in ("NOUN", "PROPN") and not knows)
        or (seen.upos[p] in ("ADJ", "VERB") and seen.lower[p] not in lexicon.TELLING_NOTHING and not knows)
        for p in range(begin, one.head)
    )


def _issuer(seen: View, mentions: Sequence[Mention], inside: Sequence[int], one: Mention) -> int | None:
    """Who issued a document: the name before its noun, or behind *by*, *from*, *for* or *in the journal*."""
    for number in inside:
        other = mentions[number]
        if other.end <= one.head and other.sort in ("organization", "unknown"):
            return number
        before = seen.lower[other.phrase - 1]
        journal = before == "in" and any(
            word in ("journal", "magazine") for word in seen.lower[other.phrase : other.end]
        )
        if other.start > one.head and (before in ("by", "from", "for") or journal) and other.sort != "place":
            return number
    return None


def _speaks(seen: View, stop: int) -> bool:
    """What reports is somebody, whatever the noun."""
    return stop < len(seen.tokens) and seen.lemma[stop] in ("say", "tell", "think", "believe", "hope", "argue", "warn")


def _employer(seen: View, mentions: Sequence[Mention], starts: Sequence[int], one: Mention) -> str | None:
    """``county attorneys``, ``Holm's lawyers, from the law firm Marlin Legal``: whom they are of."""
    place = one.end
    if seen.lower[place : place + 1] == (",",) and seen.lower[place + 1 : place + 2] in (("from",), ("of",), ("with",)):
        for number in _inside(mentions, starts, place + 2, place + 12):
            other = mentions[number]
            if other.form == "name" and other.phrase == place + 2 and other.sort == "organization":
                return " ".join(seen.span(other.start, other.end).text.split())
    before = seen.lower[one.head - 1] if one.head > one.phrase else ""
    return before if before in lexicon.BODIES else None


def _capitals_before(seen: View, one: Mention) -> str | None:
    """``Anduril`` of ``an Anduril official``, where the analysis knew no name."""
    start = one.head
    while start > one.phrase and seen.tokens[start - 1].text[0].isupper() and seen.upos[start - 1] in ("PROPN", "NOUN"):
        start -= 1
    while start < one.head and (
        seen.lower[start] in lexicon.TITLES or start == seen.bounds[seen.sentence[one.head]][0]
    ):
        start += 1
    if start == one.head or one.sort not in ("person", "group") or seen.lower[start] in lexicon.PERSON_NOUNS:
        return None
    if any(one.type == "NORP" and one.start == seen.tokens[start].start for one in seen.analysis.entities):
        return None  # Republican leaders
    return seen.span(start, one.head).text


def _article(seen: View, begin: int) -> int:
    return begin + 1 if seen.upos[begin] == "DET" else begin


def _inside(mentions: Sequence[Mention], starts: Sequence[int], start: int, end: int) -> range:
    return range(bisect_left(starts, start), bisect_left(starts, end))


def _affiliation(
    seen: View, mentions: Sequence[Mention], starts: Sequence[int], inside: Sequence[int], one: Mention, stop: int
) -> str | None:
    """The organization (or the place) that a described source belongs to."""
    for sorts in (("organization",), ("place", "unknown")):
        for number in inside:
            other = mentions[number]
            if other.sort not in sorts:
                continue
            end = other.end
            if end > one.end and other.possessive:
                # "South Korea's presidential office": the whole phrase
                end = max(
                    [
                        m.end
                        for m in (mentions[n] for n in _inside(mentions, starts, other.phrase, stop))
                        if m.phrase == other.phrase and m.end <= stop
                    ],
                    default=end,
                )
            return " ".join(
                seen.span(_article(seen, other.phrase) if end > other.end else other.start, end).text.split()
            )
    for place in range(one.end, stop):
        if seen.lower[place] in ("for", "from", "at", "with", "of") and noun(seen, one.head) != "secretary":
            for other in (mentions[n] for n in _inside(mentions, starts, place + 1, stop)):
                if other.phrase == place + 1 and other.sort == "organization":
                    return " ".join(seen.span(_article(seen, other.phrase), other.end).text.split())
    return None


def affiliation_in(seen: View, mentions: Sequence[Mention], starts: Sequence[int], start: int, end: int) -> str | None:
    """The organization named in the words of a role (``director of research at the Aldgate Institute``)."""
    for sorts in (("organization",), ("place",)):
        for number in _inside(mentions, starts, start, end):
            one = mentions[number]
            if one.form == "name" and one.sort in sorts and one.end <= end:
                return " ".join(seen.span(one.start, one.end).text.split())
    return None
