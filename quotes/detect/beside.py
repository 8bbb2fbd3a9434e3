"""Who and what stands right beside a cue, where the network let go of it.

A network scores each span by itself and may leave out one that grammar alone decides: the ``he`` that is joined to
``he's claiming``, the ministry after ``According to``, the owners *who … but* ``vowed to fight``; the predicate of
``this fair is expected to grow`` after ``contended``; what a reported clause says of its last noun (``, which …``). On
PolNeAR's development articles these rules mend thirteen spans and spoil five; an apposition, a participle, a
prepositional phrase or ``, who …`` behind a content is the writer's more often than the speaker's and stays outside.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import replace

from quotes.detect.rules import SAYING
from quotes.records import Analysis, Attribution, Span, Token

_FINITE = frozenset(("VBD", "VBZ", "VBP", "MD"))
_JOINED = re.compile(r"(?i:he|she|they|we|you|i|who|it)(?=['’](?:s|re|ve|ll|d|m)\b)")
_ASIDE = re.compile(r"\s*,\s*(?:who|which|whose)\b[^.;:()“”\"\n]*,\s*")
_CLOSERS = ".!?"


def beside(analysis: Analysis, attributions: Sequence[Attribution]) -> tuple[Attribution, ...]:
    """The attributions, in their order, with the sources and the ends of contents that their neighbours give."""
    reader = _Neighbours(analysis, attributions)
    return tuple(reader.longer(reader.sourced(said)) if said.cue else said for said in attributions)


class _Neighbours:
    """The words of one article, and where its attributions stand. Places are numbers of tokens."""

    def __init__(self, analysis: Analysis, attributions: Sequence[Attribution]) -> None:
        self.text = analysis.text
        self.tokens: list[Token] = []
        self.bounds: list[tuple[int, int]] = []  # of each token's sentence
        for sentence in analysis.sentences:
            first = len(self.tokens)
            self.tokens += sentence.tokens
            self.bounds += [(first, len(self.tokens))] * len(sentence.tokens)
        self.starts = [token.start for token in self.tokens]
        self.words = [token.text.lower() for token in self.tokens]
        self.taken = sorted(span for said in attributions for span in (*said.contents, *said.cue, *said.source))

    def _at(self, offset: int) -> int:
        return bisect_left(self.starts, offset)

    def _span(self, start: int, end: int) -> Span:
        return Span(start, end, self.text[start:end])

    def _free(self, start: int, end: int) -> bool:
        near = bisect_left(self.taken, end, key=lambda span: span.start)
        return not any(span.end > start for span in self.taken[max(0, near - 12) : near])

    # --- sources

    def sourced(self, said: Attribution) -> Attribution:
        """With the subject that is joined to the cue, stands behind *according to*, or before the cue's conjunction."""
        cue = said.cue[0]
        if said.source:
            return replace(said, source=tuple(self._with_aside(span, cue) for span in said.source))
        if (joined := _JOINED.match(cue.text)) and self._speaks(cue, joined.group()):
            rest = self._span(cue.start + joined.end(), cue.end)
            return replace(said, cue=(rest, *said.cue[1:]), source=(self._span(cue.start, cue.start + joined.end()),))
        if cue.text.lower().split() == ["according", "to"]:
            found = self._phrase_after(self._at(cue.end))
        else:
            found = self._relative_before(self._at(cue.start))
        return replace(said, source=(found,)) if found is not None and self._free(found.start, found.end) else said

    def _speaks(self, cue: Span, pronoun: str) -> bool:
        """*It's denouncing* has a speaker, *it's obvious* has none."""
        after = [token for token in self.tokens[self._at(cue.start + 1) : self._at(cue.end)] if token.upos != "ADV"][1:]
        return pronoun.lower() != "it" or any(token.xpos == "VBG" for token in after[:1])

    def _phrase_after(self, at: int) -> Span | None:
        """The noun phrase at a place, with its possessors and what *of*, *for*, *from*, *in*, *at* add to it."""
        if at >= len(self.tokens):
            return None
        last = self.bounds[at][1]
        end = at
        while end < last:
            inner = end > at and end + 1 < last and self.tokens[end + 1].upos in _NAMING
            joins = inner and self.words[end] in ("of", "for", "from", "in", "at")
            if self.tokens[end].upos not in _NAMING and self.tokens[end].xpos != "POS" and not joins:
                break
            end += 1
        if not any(token.upos in ("NOUN", "PROPN") for token in self.tokens[at:end]):
            return None
        return self._span(self.tokens[at].start, self.tokens[end - 1].end)

    def _relative_before(self, at: int) -> Span | None:
        """``the owners, who were not heard but`` *issued*: the relative pronoun whose second verb the cue is."""
        if not 0 < at < len(self.tokens) or self.tokens[at].xpos not in ("VBD", "VBZ", "VBP"):
            return None
        first = self.bounds[at][0]
        if self.words[at - 1] not in ("but", "and") or at - 1 <= first:
            return None
        for place in range(at - 2, first, -1):
            if self.words[place] == "who":
                verb = self.tokens[place + 1]
                return self._span(*self._edges(place)) if verb.upos in ("VERB", "AUX", "ADV") else None
            if self.words[place] in (";", ":", "“", "”", '"', "and", "but"):
                return None
        return None

    def _edges(self, place: int) -> tuple[int, int]:
        return self.tokens[place].start, self.tokens[place].end

    def _with_aside(self, source: Span, cue: Span) -> Span:
        """``The poll, which was taken in May,`` *showed*: what a source's own relative clause says of it."""
        between = self.text[source.end : cue.start] if source.end < cue.start else ""
        if not _ASIDE.fullmatch(between) or not self._free(source.end, cue.start):
            return source
        return self._span(source.start, source.end + len(between.rstrip()))

    # --- contents

    def longer(self, said: Attribution) -> Attribution:
        """With a reported clause whose end was left out: its predicate, or what it says of its last noun."""
        cue = said.cue[-1]
        content = said.contents[-1] if said.contents else None
        verb = self._reporting(cue)
        if content is None or verb is None or content.start < cue.end or said.speech == "direct":
            return said
        at, begin = self._at(content.end), self._at(content.start)
        if at >= len(self.tokens) or begin >= at or self.bounds[begin] != self.bounds[at] or begin < verb:
            return said
        end = self.bounds[at][1]
        while end > at and self.words[end - 1] in (*_CLOSERS, "”", '"', "''", "’"):
            end -= 1
        if end <= at or not (self._subject_alone(said, begin, at) or self._goes_on(begin, at, end)):
            return said
        stop = self.tokens[end - 1].end
        if not self._free(content.end, stop) or any(word in ("“", "”", '"') for word in self.words[at:end]):
            return said
        return replace(said, contents=(*said.contents[:-1], self._span(content.start, stop)))

    def _reporting(self, cue: Span) -> int | None:
        """The verb that ends a cue and takes a clause (*has contended*), at its place; None for any other cue."""
        verb = bisect_right(self.starts, cue.end - 1) - 1
        if verb < 0 or self.tokens[verb].upos != "VERB" or self.tokens[verb].lemma.lower() not in SAYING:
            return None
        finite = self.tokens[verb].xpos in ("VBD", "VBZ", "VBP")
        helped = verb > 0 and self.tokens[verb - 1].upos in ("AUX", "ADV") and self.tokens[verb - 1].lemma != "be"
        return verb if finite or helped else None

    def _subject_alone(self, said: Attribution, begin: int, at: int) -> bool:
        """*contended* ``this fair`` | *is expected to grow*: no verb inside, and a finite one right behind."""
        verbs = any(token.upos in ("VERB", "AUX") for token in self.tokens[begin:at])
        relative = any(span.text.lower().split()[-1:] in (["who"], ["which"], ["that"]) for span in said.source)
        return bool(said.source) and not verbs and not relative and self.tokens[at].xpos in _FINITE

    def _goes_on(self, begin: int, at: int, end: int) -> bool:
        """A clause that ends before ``, which was found at the park``, with no further comma in its sentence."""
        whole = any(token.xpos in _FINITE for token in self.tokens[begin:at])
        aside = self.words[at] == "," and at + 1 < end and self.words[at + 1] in ("which", "where")
        return whole and aside and "," not in self.words[at + 1 : end]


_NAMING = frozenset(("DET", "ADJ", "NOUN", "PROPN", "NUM"))
