"""Quotations that a detector tied to a cue too far away, taken apart again.

A detector that was trained on clean copy gives every quotation a cue, for there each has one. In damaged copy a
paragraph may hold a quotation that nobody says. In PolNeAR's annotations a quotation that fills a paragraph belongs to
a cue in another one only where a quotation runs over both, or the paragraph before ends with a colon or holds a
quotation by the same speaker (in 5 of 1,278 direct quotes the speaker follows). One that is tied to a cue for no such
reason is nobody's until the resolver finds a speaker for it.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import replace

from quotes.marks import paragraphs, quoted, speech
from quotes.records import Analysis, Attribution, Span


def apart(analysis: Analysis, attributions: Sequence[Attribution]) -> tuple[Attribution, ...]:
    """The attributions in order of the text, far quotations of them standing by themselves, without cue and source."""
    text = analysis.text
    blocks, quotations = paragraphs(text), quoted(text)
    runs_on = [one for one in quotations if one.continued or one.continues]

    def block(offset: int) -> int:
        return max(0, bisect_right(blocks, offset, key=lambda pair: pair[0]) - 1)

    def fills(content: Span) -> bool:
        start, end = blocks[block(content.start)]
        return text[content.start] in "\"“'‘«„" and content.start <= start + 1 and content.end + 2 >= end

    def spoken(number: int, spans: Sequence[Span]) -> bool:
        """Whether one of the spans is a quotation in this paragraph."""
        return any(block(span.start) == number and text[span.start] in "\"“'‘«„" for span in spans)

    def tied(content: Span, others: Sequence[Span]) -> bool:
        number = block(content.start)
        places = [block(span.start) for span in others]
        if number in places or any(one.start < content.end and content.start < one.end for one in runs_on):
            return True
        return number - 1 in places and (text[blocks[number - 1][1] - 1] == ":" or spoken(number - 1, others))

    def parts(said: Attribution) -> Iterator[Attribution]:
        if len(said.contents) < 2 and not said.cue:
            yield said
            return
        kept: list[Span] = []
        for content in said.contents:
            others = [*said.cue, *said.source, *(span for span in said.contents if span != content)]
            if not fills(content) or tied(content, others):
                kept.append(content)
            else:
                yield Attribution((content,), speech=speech(text, (content,), quotations), probability=said.probability)
        if kept:
            yield replace(said, contents=tuple(kept), speech=speech(text, kept, quotations))

    found = [part for said in attributions for part in parts(said)]
    return tuple(sorted(found, key=lambda said: (said.start, said.end)))
