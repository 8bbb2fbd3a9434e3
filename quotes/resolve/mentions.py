"""Mentions: every name, noun phrase and third-person pronoun of an article that may stand for a source.

A mention is found from the analysis alone (entities, tags, lemmas): names are its entities and the runs of proper
nouns it missed; nominals are base noun phrases whose head is a common noun; a possessor is a mention of its own.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal

from quotes import marks
from quotes.records import Analysis, Span, Token
from quotes.resolve import lexicon

Form = Literal["name", "nominal", "pronoun"]
Sort = Literal["person", "organization", "place", "group", "document", "unknown"]

_SORTS: dict[str, Sort] = {
    "PERSON": "person", "PER": "person", "ORG": "organization", "ORGANIZATION": "organization", "LOC": "place",
    "GPE": "place", "LOCATION": "place", "FACILITY": "place", "FAC": "place",
}  # fmt: skip
_INITIALISM = re.compile(r"(?:[A-Z]\.)+[A-Z]")
_APOSTROPHES = ("'", "’")
_POSSESSIVES = ("'s", "’s")
_NOMINAL_TAGS = frozenset(("NOUN", "PROPN"))
_INSIDE = frozenset(("NOUN", "PROPN", "ADJ", "NUM", "SYM"))
_PARTICIPLES = frozenset(("VBG", "VBN"))


@dataclass(frozen=True, slots=True)
class Mention:
    """``[start, end)`` and ``head`` are places in :attr:`View.tokens`; ``phrase`` is where its base phrase begins."""

    start: int
    end: int
    head: int
    phrase: int
    form: Form
    sort: Sort
    plural: bool = False
    possessive: bool = False
    entity: bool = False
    modifier: bool = False  # it stands before another head: the "Clinton" of "the Clinton campaign"


@dataclass(frozen=True, slots=True)
class View:
    """An analysis as flat columns, one entry a token: lower-cased words, tags, and where each word stands."""

    analysis: Analysis
    tokens: tuple[Token, ...]
    lower: tuple[str, ...]
    lemma: tuple[str, ...]
    upos: tuple[str, ...]
    sentence: tuple[int, ...]
    paragraph: tuple[int, ...]
    quotation: tuple[int, ...]  # number of the outermost quotation that holds the word, from 1; 0 outside
    starts: tuple[int, ...]
    bounds: tuple[tuple[int, int], ...]  # of each sentence, in tokens
    quoted: tuple[marks.Quoted, ...] = field(default=())
    paragraphs: tuple[tuple[int, int], ...] = field(default=())
    people: frozenset[int] = frozenset()  # the tokens of people's names
    called: frozenset[str] = frozenset()  # and the words of these names

    @property
    def text(self) -> str:
        return self.analysis.text

    def span(self, start: int, end: int) -> Span:
        return self.analysis.article.span(self.tokens[start].start, self.tokens[end - 1].end)

    def plural(self, place: int) -> bool:
        """Whether a noun is plural, by its tag or its form."""
        return _plural(self, place)

    def quotation_at(self, offset: int) -> marks.Quoted | None:
        """The outermost quotation that holds an offset."""
        at = bisect_right(self.quoted, offset, key=lambda one: one.start) - 1
        return self.quoted[at] if at >= 0 and offset < self.quoted[at].end else None

    def within(self, span: Span) -> tuple[int, int]:
        """The tokens that touch a span, as ``[start, end)``; an empty range where there is none."""
        start = bisect_right(self.starts, span.start)
        if start and self.tokens[start - 1].end > span.start:
            start -= 1
        return start, bisect_left(self.starts, span.end)


def view(analysis: Analysis) -> View:
    """The columns of an analysis; a title's or an initial's stop is brought back to it (``Gov`` ``.`` ``Newsom``)."""
    tokens: list[Token] = []
    sentence: list[int] = []
    for one in analysis.sentences:
        goes_on = bool(tokens) and _abbreviates(tokens[-1].text) and tokens[-1].text.endswith(".")
        number = sentence[-1] if goes_on else sentence[-1] + 1 if sentence else 0
        for token in one.tokens:
            last = tokens[-1] if tokens else None
            touches = last is not None and last.end == token.start
            if last and touches and token.text == "." and (_abbreviates(last.text) or _INITIALISM.fullmatch(last.text)):
                tokens[-1] = replace(last, end=token.end, text=last.text + ".", lemma=last.text.lower())
            elif last and touches and token.text.lower() == "s" and last.text in _APOSTROPHES:
                tokens[-1] = replace(
                    last, end=token.end, text=last.text + token.text, lemma="'s", upos="PART", xpos="POS"
                )
            elif len(token.text) > 3 and token.text[-2:].lower() in _POSSESSIVES and token.upos in _NOMINAL_TAGS:
                cut = token.end - 2
                tokens.append(replace(token, end=cut, text=token.text[:-2], lemma=token.lemma.removesuffix("'s")))
                tokens.append(Token(cut, token.end, token.text[-2:], "'s", "PART", "POS"))
                sentence += [number, number]
            else:
                tokens.append(token)
                sentence.append(number)
    starts = tuple(token.start for token in tokens)
    blocks = marks.paragraphs(analysis.text)
    quotations = tuple(one for one in marks.quoted(analysis.text) if one.depth == 0)
    quotation = [0] * len(tokens)
    for number, quoted in enumerate(quotations, 1):
        for place in range(bisect_left(starts, quoted.start), bisect_left(starts, quoted.end)):
            quotation[place] = number
    edges = [place for place in range(len(tokens)) if place == 0 or sentence[place] != sentence[place - 1]]
    people = frozenset(
        place
        for entity in analysis.entities
        if _SORTS.get(entity.type.upper()) == "person"
        for place in range(bisect_left(starts, entity.start), bisect_left(starts, entity.end))
    )
    return View(
        analysis,
        tuple(tokens),
        tuple(token.text.lower().replace("’", "'") for token in tokens),
        tuple((token.lemma or token.text).lower() for token in tokens),
        tuple(_tag(tokens, place) for place in range(len(tokens))),
        tuple(sentence),
        tuple(_numbers(starts, [start for start, _ in blocks])),
        tuple(quotation),
        starts,
        tuple(zip(edges, [*edges[1:], len(tokens)], strict=False)),
        quotations,
        blocks,
        people,
        frozenset(tokens[place].text.lower() for place in people if tokens[place].text[0].isupper()),
    )


def _abbreviates(text: str) -> bool:
    word = text.rstrip(".")
    return word.lower() in lexicon.ABBREVIATED and word[:1].isupper()


def _tag(tokens: Sequence[Token], place: int) -> str:
    """The word's tag; ``official``, ``expert`` and their like are nouns where nothing follows to modify."""
    tag, xpos = tokens[place].upos, tokens[place].xpos
    if tag in _NOMINAL_TAGS and xpos in ("VBD", "VBZ", "VBP"):
        return "VERB"
    clause = place + 1 < len(tokens) and tokens[place + 1].upos == "SCONJ" and tokens[place + 1].text == "that"
    if tag == "NOUN" and clause and place and tokens[place].text == "show" and tokens[place - 1].upos == "NOUN":
        return "VERB"  # the data show that, which taggers take for a data show
    titled = place > 0 and tokens[place - 1].text.lower().rstrip(".") in lexicon.HONORIFICS
    if tag == "ADJ" and titled and tokens[place].text.istitle() and tokens[place - 1].text.istitle():
        return "PROPN"  # Ms Large
    if tag == "ADJ" and xpos == "NNP" and not tokens[place].text.endswith(("an", "ese", "ish", "ic")):
        return "PROPN"
    if tag != "ADJ" or tokens[place].text.lower() not in lexicon.PERSON_NOUNS:
        return tag
    following = tokens[place + 1] if place + 1 < len(tokens) else None
    return tag if following is not None and (following.upos in _INSIDE or following.text in "-–") else "NOUN"


def _numbers(starts: Sequence[int], edges: Sequence[int]) -> list[int]:
    return [max(0, bisect_right(edges, start) - 1) for start in starts]


def mentions(seen: View) -> tuple[Mention, ...]:
    """The mentions of an article in the order of the text; those that start together, the longer first."""
    names = list(_entities(seen))
    taken = [False] * len(seen.tokens)
    for name in names:
        taken[name.start : name.end] = [True] * (name.end - name.start)
    phrases = [phrase for bounds in seen.bounds for phrase in _phrases(seen, *bounds)]
    over: dict[int, tuple[int, int]] = {}
    for start, end in phrases:
        over.update(dict.fromkeys(range(start, end), (start, end)))
    found = []
    for name in names:
        begin = over.get(name.start, (name.start, name.end))[0]
        stop = over.get(name.head, (name.start, name.end))[1]
        found.append(replace(name, phrase=min(begin, name.start), modifier=stop > name.end and not name.possessive))
    for start, end in phrases:
        if not taken[end - 1]:
            found += _nominal(seen, start, end, taken)
    found += [one for place in range(len(seen.tokens)) if (one := _pronoun(seen, place))]
    return tuple(sorted((one for one in found if not _label(seen, one)), key=lambda one: (one.start, -one.end)))


def _label(seen: View, one: Mention) -> bool:
    """``Headline:``, ``Photo:``: what names a line, not somebody; and a party's mark, as in ``D-Hartford``."""
    follows = seen.lower[one.end : one.end + 1] == (":",)
    opens = one.start == 0 or seen.paragraph[one.start - 1] != seen.paragraph[one.start]
    if not seen.tokens[one.start].text[0].isalnum() and seen.tokens[one.start].text[0] not in "@#":
        return True
    party = one.end - one.start > 1 and seen.lower[one.start] in ("d", "r", "i") and seen.lower[one.start + 1] == "-"
    if party or re.fullmatch(r"[DRI]-[A-Z].*", seen.tokens[one.start].text):
        return True
    alone = opens and one.end - one.phrase == 1
    goes_on = one.end < len(seen.tokens) and seen.paragraph[one.end] == seen.paragraph[one.head]
    if alone and goes_on and seen.tokens[one.end].text.islower():
        return False  # Sources in the ministry said
    return seen.lower[one.head] in lexicon.LABELS and (follows or alone)


def _entities(seen: View) -> Iterator[Mention]:
    """The analysis' names, without titles, mended where it broke one: ``Paul`` ``M.`` ``Cole``, ``Jae`` ``-in``."""
    spans = list(_named(seen))
    last = 0
    for number, (start, end, sort) in enumerate(spans):
        start = max(start, last)
        after = spans[number + 1] if number + 1 < len(spans) else None
        if sort == "person" and after and after[2] == "person" and _one_name(seen, end, after[0]):
            end = after[1]
        while start < end and (
            seen.lower[start].rstrip(".") in lexicon.SHORT_TITLES | lexicon.TIMES
            or seen.upos[start] in ("DET", "PUNCT")
            or not (seen.lower[start][0].isalnum() or seen.lower[start][0] in "@#")  # a dash that it takes for a word
        ):
            start += 1
        while start < end and (seen.lower[end - 1] in ("'s", "'") or seen.upos[end - 1] == "PUNCT"):
            end -= 1
        low = start < end and seen.tokens[end - 1].text[0].islower() and len(seen.lower[end - 1]) > 3
        if start >= end or (low and seen.lower[end - 2] != "-"):  # Ban Ki-moon is a name
            continue
        if end - start == 1 and _plural(seen, start) and noun(seen, start) in lexicon.PERSON_NOUNS:
            continue  # Forecasters
        if sort == "organization":
            start = _first_half(seen, start, last)
        if sort == "person":
            end = _whole_name(seen, end, after[0] if after else len(seen.tokens))
        last = end
        yield Mention(start, end, end - 1, start, "name", sort, False, _possessive(seen, end), True)


def _named(seen: View) -> Iterator[tuple[int, int, Sort]]:
    """The entities that may be sources, as token ranges; one with a comma is cut there (``Newport, Wilburn``)."""
    for entity in seen.analysis.entities:
        start, end = seen.within(Span(entity.start, entity.end, entity.text))
        sort = _SORTS.get(entity.type.upper())
        if sort is None and start < end and seen.lower[end - 1] in lexicon.ORGANIZATION_ENDINGS | lexicon.FIRM_ENDINGS:
            sort = "organization"
        if sort is None:
            continue
        commas = [place for place in range(start, end) if seen.lower[place] == ","]
        owner = next((p for p in range(start + 1, end - 2) if seen.lower[p] == "'s"), None)
        if owner is not None and end - owner == 3 and _of_person(seen, owner + 1, end):
            yield start, owner, "organization" if sort == "person" else sort
            yield owner + 1, end, "person"  # the Trust's Ada Holm
            continue
        for first, last in zip([start, *(place + 1 for place in commas)], [*commas, end], strict=True):
            if first < last:
                yield first, last, sort if first == start else "unknown"


def _of_person(seen: View, start: int, end: int) -> bool:
    """Two capitals that no organization's name has."""
    return all(
        seen.upos[place] == "PROPN"
        and seen.tokens[place].text.istitle()
        and seen.lower[place] not in lexicon.ORGANIZATION_NAME_WORDS | lexicon.ORGANIZATION_ENDINGS
        for place in range(start, end)
    )


def _first_half(seen: View, start: int, limit: int) -> int:
    """Where an organization's name begins that the analysis cut at its *and*: ``Customs and Border Protection``."""
    if (
        start - 2 < limit
        or seen.lower[start - 1] != "and"
        or not _joins(seen, start - 1, seen.bounds[seen.sentence[start]][1])
    ):
        return start
    start -= 2
    while start > limit and _capitalised(seen, start - 1) and seen.sentence[start - 1] == seen.sentence[start]:
        start -= 1
    return start


def _one_name(seen: View, end: int, start: int) -> bool:
    """Two parts of a name with an initial or a nickname in marks between them."""
    between = [seen.tokens[place].text for place in range(end, start)]
    if len(between) == 1:
        return len(between[0].rstrip(".")) == 1 and between[0][0].isupper()
    return len(between) == 3 and between[0] in "\"“‘'(" and between[2] in "\"”’')" and between[1][:1].isupper()


def _whole_name(seen: View, end: int, limit: int) -> int:
    """Where a person's name ends that the analysis cut short before a hyphen or a further name."""
    last = seen.bounds[seen.sentence[end - 1]][1]
    while end < min(last, limit):
        joined = seen.lower[end] == "-" and end + 1 < last and seen.tokens[end].start == seen.tokens[end - 1].end
        if joined and seen.tokens[end + 1].start == seen.tokens[end].end and len(seen.lower[end + 1]) < 4:
            end += 2
        elif (
            seen.upos[end] == "PROPN"
            and seen.tokens[end].text[0].isupper()
            and seen.lower[end] not in lexicon.TIMES
            and (seen.lower[end] not in lexicon.ORGANIZATION_NAME_WORDS and seen.tokens[end].xpos != "NNPS")
        ):
            end += 1
        else:
            break
    return end


def _phrases(seen: View, first: int, last: int) -> Iterator[tuple[int, int]]:
    """Base noun phrases of one sentence; ``38 North's Bermudez`` gives ``38 North`` and ``38 North's Bermudez``."""
    place = first
    while place < last:
        begin = place
        if seen.upos[place] == "DET" or (seen.lower[place] in lexicon.POSSESSIVE and seen.upos[place] == "PRON"):
            place += 1
        body = place
        while place < last and _goes_on(seen, body, place, last):
            place += 1
        end = place
        while end > body and (
            seen.upos[end - 1] not in _NOMINAL_TAGS or (end - body > 1 and seen.lower[end - 1] in lexicon.TIMES)
        ):
            end -= 1
        if end > body and seen.lower[end - 1] not in lexicon.TIMES:
            yield begin, end
            while (
                end < last - 1
                and seen.lower[end] in ("'s", "'", "’s")
                and seen.tokens[end].start == seen.tokens[end - 1].end
            ):
                place = end + 1
                while place < last and _goes_on(seen, end + 1, place, last):
                    place += 1
                stop = place
                while stop > end + 1 and seen.upos[stop - 1] not in _NOMINAL_TAGS:
                    stop -= 1
                if stop == end + 1:
                    break
                yield begin, stop
                end = stop
        place = max(place, end, begin + 1)


def _goes_on(seen: View, body: int, place: int, last: int) -> bool:
    tag = seen.upos[place]
    if tag in _INSIDE:
        return True
    if seen.lower[place] == "'s" or tag in ("DET", "PRON"):
        return False
    after = seen.upos[place + 1] if place + 1 < last else ""
    if tag == "VERB" and place > body and seen.lower[place - 1] == "-" and _tight(seen, place - 1) and after in _INSIDE:
        return True  # North Korea-focused
    if tag == "PUNCT":
        compound = after == "VERB" and place + 2 < last and seen.upos[place + 2] in _INSIDE
        joins = seen.lower[place] in ("-", "–", "/", "&") and place > body and _tight(seen, place)
        return joins and (after in _INSIDE or compound)
    if tag == "CCONJ":
        return place > body and (seen.lower[place] == "&" or _joins(seen, place, last) or _compound(seen, place, last))
    if tag == "ADV":
        return after in ("ADJ", "VERB") and place == body
    participle = tag == "VERB" and seen.tokens[place].xpos in _PARTICIPLES and after in _INSIDE
    return participle and place == body > 0 and (seen.upos[body - 1] in ("DET", "PRON") or seen.lower[body - 1] == "'s")


def _joins(seen: View, place: int, last: int) -> bool:
    """The *and* of one organization's name: ``Customs and Border Protection``."""
    if (
        seen.lower[place] != "and"
        or place - 1 in seen.people
        or not (_capitalised(seen, place - 1) and place + 1 < last and _capitalised(seen, place + 1))
    ):
        return False
    stop = place + 1
    while stop < last and _capitalised(seen, stop):
        stop += 1
    return seen.lower[stop - 1] in lexicon.ORGANIZATION_NAME_WORDS | lexicon.ORGANIZATION_ENDINGS


def _compound(seen: View, place: int, last: int) -> bool:
    """The *and* of ``trade and development body``: two plain things, and a third noun that heads them both."""
    if seen.lower[place] != "and" or place + 2 >= last or set(seen.upos[place - 1 : place + 3 : 2]) != {"NOUN"}:
        return False
    first, second = place - 1, place + 1
    plain = all(
        seen.tokens[p].text.islower() and not _plural(seen, p) and lexicon.noun_kind(noun(seen, p)) == "unknown"
        for p in (first, second)
    )
    told = lexicon.noun_kind(noun(seen, place + 2))
    return plain and seen.upos[place + 2] == "NOUN" and told in ("person", "organization", "group")


def _capitalised(seen: View, place: int) -> bool:
    return seen.tokens[place].text[0].isupper() and seen.upos[place] in ("PROPN", "NOUN", "ADJ")


def _tight(seen: View, place: int) -> bool:
    return seen.tokens[place - 1].end == seen.tokens[place].start or seen.tokens[place].text == "&"


def _possessive(seen: View, end: int) -> bool:
    return (
        end < len(seen.tokens)
        and seen.lower[end] in ("'s", "'", "’s")
        and seen.tokens[end].start == seen.tokens[end - 1].end
    )


def _plural(seen: View, place: int) -> bool:
    token, word = seen.tokens[place], seen.lower[place]
    if word in lexicon.PERSON_NOUNS and not word.endswith("s"):
        return word in ("people", "folk")  # whatever the tagger says of "a spokeswoman"
    return token.xpos in ("NNS", "NNPS") or "Number=Plur" in token.feats or _singular(word) is not None


def _nominal(seen: View, start: int, end: int, taken: Sequence[bool]) -> Iterator[Mention]:
    """A noun phrase; with a proper noun as head that no entity holds, the trailing run of capitals is the name.

    Capitals before a common noun (``the 38 North website``) are a name of their own, as its modifier.
    """
    head = end - 1
    possessive, plural = _possessive(seen, end), _plural(seen, head)
    word = seen.lower[head]
    bare = end - start == 1 and seen.lower[end : end + 1] != ("of",)
    titled = head > start and seen.lower[head - 1].rstrip(".") in lexicon.TITLES
    called = noun(seen, head) in lexicon.PERSON_NOUNS and (plural or not (titled or bare))
    if _is_name(seen, start, head) and not called and not (plural and word not in lexicon.ORGANIZATION_NAME_WORDS):
        first = _run(seen, start, end, taken)
        yield Mention(first, end, head, start, "name", run_sort(seen, first, end), False, possessive)
        return
    kind = lexicon.noun_kind(noun(seen, head))
    published = seen.lower[end : end + 1] in (("published",), ("by",), ("titled",), ("entitled",))
    if (plural or published) and noun(seen, head) in lexicon.DOCUMENT_NOUNS:
        kind = "document"  # court papers, a paper published in a journal
    yield Mention(
        start, end, head, start, "nominal", "group" if kind == "person" and plural else kind, plural, possessive
    )
    stop = head
    while stop > start and (taken[stop - 1] or not _proper(seen, stop - 1)):
        if taken[stop - 1] or seen.lower[stop - 1] == "'s":
            return
        stop -= 1
    if stop > start and not _plural(seen, stop - 1) and seen.lower[stop - 1] not in lexicon.TIMES:
        first = _run(seen, start, stop, taken)
        if first < stop and first > seen.bounds[seen.sentence[head]][0]:
            yield Mention(first, stop, stop - 1, start, "name", run_sort(seen, first, stop), modifier=True)


def _is_name(seen: View, start: int, head: int) -> bool:
    """A proper noun, or a noun whose capital is not that of a sentence's or a heading's beginning."""
    if seen.upos[head] == "PROPN":
        return not seen.tokens[head].text[0].islower()
    capital = seen.tokens[head].text[0].isupper()
    first = seen.bounds[seen.sentence[head]][0]
    if capital and seen.tokens[head].xpos == "NNP" and seen.lower[head] in seen.called:
        return True  # a family name that is a common word too
    return (
        capital
        and head > first
        and not seen.tokens[head].text.isupper()
        and (head == start or seen.tokens[head - 1].text[0].isupper() or seen.upos[head - 1] == "DET")
        and _mixed_case(seen, head)
    )


def _mixed_case(seen: View, place: int) -> bool:
    """The sentence is not a headline in capitals: most of its longer words begin small."""
    first, last = seen.bounds[seen.sentence[place]]
    longer = [seen.tokens[p].text for p in range(first, last) if len(seen.lower[p]) > 3]
    return 2 * sum(word[0].islower() for word in longer) > len(longer)


def _proper(seen: View, place: int) -> bool:
    """A proper noun, or a capital behind a number (``38 North``)."""
    numbered = place > 0 and seen.upos[place - 1] == "NUM" and seen.tokens[place].text[0].isupper()
    return seen.upos[place] == "PROPN" or (numbered and seen.upos[place] == "ADJ")


def _run(seen: View, start: int, end: int, taken: Sequence[bool]) -> int:
    """Where the run of capitals that ends at ``end`` begins, with a number before it (``38 North``), without titles."""
    first = end - 1
    while first > start and not taken[first - 1] and _capital(seen, first - 1):
        first -= 1
    if first > start and seen.upos[first - 1] == "NUM" and not taken[first - 1] and seen.lower[first - 1].isdigit():
        first -= 1
    while first < end - 1 and (seen.lower[first].rstrip(".") in lexicon.TITLES or seen.lower[first] in lexicon.TIMES):
        first += 1
    return first


def _capital(seen: View, place: int) -> bool:
    if seen.tokens[place].text in ("/", "-", "&", "and"):
        return True
    return seen.tokens[place].text[:1].isupper() and seen.upos[place] in ("PROPN", "ADJ")


def noun(seen: View, place: int) -> str:
    """The lemma of a noun, singular and lower-cased even where the analysis calls it a proper noun (``Experts``)."""
    lemma = seen.lemma[place]
    unknown = lexicon.noun_kind(lemma) == "unknown"  # a lemma may be wrong: the form is tried as well
    return _singular(lemma) or (unknown and _singular(seen.lower[place])) or lemma


def _singular(word: str) -> str | None:
    """The singular of a plural that the lists know in its singular alone."""
    if not word.endswith("s") or lexicon.noun_kind(word) != "unknown" or lexicon.noun_kind(word[:-1]) == "unknown":
        return None
    return word[:-1]


def run_sort(seen: View, start: int, end: int) -> Sort:
    """What a run of capitals that the analysis did not know is, by its words and by what stands before it."""
    words = seen.lower[start:end]
    if words[-1] in lexicon.DOCUMENT_NOUNS and words[-1] not in lexicon.ORGANIZATION_NOUNS:
        return "document"
    camel = end - start == 1 and re.search(
        r"(?<!^Mc)(?<!^Mac)(?<!^De)(?<!^Le)(?<!^La)[a-z][A-Z]", seen.tokens[start].text
    )
    if (
        camel
        or any(word in lexicon.ORGANIZATION_NAME_WORDS for word in words)
        or (len(words[-1]) > 1 and seen.tokens[end - 1].text.isupper())
    ):
        return "organization"
    if start and seen.lower[start - 1].rstrip(".") in lexicon.TITLES:
        return "person"
    return "unknown"


def _pronoun(seen: View, place: int) -> Mention | None:
    word = seen.lower[place]
    if word not in lexicon.THIRD:
        return None
    sort: Sort = "person" if word in lexicon.HE or word in lexicon.SHE else "unknown"
    return Mention(place, place + 1, place, place, "pronoun", sort, word in lexicon.THEY, word in lexicon.POSSESSIVE)
