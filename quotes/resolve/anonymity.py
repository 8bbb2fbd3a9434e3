"""Anonymity that an article grants: the words that say so, and the reason where it gives one."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from quotes.records import Span
from quotes.resolve.mentions import View

_NOT_NAMED = r"not\s+(?:to\s+)?be\s+(?:named|identified|used)"
_GRANTED = re.compile(
    rf"""\b(?:
        (?:on|under)\s+(?:the\s+)?(?:strict\s+)?condition\s+of\s+anonymity
      | (?:on|under)\s+(?:the\s+)?condition\s+(?:that\s+)?(?:\w+\s+){{1,4}}{_NOT_NAMED}
      | (?:declin|refus)(?:ed|es|ing)\s+to\s+(?:be\s+(?:named|identified)|give\s+(?:\w+\s+){{1,2}}name)
      | (?:ask|request)(?:ed|s|ing)?\s+(?:that\s+(?:\w+\s+){{1,4}})?{_NOT_NAMED}
      | (?:ask|request|insist)(?:ed|s|ing)?\s+(?:for\s+|on\s+)?anonymity
      | (?:speak|spoke|spoken|talk|talked|speaking|talking)\s+anonymously
      | (?:was|were|is|are)\s+granted\s+anonymity | anonymity\s+was\s+granted
      | (?:did\s+not|didn['’]t|does\s+not)\s+want\s+to\s+be\s+(?:named|identified)
      | (?:preferred|prefers|wished|wishes|chose)\s+(?:to\s+remain\s+anonymous|{_NOT_NAMED})
      | (?:was|were|is|are)\s?(?:not|n['’]t)\s+(?:authori[sz]ed|permitted|allowed)
        \s+to\s+(?:speak|discuss|comment|talk|brief)
        (?:\s+(?:publicly|on\s+the\s+record|to\s+(?:the\s+)?(?:media|press|reporters)|(?:about|the)\s+[^.;,]{{1,50}}))*
      | whose\s+(?:full\s+)?names?\s+(?:is|are|was|were|has\s+been|have\s+been)\s+(?:being\s+)?withheld
    )""",
    re.VERBOSE | re.IGNORECASE,
)
_REASON = re.compile(
    r""",?\s*(?P<why>(?:because|since|as|for\s+fear|out\s+of\s+fear|fearing|citing|due\s+to|in\s+order\s+to|owing\s+to
        |given|so\s+as)\b[^.;:"“”]{3,220})""",
    re.VERBOSE | re.IGNORECASE,
)
_TO = re.compile(
    r"""\s+(?P<why>to\s+(?:discuss|speak|describe|talk|avoid|protect|share|comment|address|preserve|be\s+candid)\b
        [^.;:,"“”]{3,160})""",
    re.VERBOSE | re.IGNORECASE,
)
_END = re.compile(r",")


@dataclass(frozen=True, slots=True)
class Anonymity:
    """The words that grant anonymity; ``reason`` where the article says why."""

    condition: Span
    reason: Span | None

    @property
    def spans(self) -> tuple[Span, ...]:
        return (self.condition,) if self.reason is None else (self.condition, self.reason)


def granted(seen: View) -> Sequence[Anonymity]:
    """Every place where anonymity is granted, in order.

    ``because he was not authorized to speak publicly`` after a condition is its reason, not a second one.
    """
    found: list[Anonymity] = []
    at = 0
    while match := _GRANTED.search(seen.text, at):
        at = match.end()
        condition = seen.analysis.article.span(match.start(), match.end())
        reason = _REASON.match(seen.text, match.end()) or _TO.match(seen.text, match.end())
        if reason is None:
            found.append(Anonymity(condition, None))
            continue
        start, end = reason.span("why")
        cut = _END.search(seen.text, start, end)
        end = cut.start() if cut else end
        while end > start and seen.text[end - 1] in " ,\n":
            end -= 1
        at = end
        found.append(Anonymity(condition, seen.analysis.article.span(start, end)))
    return found
