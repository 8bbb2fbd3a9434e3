"""Quotations that break off: their last words belong to the speaker too.

Who reads ``“We will rebuild. The har`` at a paragraph's end knows that the broken words are still speech. The detector,
which learned from whole sentences, often stops at the last one that is whole.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from quotes.marks import quoted, sentence_ends
from quotes.records import Analysis, Attribution, Span


def completed(analysis: Analysis, attributions: Sequence[Attribution]) -> tuple[Attribution, ...]:
    """The attributions, those of quotations that never close and stop mid-sentence reaching to where they stop."""
    text = analysis.text
    spans = [span for said in attributions for span in (*said.contents, *said.cue, *said.source)]
    longer: dict[Span, Span] = {}
    for one in quoted(text):
        if one.problem != "unclosed" or one.depth or one.role != "speech" or not text[one.inner_end - 1].isalnum():
            continue
        inside = [span for span in spans if one.start <= span.start < one.end]
        last = max(inside, key=lambda span: span.end, default=None)
        if last is None or last.end >= one.inner_end or any(sentence_ends(text, last.end + 1, one.inner_end)):
            continue
        longer[last] = Span(last.start, one.inner_end, text[last.start : one.inner_end])
    return tuple(
        replace(said, contents=tuple(longer.get(span, span) for span in said.contents)) for said in attributions
    )
