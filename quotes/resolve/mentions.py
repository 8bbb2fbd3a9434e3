"""Mentions: every name, noun phrase and third-person pronoun of an article that may stand for a source.

A mention is found from the analysis alone (entities, tags, lemmas): names are its entities and the runs of proper
nouns it missed; nominals are base noun phrases whose head is a common noun; a possessor is a mention of its own.
"""

from __future__ import annotations

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

    @property
    def text(self) -> str:
        return self.analysis.text

    def span(self, start: int, end: int) -> Span:
        return self.analysis.article.span(self.tokens[start].start, self.tokens[end - 1].end)

    def within(self, span: Span) -> tuple[int, int]:
        """The tokens that touch a span, as ``[start, end)``; an empty range where there is none."""
        start = bisect_right(self.starts, span.start)
        if start and self.tokens[start - 1].end > span.start:
            start -= 1
        return start, bisect_left(self.starts, span.end)


def view(analysis: Analysis) -> View:
    """The columns of an analysis."""
    tokens: list[Token] = []
    sentence: list[int] = []
    bounds: list[tuple[int, int]] = []
    for number, one in enumerate(analysis.sentences):
        bounds.append((len(tokens), len(tokens) + len(one.tokens)))
        tokens += one.tokens
        sentence += [number] * len(one.tokens)
    starts = tuple(token.start for token in tokens)
    blocks = marks.paragraphs(analysis.text)
    paragraph = _numbers(starts, [start for start, _ in blocks])
    quotations = tuple(one for one in marks.quoted(analysis.text) if one.depth == 0)
    quotation = [0] * len(tokens)
    for number, one in enumerate(quotations, 1):
        for place in range(bisect_left(starts, one.start), bisect_left(starts, one.end)):
            quotation[place] = number
    return View(
        analysis,
        tuple(tokens),
        tuple(token.text.lower().replace("’", "'") for token in tokens),
        tuple((token.lemma or token.text).lower() for token in tokens),
        tuple(_tag(tokens, place) for place in range(len(tokens))),
        tuple(sentence),
        tuple(paragraph),
        tuple(quotation),
        starts,
        tuple(bounds),
        quotations,
        blocks,
    )


def _tag(tokens: Sequence[Token], place: int) -> str:
    """The word's tag; ``official``, ``expert`` and their like are nouns where nothing follows that they could modify."""
    tag = tokens[place].upos
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
    return tuple(sorted(found, key=lambda one: (one.start, -one.end)))


def _entities(seen: View) -> Iterator[Mention]:
    """The analysis' names, without titles, mended where it broke one: ``Paul`` ``M.`` ``Cole``, ``Moon Jae`` ``-in``."""
    spans = [
        (*seen.within(Span(entity.start, entity.end, entity.text)), sort)
        for entity in seen.analysis.entities
        if (sort := _SORTS.get(entity.type.upper()))
    ]
    last = 0
    for number, (start, end, sort) in enumerate(spans):
        start = max(start, last)
        after = spans[number + 1] if number + 1 < len(spans) else None
        if sort == "person" and after and after[2] == "person" and after[0] == end + 1 and _initial(seen, end):
            end = after[1]
        while start < end and (
            seen.lower[start].rstrip(".") in lexicon.HONORIFICS or seen.upos[start] in ("DET", "PUNCT")
        ):
            start += 1
        while start < end and (seen.lower[end - 1] in ("'s", "'") or seen.upos[end - 1] == "PUNCT"):
            end -= 1
        if start >= end:
            continue
        if sort == "person":
            end = _whole_name(seen, end, after[0] if after else len(seen.tokens))
        last = end
        yield Mention(start, end, end - 1, start, "name", sort, False, _possessive(seen, end), True)


def _initial(seen: View, place: int) -> bool:
    text = seen.tokens[place].text.rstrip(".")
    return len(text) == 1 and text.isupper()


def _whole_name(seen: View, end: int, limit: int) -> int:
    """Where a person's name ends that the analysis cut short before a hyphen or a further name."""
    last = seen.bounds[seen.sentence[end - 1]][1]
    while end < min(last, limit):
        joined = seen.lower[end] == "-" and end + 1 < last and seen.tokens[end].start == seen.tokens[end - 1].end
        if joined and seen.tokens[end + 1].start == seen.tokens[end].end and len(seen.lower[end + 1]) < 4:
            end += 2
        elif seen.upos[end] == "PROPN" and seen.tokens[end].text[0].isupper() and seen.lower[end] not in lexicon.TIMES and (
            seen.lower[end] not in lexicon.ORGANIZATION_NAME_WORDS and seen.tokens[end].xpos != "NNPS"
        ):  # fmt: skip
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
    if tag == "PUNCT":
        return seen.lower[place] in ("-", "–", "/", "&") and place > body and after in _INSIDE and _tight(seen, place)
    if tag == "CCONJ":
        return seen.lower[place] == "&" and place > body
    if tag == "ADV":
        return after in ("ADJ", "VERB") and place == body
    participle = tag == "VERB" and seen.tokens[place].xpos in _PARTICIPLES and after in _INSIDE
    return participle and place == body > 0 and (seen.upos[body - 1] in ("DET", "PRON") or seen.lower[body - 1] == "'s")


def _tight(seen: View, place: int) -> bool:
    return seen.tokens[place - 1].end == seen.tokens[place].start or seen.tokens[place].text == "&"


def _possessive(seen: View, end: int) -> bool:
    return (
        end < len(seen.tokens)
        and seen.lower[end] in ("'s", "'", "’s")
        and seen.tokens[end].start == seen.tokens[end - 1].end
    )


def _plural(seen: View, place: int) -> bool:
    token = seen.tokens[place]
    return token.xpos in ("NNS", "NNPS") or "Number=Plur" in token.feats


def _nominal(seen: View, start: int, end: int, taken: Sequence[bool]) -> Iterator[Mention]:
    """A noun phrase; with a proper noun as head that no entity holds, the trailing run of capitals is the name.

    Capitals before a common noun (``the 38 North website``) are a name of their own, as its modifier.
    """
    head = end - 1
    possessive, plural = _possessive(seen, end), _plural(seen, head)
    word = seen.lower[head]
    called = word in lexicon.PERSON_NOUNS and (
        plural or not (head > start and seen.lower[head - 1].rstrip(".") in lexicon.TITLES)
    )
    if seen.upos[head] == "PROPN" and not called and not (plural and word not in lexicon.ORGANIZATION_NAME_WORDS):
        first = _run(seen, start, end, taken)
        yield Mention(first, end, head, start, "name", run_sort(seen, first, end), False, possessive)
        return
    kind = lexicon.noun_kind(noun(seen, head))
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
    while first < end - 1 and seen.lower[first].rstrip(".") in lexicon.TITLES:
        first += 1
    return first


def _capital(seen: View, place: int) -> bool:
    if seen.tokens[place].text in ("/", "-", "&"):
        return True
    return seen.tokens[place].text[:1].isupper() and seen.upos[place] in ("PROPN", "ADJ")


def noun(seen: View, place: int) -> str:
    """The lemma of a noun, singular and lower-cased even where the analysis calls it a proper noun."""
    lemma = seen.lemma[place]
    if seen.upos[place] == "PROPN" and lemma.endswith("s") and _plural(seen, place):
        return lemma[:-1]
    return lemma


def run_sort(seen: View, start: int, end: int) -> Sort:
    """What a run of capitals that the analysis did not know is, by its words and by what stands before it."""
    words = seen.lower[start:end]
    if words[-1] in lexicon.DOCUMENT_NOUNS and words[-1] not in lexicon.ORGANIZATION_NOUNS:
        return "document"
    if any(word in lexicon.ORGANIZATION_NAME_WORDS for word in words) or (
        len(words[-1]) > 1 and seen.tokens[end - 1].text.isupper()
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
