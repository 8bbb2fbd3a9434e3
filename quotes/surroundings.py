"""What stands around a quote that has no source words: whether a neighbour may be its speaker, who goes on.

In clean copy a quotation that fills a paragraph goes on from the one before: somebody was quoted or reported there, the
words are about the same things, and often the next paragraph goes back to the same speaker. Where a clause was lost or
a paragraph was moved, the neighbour is there by chance. Words within marks that are no speech at all (titles, headings,
captions, lists, phrases in running text) are told by their look.
"""

from __future__ import annotations

import math
import re
from bisect import bisect_right
from collections import Counter, defaultdict
from collections.abc import Sequence

from quotes.marks import Quoted, leans, paragraphs
from quotes.records import Attribution, Link, Source

_CLOSERS = "\"”’'»"
_OPENERS = "\"“‘'«„"
#: Where a statement was made or published: a medium, a listener, a hearing, a text.
OCCASION = re.compile(
    r"\b(?:(?:told|tells|telling|informed)\s+(?!(?:him|her|them|me|us|you|that)\b)\w+|in\s+(?:a|an|his|her|its|their|the)\s+(?:\w+[\s-]){0,3}?"
    r"(?:statement|interview|speech|letter|e-?mail|tweet|post|blog|article|column|report|memo|filing|lawsuit|complaint|"
    r"affidavit|ruling|testimony|briefing|conference|call|note|address|debate|video|book|op-?ed|release|study|paper|survey)|"
    r"(?:during|at)\s+(?:a|an|his|her|its|their|the)?\s*(?:\w+[\s-]){0,4}?(?:testimony|hearing|briefing|conference|debate|rally|"
    r"interview|speech|trial|summit|meeting|event|appearance)|testif\w+|tweet\w*|"
    r"on\s+(?:Twitter|Facebook|Instagram|X|CNN|CNBC|MSNBC|NBC|CBS|ABC|Fox|NPR|BBC|Sky|Telegram|Weibo|\w+\sNews|television|air)|wrote|writes|"
    r"according\s+to\s+(?:a|an|the)\s+(?:\w+\s){0,3}(?:report|study|poll|survey|statement|documents?|filing|transcript)|"
    r"under\s+oath|in\s+court|to\s+reporters|press\s+(?:release|conference))",
    re.IGNORECASE,
)
_WORD = re.compile(r"\w+(?:['’\-–]\w+)*")
_LONG = re.compile(r"[^\W\d_]{4,}")
_FINISHED = re.compile(r"[.!?…—–-]\W{0,3}\Z")
_STOPS = (".", "!", "?", "…")
_COMMA = re.compile(r",\W{0,2}\Z")
_SAYING = re.compile(
    r"\b(?:sa(?:y|ys|id|ying)|tells?|told|telling|(?:add|explain|recall|insist|stress|warn|remark|comment|claim|recount|"
    r"reveal|mention|highlight|maintain|announc|declar|tweet|credit)(?:e?s|ed|ing)?|not(?:es?|ed|ing)|stat(?:es|ed|ing)|"
    r"according\s+to|point(?:s|ed|ing)?\s+out|argu(?:es?|ed|ing)|admit(?:s|ted)?|emphasi[sz](?:es?|ed|ing)|"
    r"describ(?:es?|ed|ing)|continu(?:es?|ed|ing)|wr(?:ites?|ote|iting))\b",
    re.IGNORECASE,
)
_PRONOUN = re.compile(r"(?:he|she|they|it|who)", re.IGNORECASE)
_ASKED = re.compile(r"\?\W{0,2}\Z|\b(?:asked|answer(?:s|ed)?|repl(?:y|ies|ied)|question)\b", re.IGNORECASE)
_STATED = re.compile(
    r"\b(?:in|on)\s+(?:a|an|his|her|its|their|the)\s+(?:[\w-]+\s+){0,3}?(?:statement|interview|letter|e-?mail|tweet|post|message|"
    r"release|note|memo|speech|filing|ruling|video|book)\b|\bw(?:rote|rites)\b|\b(?:tweet|post)ed\b",
    re.IGNORECASE,
)
_INTERVIEWED = re.compile(r"\b(?:I|[Ww]e)\s+(?:\w+\s+)?asked\b")
_ADDED = re.compile(r"\b(?:add(?:s|ed)|continu(?:es|ed)|went on|goes on|also|further)\b", re.IGNORECASE)
_SIGNED = re.compile(r"[-–—―~][ \u00a0]?\w")
_MANY = 60  # words: no matter how many more
_NEAR = 30  # paragraphs: the reach of an article, where a text holds many
_FEW = 4  # words: a heading, the number of a list


class Surroundings:
    """An article's paragraphs with who speaks in each."""

    def __init__(
        self,
        text: str,
        attributions: Sequence[Attribution],
        links: Sequence[Link],
        sources: Sequence[Source],
        quotations: Sequence[Quoted],
    ):
        self.text = text
        self.attributions = attributions
        self.links = links
        self.sources = {source.id: source for source in sources}
        self.blocks = paragraphs(text)
        self.marked: dict[int, list[Quoted]] = defaultdict(list)  # by paragraph, its quotations
        for one in quotations:
            self.marked[self.block(one.start)].append(one)
        self.spoken: dict[int, list[int]] = defaultdict(list)  # by paragraph, the attributions with source words
        self.begun: dict[int, list[int]] = defaultdict(list)  # by paragraph, all attributions that begin there
        for number, said in enumerate(attributions):
            self.begun[self.block(said.start)].append(number)
            if said.source:
                self.spoken[self.block(said.source[0].start)].append(number)
        self.heard: dict[str, list[tuple[int, int]]] = defaultdict(list)  # by speaker, paragraphs and attributions
        for place, found in self.spoken.items():
            for number in found:
                if (who := links[number].source_id) is not None:
                    self.heard[who].append((place, number))
        self.named: dict[int, set[str]] = defaultdict(set)  # by paragraph, the speakers of the article whom it mentions
        for source in sources:
            if source.id in self.heard:
                for span in source.mentions:
                    self.named[self.block(span.start)].add(source.id)
        self.stems = [_stems(text[start:end]) for start, end in self.blocks]
        self.shared = Counter(stem for stems in self.stems for stem in stems)
        self.beside = {
            number: self._beside(number)
            for number, said in enumerate(attributions)
            if not said.source and said.speech != "indirect"
        }
        self.lone = {number for number, words in self.beside.items() if not words and self._opens(number)}

    def block(self, offset: int) -> int:
        return max(0, bisect_right(self.blocks, offset, key=lambda block: block[0]) - 1)

    def values(self, number: int) -> dict[str, float]:
        """What tells whether attribution ``number`` is somebody's who speaks beside it."""
        said = self.attributions[number]
        start, end = min(span.start for span in said.contents), max(span.end for span in said.contents)
        here = self.block(start)
        words = " ".join(span.text for span in said.contents)
        who = next((one.source_id for one in self.links[number].candidates if one.source_id is not None), None)
        return {
            "beside": float(min(_MANY, self.beside.get(number, 0))),
            "closes": float(words[-1] in _CLOSERS),
            "finished": float(
                _FINISHED.search(self.text, start, end) is not None or self.text[end : end + 1] in _STOPS
            ),
            "comma": float(_COMMA.search(self.text, start, end) is not None),
            "capitals": _capitals(words),
            "quote words": float(min(_MANY, len(_WORD.findall(words)))),
            "continued": float(any(one.continued and one.start <= start < one.end for one in self.marked[here])),
            "leans": float(leans(self.text, start)),
            "last": float(here == len(self.blocks) - 1),
            **self._before(here),
            **self._after(here, number, who),
            **self._fit(here, words if number in self.lone else ""),
        }

    def _beside(self, number: int) -> int:
        """The words of a quote's paragraph that no mark and no content without source words encloses."""
        here = self.block(min(span.start for span in self.attributions[number].contents))
        start, end = self.blocks[here] if self.blocks else (0, 0)
        inside = [(one.start, one.end) for one in self.marked[here]]
        inside += [
            (span.start, span.end)
            for other in self.begun[here]
            for span in self.attributions[other].contents
            if not self.attributions[other].source
        ]
        at, words = start, 0
        for first, last in sorted(inside):
            words += len(_WORD.findall(self.text, at, max(at, min(first, end))))
            at = max(at, last)
        return words + len(_WORD.findall(self.text, at, max(at, end)))

    def _opens(self, number: int) -> bool:
        """The quote stands at the beginning of its paragraph, within marks."""
        start = min(span.start for span in self.attributions[number].contents)
        return self.text[start] in _OPENERS or self.text[max(0, start - 1)] in _OPENERS

    def _before(self, here: int) -> dict[str, float]:
        first, last = self.blocks[here - 1] if here else (0, 0)
        spoken = sorted(self.spoken[here - 1], key=lambda one: self.attributions[one].end) if here else []
        latest = self.attributions[spoken[-1]] if spoken else None
        who = self.sources.get(self.links[spoken[-1]].source_id or "") if spoken else None
        said = " ".join(span.text for span in latest.source) if latest else ""
        end = self.text[last - 1] if last else ""
        back = next((back for back in range(1, 6) if here - back >= 0 and self.spoken[here - back]), 6)
        begun = list(self.begun[here - 1]) if here else []
        return {
            "after colon": float(end in (":", ",")),  # either leads on to what follows
            "after mark": float(end in _CLOSERS and bool(end)),
            "after quote": float(any(self.attributions[other].speech != "indirect" for other in begun)),
            "after report": float(latest is not None),
            "after end": float(latest is not None and latest.end >= last - 3),
            "after cut": float(end.isalnum() and last - first > 90),
            "after person": float(who is not None and who.kind == "person"),
            "after body": float(who is not None and who.kind in ("organization", "group", "document")),
            "after saying": float(latest is not None and _says(latest)),
            "introduced": float(who is not None and min((span.start for span in who.mentions), default=-1) >= first),
            "words before": float(min(100, len(_WORD.findall(self.text, first, last)))),
            "beside report": float(
                min(
                    _MANY,
                    len(_WORD.findall(self.text, first, max(first, latest.start)))
                    + len(_WORD.findall(self.text, min(latest.end, last), last)),
                )
                if latest is not None
                else _MANY
            ),
            "after pronoun": float(_PRONOUN.fullmatch(said) is not None),
            "after lone": float(any(other in self.lone for other in begun)),
            "after few": float(here == 0 or len(_WORD.findall(self.text, first, last)) <= _FEW),
            "asked": float(_ASKED.search(self.text, max(first, last - 200), last) is not None),
            "answers": float(_INTERVIEWED.search(self.text, max(first, last - 200), last) is not None),
            "after statement": float(_STATED.search(self.text, first, last) is not None),
            "speakers before": float(len({self.links[one].source_id for one in spoken} - {None})),
            "spoken of": float(len(self.named[here - 1])) if here else 0.0,
            "report before": float(back),
        }

    def _after(self, here: int, number: int, who: str | None) -> dict[str, float]:
        """Whether the likeliest speaker is heard again just after the quote, or signs it."""
        theirs = [place for place, other in self.heard.get(who or "", ()) if other != number]
        start, end = self.blocks[here + 1] if here + 1 < len(self.blocks) else (0, 0)
        following = [self.attributions[other] for other in self.spoken[here + 1]]
        return {
            "goes on": float(any(here < place <= here + 2 for place in theirs)),
            "speaks": float(min(10, len(theirs))),
            "added": float(
                any(
                    _PRONOUN.fullmatch(" ".join(span.text for span in said.source)) is not None
                    or _ADDED.search(" ".join(span.text for span in said.cue)) is not None
                    for said in following
                )
            ),
            "before occasion": float(OCCASION.search(self.text, start, end) is not None),
            "signed": float(_SIGNED.match(self.text, start, end) is not None),
        }

    def _fit(self, here: int, words: str) -> dict[str, float]:
        """The share of a quote's words that the paragraph before has too, rare ones counting most, and how much more
        of them another paragraph has: words that were moved fit better elsewhere."""
        mine = _stems(words)
        own = self.stems[here] if self.stems else frozenset()
        worth = {stem: math.log((len(self.blocks) + 1) / (1 + self.shared[stem] - (stem in own))) for stem in mine}
        total = sum(worth.values())

        def fit(block: int) -> float:
            return sum(worth[stem] for stem in mine & self.stems[block]) / total if total else 0.0

        before = fit(here - 1) if here else 0.0
        near = range(max(0, here - _NEAR), min(len(self.blocks), here + _NEAR + 1))
        others = [fit(block) for block in near if block not in (here - 1, here)]
        return {"shared words": before, "shared elsewhere": max(others, default=0.0) - before}


def _says(said: Attribution) -> bool:
    """Spoken or written, not thought, wished or done."""
    return _SAYING.search(" ".join(span.text for span in said.cue)) is not None


def _stems(words: str) -> frozenset[str]:
    return frozenset(word.lower()[:5] for word in _LONG.findall(words))


def _capitals(words: str) -> float:
    """The share of longer words that begin with a capital, the first left out: high in titles and headings."""
    longer = [word for word in _WORD.findall(words)[1:] if len(word) > 3]
    return sum(word[0].isupper() for word in longer) / len(longer) if longer else 0.0
