"""Quotes that have no source words beside them: whose are they?

Each rule is a place where news copy leaves a speaker: an open quotation that goes on in the next paragraph, another
quote of the same paragraph, a lead-in (``From the chairwoman:``), a byline behind a dash, question and answer,
dialogue by turns, the sentence or the paragraph before. Each gives a candidate with a weight, how often the place
holds the speaker; where none does, nobody is the answer.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from quotes.records import Attribution
from quotes.resolve import lexicon
from quotes.resolve.mentions import Mention, View

Place = Literal[
    "continued",
    "same paragraph",
    "same paragraph, before",
    "lead-in",
    "byline",
    "turns",
    "quoted before",
    "reported before",
    "reported before, unnamed",
    "sentence before",
]


@dataclass(frozen=True, slots=True)
class Clue:
    """A candidate for a quote without source words: another attribution's source, or a mention."""

    place: Place
    attribution: int | None = None
    mention: int | None = None


def clues(
    seen: View,
    mentions: Sequence[Mention],
    starts: Sequence[int],
    attributions: Sequence[Attribution],
    number: int,
    linked: Mapping[int, bool],
) -> list[Clue]:
    """Where the speaker of attribution ``number`` may stand, the surer places first.

    ``linked`` has the attributions that have a source (or were given one already), and whether it is a named person's.
    """
    said = attributions[number]
    if said.speech == "indirect" or not said.contents:
        return []
    start = min(span.start for span in said.contents)
    end = max(span.end for span in said.contents)
    here = _paragraph(seen, start)
    found: list[Clue] = []
    quotation = seen.quotation_at(start)
    around = range(max(0, number - REACH), min(len(attributions), number + REACH + 1))
    near = [n for n in around if n in linked and n != number and attributions[n].contents]
    near = [n for n in near if not _inside(attributions[n], said)]
    earlier = [n for n in near if attributions[n].start < start]
    before = max(earlier, key=lambda n: (attributions[n].start, n), default=None)
    if quotation is not None and quotation.continued and before is not None:
        found.append(Clue("continued", attribution=before))
    same = [n for n in near if _paragraph(seen, attributions[n].start) == here]
    inside = [n for n in same if attributions[n].speech != "indirect"]
    if inside:
        nearest = min(inside, key=lambda n: (abs(attributions[n].start - start), n))
        found.append(Clue("same paragraph", attribution=nearest))
    elif same:
        nearest = min(same, key=lambda n: (abs(attributions[n].start - start), n))
        found.append(
            Clue(
                "same paragraph, before" if attributions[nearest].start < start else "same paragraph",
                attribution=nearest,
            )
        )
    if lead := _lead_in(seen, mentions, starts, start, here):
        found.append(lead)
    if byline := _byline(seen, mentions, starts, end):
        found.append(byline)
    if not same and _whole(seen, here, said):
        found += _before(seen, attributions, number, here, linked, earlier)
    if not found and (person := _sentence_before(seen, mentions, starts, start, here)) is not None:
        found.append(Clue("sentence before", mention=person))
    return found


#: How many attributions before and after a quote may hold its speaker.
REACH = 30


def _inside(other: Attribution, said: Attribution) -> bool:
    """Another's source stands within the quote: whom the speaker speaks of, not the speaker."""
    return any(content.covers(span) for content in said.contents for span in other.source)


def _paragraph(seen: View, offset: int) -> int:
    return max(0, bisect_right(seen.paragraphs, offset, key=lambda block: block[0]) - 1)


def _whole(seen: View, number: int, said: Attribution) -> bool:
    """The quote is all of its paragraph, but for a mark of a list before it."""
    start, end = seen.paragraphs[number]
    spoken = sum(len(span) for span in said.contents)
    return spoken > 0.85 * (end - start)


def _before(
    seen: View,
    attributions: Sequence[Attribution],
    number: int,
    here: int,
    linked: Mapping[int, bool],
    earlier: Sequence[int],
) -> list[Clue]:
    """Turns of a dialogue, or the one who spoke last in the paragraph before."""
    speakers = {
        block: [n for n in earlier if _paragraph(seen, attributions[n].start) == block]
        for block in (here - 1, here - 2, here - 3)
    }
    one, two = speakers[here - 1], speakers[here - 2]
    if not one:
        return []
    last = max(one, key=lambda n: attributions[n].start)
    said = attributions[last]
    direct = said.speech == "direct" and _sentence_like(said)
    if (
        direct
        and said.source
        and two
        and attributions[two[-1]].source
        and _dialogue(seen, attributions, one[-1], two[-1])
    ):
        return [Clue("turns", attribution=two[-1])]
    if direct:
        return [Clue("quoted before", attribution=last)]
    return [Clue("reported before" if linked[last] else "reported before, unnamed", attribution=last)]


def _sentence_like(said: Attribution) -> bool:
    return any(len(span.text.split()) > 4 for span in said.contents)


def _dialogue(seen: View, attributions: Sequence[Attribution], one: int, two: int) -> bool:
    """Two short paragraphs, each opening with a quote, by two whose source words differ."""
    first, second = attributions[one], attributions[two]
    opens = all(
        min(span.start for span in said.contents) - seen.paragraphs[_paragraph(seen, said.start)][0] <= 1
        for said in (first, second)
    )
    short = all(
        seen.paragraphs[_paragraph(seen, said.start)][1] - seen.paragraphs[_paragraph(seen, said.start)][0] < 160
        for said in (first, second)
    )
    return opens and short and first.source[0].text.lower() != second.source[0].text.lower()


def _lead_in(seen: View, mentions: Sequence[Mention], starts: Sequence[int], start: int, here: int) -> Clue | None:
    """``From the chairwoman:`` or a name and a colon, before the quote or as a paragraph of its own."""
    opening = seen.paragraphs[here][0]
    text = seen.text[opening:start].rstrip(" \t\u00a0\"“‘'«-–—•*")
    end = opening + len(text)
    if not text:
        block = here - 1
        while block >= 0 and _listed(seen, block):
            block -= 1
        if block < 0:
            return None
        opening, end = seen.paragraphs[block]
        text = seen.text[opening:end]
    if not text.endswith(":"):
        return None
    first, last = bisect_left(seen.starts, opening), bisect_left(seen.starts, end)
    inside = [n for n in range(bisect_left(starts, first), bisect_left(starts, last)) if not mentions[n].modifier]
    spoken = [n for n in inside if mentions[n].sort in ("person", "organization", "unknown", "group")]
    if not spoken:
        return None
    sentence = seen.sentence[mentions[spoken[-1]].head]
    return Clue("lead-in", mention=next(n for n in spoken if seen.sentence[mentions[n].head] == sentence))


def _listed(seen: View, block: int) -> bool:
    start, end = seen.paragraphs[block]
    return seen.text[start : start + 1] in "-–—•*\"“‘'" and end > start


def _byline(seen: View, mentions: Sequence[Mention], starts: Sequence[int], end: int) -> Clue | None:
    """``"…" – the commissioner`` at the end of the quote's paragraph."""
    tail = seen.text[end : seen.paragraphs[_paragraph(seen, end - 1)][1]].lstrip("\"”’'» \u00a0,.")
    if not tail or tail[0] not in "–—-" or len(tail) > 90:
        return None
    start, stop = bisect_left(seen.starts, end), end + len(tail) + 8
    for number in range(bisect_left(starts, start), len(mentions)):
        one = mentions[number]
        if seen.tokens[one.head].start >= stop:
            break
        if not one.modifier:
            return Clue("byline", mention=number)
    return None


def _sentence_before(
    seen: View, mentions: Sequence[Mention], starts: Sequence[int], start: int, here: int
) -> int | None:
    """The one person that the sentence before, in the same paragraph, is about."""
    place = bisect_left(seen.starts, start)
    if not 0 < place < len(seen.tokens):
        return None
    sentence = seen.sentence[place]
    while sentence > 0 and seen.bounds[sentence][0] >= place:
        sentence -= 1
    if seen.bounds[sentence][0] > place - 2 and sentence > 0:
        sentence -= 1
    first, last = seen.bounds[sentence]
    if seen.paragraph[first] != here:
        return None
    inside = range(bisect_left(starts, first), bisect_left(starts, min(last, place)))
    people = [
        n for n in inside if mentions[n].sort == "person" and not mentions[n].modifier and not mentions[n].possessive
    ]
    return people[0] if people else None


def byline_author(seen: View) -> tuple[int, int] | None:
    """The tokens of the author's name in a byline (``By Jane Roe``) among the first paragraphs."""
    for place in range(min(60, len(seen.tokens) - 2)):
        opens = place == 0 or seen.paragraph[place] != seen.paragraph[place - 1]
        if opens and seen.lower[place] == "by" and seen.tokens[place + 1].text[:1].isupper():
            end = place + 1
            while end < len(seen.tokens) and seen.upos[end] == "PROPN" and seen.paragraph[end] == seen.paragraph[place]:
                end += 1
            if 2 <= end - place - 1 <= 4 and seen.lower[place + 1] not in lexicon.TITLES:
                return place + 1, end
    return None
