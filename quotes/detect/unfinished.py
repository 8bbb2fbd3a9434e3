"""Copy that breaks off: where it does, and whose the last words are.

Who reads ``“We will rebuild. The har`` at a paragraph's end knows that the broken words are still speech, and that the
next paragraph is another matter. The detector, which learned from whole sentences, often stops at the last one that is
whole, or reads on into the next.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import pairwise

from quotes.detect.traces import HARDLY_LAST, NEVER_LAST, SELDOM_LAST, WORD
from quotes.marks import paragraphs, quoted, sentence_ends, speech
from quotes.records import Analysis, Attribution, Span

_NOT_LAST = NEVER_LAST | SELDOM_LAST | HARDLY_LAST
_OPENERS = "\"“'‘«„"
_PROSE = 25  # words: no headline or caption has as many


def stretches(text: str) -> Iterator[tuple[int, int, bool]]:
    """The text in pieces that each end with a paragraph that breaks off; all of it where none does.

    With each goes whether it breaks off: the last may end as it should.
    """
    begun = 0
    blocks = paragraphs(text)
    for (start, end), (following, _) in pairwise(blocks):
        if breaks_off(text, start, end) and not text[following].islower():
            yield begun, following, True
            begun = following
    yield begun, len(text), bool(blocks) and breaks_off(text, *blocks[-1])


def breaks_off(text: str, start: int, end: int) -> bool:
    """Whether a paragraph ends amid a sentence: on a word that nothing ends with, or with no stop where prose has one.

    Headlines, captions and names in a list have none either, so shorter ones must hold the end of a sentence.
    """
    if not (text[end - 1].isalnum() or text[end - 1] == ","):
        return False
    words = WORD.findall(text, start, end)
    if len(words) < 5:
        return False
    return words[-1].lower() in _NOT_LAST or len(words) >= _PROSE or any(sentence_ends(text, start, end))


def completed(analysis: Analysis, attributions: Sequence[Attribution]) -> tuple[Attribution, ...]:
    """The attributions, their last quotations reaching to where these stop, if they never close and stop mid-sentence.

    One that was overlooked is said by whoever says the quotation before it in its paragraph.
    """
    text = analysis.text
    quotations, blocks = quoted(text), paragraphs(text)
    spans = [span for said in attributions for span in (*said.contents, *said.cue, *said.source)]
    longer: dict[Span, tuple[Span, ...]] = {}
    for one in quotations:
        if one.problem != "unclosed" or one.depth or one.role != "speech" or not text[one.inner_end - 1].isalnum():
            continue
        inside = [span for span in spans if one.start <= span.start < one.end]
        if inside:
            last = max(inside, key=lambda span: span.end)
            if last.end < one.inner_end and not any(sentence_ends(text, last.end + 1, one.inner_end)):
                longer[last] = (analysis.article.span(last.start, one.inner_end),)
            continue
        top = next(start for start, end in blocks if start <= one.start < end)
        before = [
            span for span in spans if top <= span.start and span.end <= one.start and text[span.start] in _OPENERS
        ]
        if before:
            last = max(before, key=lambda span: span.end)
            longer[last] = (last, analysis.article.span(one.start, one.inner_end))
    made = []
    for said in attributions:
        contents = tuple(part for span in said.contents for part in longer.get(span, (span,)))
        if contents != said.contents:
            said = replace(said, contents=contents, speech=speech(text, contents, quotations))
        made.append(said)
    return tuple(made)
