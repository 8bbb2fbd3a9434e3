"""Quotations that a detector tied to a cue too far away, taken apart again.

A detector that was trained on clean copy gives every quotation a cue, for there each has one. In damaged copy a
paragraph may hold a quotation that nobody says. In PolNeAR's annotations a quotation that fills a paragraph belongs to
a cue in another one only where a quotation runs over both, or the paragraph before ends with a colon or holds a
quotation by the same speaker (in 5 of 1,278 direct quotes the speaker follows). The last is a weak tie: such quotes are
0.6 % of all there, and in copy that was cut the paragraph before is a chance neighbour, so it holds only for words that
lean on the quotation before (``“And …``). One that is tied to a cue for no such reason is nobody's until the resolver
finds a speaker for it. Nor is a content one that runs over the end of a paragraph into a quotation that opens anew, or
from a headline or a caption into the sentence below it.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import replace

from quotes.marks import leans, paragraphs, quoted, speech
from quotes.records import Analysis, Attribution, Span

_OPENERS = "\"“'‘«„"


def apart(analysis: Analysis, attributions: Sequence[Attribution]) -> tuple[Attribution, ...]:
    """The attributions in order of the text, far quotations of them standing by themselves, without cue and source."""
    text = analysis.text
    blocks, quotations = paragraphs(text), quoted(text)
    runs_on = [one for one in quotations if one.continued or one.continues]
    fresh = sorted(
        one.start
        for one in quotations
        if one.open and not one.depth and not one.continued and one.start == blocks[_block(blocks, one.start)][0]
    )

    def block(offset: int) -> int:
        return _block(blocks, offset)

    def cut(content: Span) -> Iterator[Span]:
        """A content in pieces that each end where the next paragraph opens a quotation of its own."""
        start = content.start
        for place in fresh[bisect_right(fresh, content.start) : bisect_left(fresh, content.end)]:
            end = blocks[block(place) - 1][1]
            yield Span(start, end, text[start:end])
            start = place
        yield Span(start, content.end, text[start : content.end])

    def fills(content: Span) -> bool:
        start, end = blocks[block(content.start)]
        return text[content.start] in _OPENERS and content.start <= start + 1 and content.end + 2 >= end

    def spoken(number: int, spans: Sequence[Span]) -> bool:
        """Whether one of the spans is a quotation in this paragraph."""
        return any(block(span.start) == number and text[span.start] in _OPENERS for span in spans)

    def tied(content: Span, others: Sequence[Span]) -> bool:
        number = block(content.start)
        places = [block(span.start) for span in others]
        if number in places or any(one.start < content.end and content.start < one.end for one in runs_on):
            return True
        return number - 1 in places and (
            text[blocks[number - 1][1] - 1] == ":" or (spoken(number - 1, others) and leans(text, content.start))
        )

    def beside(span: Span, cue: Sequence[Span]) -> Span:
        """The part of a span in the paragraph of its cue, where it begins before it: no headline or caption."""
        start = blocks[block(cue[0].start)][0] if cue else span.start
        if not span.start < start < span.end or any(one.start < span.end and span.start < one.end for one in runs_on):
            return span
        return Span(start, span.end, text[start : span.end])

    def prose_above(piece: Span, cue: Sequence[Span]) -> bool:
        """A headline that was run together with the quotation below it."""
        return bool(cue) and block(piece.start) < block(cue[0].start) and text[piece.start] not in _OPENERS

    def parts(said: Attribution) -> Iterator[Attribution]:
        if (source := tuple(beside(span, said.cue) for span in said.source)) != said.source:
            said = replace(said, source=source)
        contents = tuple(
            beside(piece, said.cue)
            for content in said.contents
            for piece in cut(content)
            if piece == content or not prose_above(piece, said.cue)
        )
        if contents == said.contents and len(contents) < 2 and not said.cue:
            yield said
            return
        kept: list[Span] = []
        for content in contents:
            others = [*said.cue, *said.source, *(span for span in contents if span != content)]
            if not fills(content) or tied(content, others):
                kept.append(content)
            else:
                yield Attribution((content,), speech=speech(text, (content,), quotations), probability=said.probability)
        if kept:
            yield replace(said, contents=tuple(kept), speech=speech(text, kept, quotations))

    found = [part for said in attributions for part in parts(said)]
    return tuple(sorted(found, key=lambda said: (said.start, said.end)))


def _block(blocks: Sequence[tuple[int, int]], offset: int) -> int:
    return max(0, bisect_right(blocks, offset, key=lambda pair: pair[0]) - 1)
