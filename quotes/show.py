"""A record for the eye: an article in the terminal or on a page, with its quotes, sources and flags where they stand.

The page stands alone (no network, no fonts, no frameworks), works without scripts and on paper, and the text in it is
the article's text to the character.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from html import escape
from importlib import resources
from itertools import pairwise
from typing import TYPE_CHECKING

from quotes.records import Flag, Quote, Record, Source, Span

if TYPE_CHECKING:
    from rich.console import Console
    from rich.text import Text

NOTE = "The scores rate how well each quote is attributed, not whether what is said is true."

CODES = {
    "orphaned": "nobody is found who says it",
    "garbled": "the words are damaged",
    "vague_source": "the source is vague",
    "ambiguous_source": "the source could be one of several",
    "unresolved_reference": "the source points to nobody in the article",
    "secondhand": "somebody says that somebody else says it",
    "unsourced": "reported without a source",
}
"""What each flag says, in a few words."""

_LINE = re.compile("[^\n\r\x0b\x0c\x1c\x1d\x1e\x85\u2028\u2029]*(?:\r\n|[\n\r\x0b\x0c\x1c\x1d\x1e\x85\u2028\u2029]|$)")
_BREAKS = "\n\r\x0b\x0c\x1c\x1d\x1e\x85\u2028\u2029"
_UNSEEN = re.compile(
    r"[\x00-\x08\x0e-\x1b\x1f\x7f\x80-\x84\x86-\x9f\ud800-\udfff]"
)  # would steer a terminal, or break a page
_ROLES = ("content", "cue", "source")


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch of the text in which nothing begins or ends.

    ``parts`` are the spans over it, each as (number of the quote, role), ``flags`` as (number of the quote, number of
    the flag); ``begins`` and ``ends`` are the parts and flags that do so here.
    """

    start: int
    end: int
    parts: tuple[tuple[int, str], ...] = ()
    flags: tuple[tuple[int, int], ...] = ()
    begins: tuple[tuple[int, str], ...] = ()
    ends: tuple[tuple[int, str], ...] = ()
    flags_begin: tuple[tuple[int, int], ...] = ()


def pieces(record: Record) -> list[list[Piece]]:
    """The article line by line, each line (with its break) in pieces; put together they are the whole text.

    Spans may overlap, touch or run over lines.
    """
    text = record.article.text
    opening: dict[int, list[tuple[int, str]]] = {}
    closing: dict[int, list[tuple[int, str]]] = {}
    raised: dict[int, list[tuple[int, int]]] = {}
    lowered: dict[int, list[tuple[int, int]]] = {}
    for number, quote in enumerate(record.quotes):
        said = quote.attribution
        for role, spans in zip(_ROLES, (said.contents, said.cue, said.source), strict=True):
            for span in spans:
                if len(span):
                    opening.setdefault(span.start, []).append((number, role))
                    closing.setdefault(span.end, []).append((number, role))
        for order, flag in enumerate(quote.flags):
            for span in flag.spans or said.contents[:1]:
                if len(span):
                    raised.setdefault(span.start, []).append((number, order))
                    lowered.setdefault(span.end, []).append((number, order))
    lines = [(match.start(), match.end()) for match in _LINE.finditer(text) if match.end() > match.start()]
    places = sorted(
        {place for at in (opening, closing, raised, lowered) for place in at} | {start for start, _ in lines}
    )
    shown: list[list[Piece]] = []
    parts: list[tuple[int, str]] = []
    flags: list[tuple[int, int]] = []
    starts = {start for start, _ in lines}
    for start, end in pairwise([*places, len(text)]):
        if start == end:
            break
        for part in closing.get(start, ()):
            parts.remove(part)
        for raised_before in lowered.get(start, ()):
            flags.remove(raised_before)
        begins, flags_begin = tuple(opening.get(start, ())), tuple(raised.get(start, ()))
        parts += begins
        flags += flags_begin
        if start in starts:
            shown.append([])
        last = tuple(closing.get(end, ()))
        shown[-1].append(Piece(start, end, tuple(parts), tuple(flags), begins, last, flags_begin))
    return shown


# --- the terminal --------------------------------------------------------------------------------------------------

_STYLES = {"source": "bold blue", "cue": "italic yellow", "content": "green"}
_BRACKETS = {"source": ("{", "}"), "cue": ("<", ">"), "content": ("[", "]")}


def terminal(record: Record, console: Console) -> None:
    """Print an article with its attributions and flags marked, then its sources and its quotes.

    Every content begins with its quote's number. Sources, cues and contents are told apart by colour or, where the
    console has none, by ``{source}``, ``<cue>`` and ``[content]``.
    """
    from rich.rule import Rule
    from rich.text import Text

    article = record.article
    plain = console.color_system is None
    console.print(Rule(Text(_seen(article.id) or "article", "bold"), align="left"))
    console.print(_legend(plain))
    console.print()
    bracketed = _bracketed(record)
    for line in pieces(record):
        console.print(_line(record, line, plain, bracketed), soft_wrap=False)
        done: set[tuple[int, int]] = set()
        for piece in line:
            for number, order in piece.flags_begin:
                if (number, order) not in done:
                    done.add((number, order))
                    quote = record.quotes[number]
                    console.print(_reason(quote, quote.flags[order]))
    console.print()
    if record.sources:
        console.print(_sources_table(record))
    if record.quotes:
        console.print(_quotes_table(record))
    score = "no quotes found" if record.score is None else f"score {record.score:.2f}"
    flagged = sum(bool(quote.flags) for quote in record.quotes)
    console.print(Text(f"{score} · {_count(len(record.quotes), 'quote')} · {flagged} to look at"))
    console.print(Text(NOTE, "dim"))


def _legend(plain: bool) -> Text:
    from rich.text import Text

    shown = Text()
    for role in ("source", "cue", "content"):
        left, right = _BRACKETS[role] if plain else ("", "")
        shown.append(f"{left}{role}{right}", _STYLES[role]).append("  ")
    return shown.append("! flagged" if plain else "flagged", "underline red")


def _bracketed(record: Record) -> frozenset[tuple[int, str]]:
    """The parts that get brackets: a cue or a source that several quotes share gets one pair."""
    first: dict[tuple[object, ...], tuple[int, str]] = {}
    for number, quote in enumerate(record.quotes):
        first[number, "content"] = number, "content"
        for role, spans in (("cue", quote.attribution.cue), ("source", quote.attribution.source)):
            first.setdefault((role, spans), (number, role))
    return frozenset(first.values())


def _line(record: Record, line: Sequence[Piece], plain: bool, bracketed: frozenset[tuple[int, str]]) -> Text:
    from rich.text import Text

    shown = Text()
    for piece in line:
        words = _seen(record.article.text[piece.start : piece.end])
        roles = {role for _, role in piece.parts}
        style = next((_STYLES[role] for role in ("source", "cue", "content") if role in roles), "")
        for number, role in piece.begins:
            if role == "content":
                shown.append(f"[{record.quotes[number].id} " if plain else f"{record.quotes[number].id} ", "dim")
            elif plain and (number, role) in bracketed:
                shown.append(_BRACKETS[role][0], "dim")
        if plain and piece.flags_begin:
            shown.append("!")
        shown.append(words.rstrip(_BREAKS), f"{style} underline red" if piece.flags else style)
        if plain:
            for number, role in reversed(piece.ends):
                if (number, role) in bracketed:
                    shown.append(_BRACKETS[role][1], "dim")
    return shown


def _reason(quote: Quote, flag: Flag) -> Text:
    from rich.text import Text

    return Text(f"  ! {quote.id} {_named(flag)} ({flag.probability:.2f}): {_seen(flag.reason)}", "red")


def _named(flag: Flag) -> str:
    return f"{flag.code}: {flag.variety}" if flag.variety else flag.code.replace("_", " ")


def _sources_table(record: Record) -> object:
    from rich.table import Table
    from rich.text import Text

    table = Table(title="Sources", title_justify="left", header_style="bold")
    for column in ("id", "name", "naming", "kind", "role", "affiliation", "quotes"):
        table.add_column(column, justify="right" if column == "quotes" else "left")
    for source in record.sources:
        spoken = sum(quote.link.source_id == source.id for quote in record.quotes)
        cells = (source.id, source.name, source.naming, source.kind, source.role, source.affiliation, str(spoken))
        table.add_row(*(Text(_seen(cell or "–")) for cell in cells))
    return table


def _quotes_table(record: Record) -> object:
    from rich.table import Table
    from rich.text import Text

    table = Table(title="Quotes", title_justify="left", header_style="bold")
    for column in ("id", "speech", "source", "words", "score", "link", "source ", "text", "flags"):
        number = column in ("score", "link", "source ", "text")
        table.add_column(column, justify="right" if number else "left", no_wrap=number or column == "id")
    for quote in record.quotes:
        said, quality = quote.attribution, quote.quality
        figures = (f"{figure:.2f}" for figure in (quality.score, quality.link, quality.source, quality.text))
        cells = (
            quote.id, said.speech, _speaker(record, quote), _short(" … ".join(span.text for span in said.contents), 70),
            *figures, ", ".join(_named(flag) for flag in quote.flags) or "–",
        )  # fmt: skip
        table.add_row(*(Text(_seen(cell)) for cell in cells), style="red" if quote.flags else "")
    return table


def _speaker(record: Record, quote: Quote) -> str:
    for source in record.sources:
        if source.id == quote.link.source_id:
            return source.name
    likely = [candidate for candidate in quote.link.candidates if candidate.source_id is not None][:2]
    names = {source.id: source.name for source in record.sources}
    if likely and quote.attribution.source:
        return " or ".join(names.get(candidate.source_id or "", "?") for candidate in likely) + "?"
    return "nobody"


def _short(text: str, longest: int) -> str:
    words = " ".join(text.split())
    return words if len(words) <= longest else words[: longest - 1].rstrip() + "…"


def _seen(text: str) -> str:
    """The text with control characters and lone surrogates, which a screen cannot show, as replacement characters."""
    return _UNSEEN.sub("\ufffd", text)


def _count(number: int, noun: str) -> str:
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


# --- the page ------------------------------------------------------------------------------------------------------


def html(records: Iterable[Record]) -> str:
    """A page of articles, complete in itself. The text of each ``.text`` element is the article's text.

    Characters that no page can hold (NUL, most control characters, lone surrogates) stand as U+FFFD.
    """
    shown = list(records)
    body = "\n".join(_article(record, number) for number, record in enumerate(shown, 1))
    title = _seen(shown[0].article.id) if len(shown) == 1 and shown[0].article.id else "Quotes and their sources"
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        '<meta name="color-scheme" content="light dark">\n'
        f"<title>{escape(title)} – quotes</title>\n<style>\n{_asset('show.css')}</style>\n</head>\n<body>\n"
        f"<header>\n<h1>Who said what</h1>\n{_key()}\n<p class=note>{escape(NOTE)}</p>\n</header>\n"
        f"{_contents(shown)}<main>\n{body}\n</main>\n<script>\n{_asset('show.js')}</script>\n</body>\n</html>\n"
    )


@cache
def _asset(name: str) -> str:
    return resources.files("quotes").joinpath(name).read_text(encoding="utf-8")


def _key() -> str:
    return (
        '<p class=key aria-label="Legend"><span class="p source">source</span> <span class="p cue">cue</span> '
        '<span class="p content">content</span> <span class="p content flag">flagged</span></p>'
    )


def _contents(records: Sequence[Record]) -> str:
    if len(records) < 2:
        return ""
    rows = "\n".join(
        f'<tr><td><a href="#a{number}">{escape(_seen(record.article.id) or f"article {number}")}</a></td>'
        f"<td>{'–' if record.score is None else f'{record.score:.2f}'}</td><td>{len(record.quotes)}</td>"
        f"<td>{sum(bool(quote.flags) for quote in record.quotes)}</td></tr>"
        for number, record in enumerate(records, 1)
    )
    return (
        "<nav aria-label=Articles><table><thead><tr><th scope=col>article</th><th scope=col>score</th>"
        f"<th scope=col>quotes</th><th scope=col>to look at</th></tr></thead><tbody>\n{rows}\n</tbody></table></nav>\n"
    )


def _article(record: Record, number: int) -> str:
    name = escape(_seen(record.article.id) or f"article {number}")
    score = "–" if record.score is None else f"{record.score:.2f}"
    flagged = sum(bool(quote.flags) for quote in record.quotes)
    figures = (
        f"<p class=figures><b>{score}</b> mean quality · {_count(len(record.quotes), 'quote')} · "
        f"{_count(len(record.sources), 'source')} · {flagged} to look at</p>"
    )
    quotes = "\n".join(_card(record, quote, f"a{number}") for quote in record.quotes)
    return (
        f'<article id="a{number}">\n<h2><bdi>{name}</bdi></h2>\n{figures}\n{_flag_list(record, f"a{number}")}'
        f"<div class=columns>\n<div class=text>{''.join(_paragraphs(record, f'a{number}'))}</div>\n"
        f"<aside aria-label=Quotes>\n<h3>Quotes</h3>\n<ol class=cards>\n{quotes}\n</ol>\n{_sources(record)}</aside>\n"
        "</div>\n</article>"
    )


def _flag_list(record: Record, prefix: str) -> str:
    rows = [
        f'<li><a href="#{prefix}-{quote.id}-f{order}">{escape(quote.id)}</a> <b>{escape(_named(flag))}</b> '
        f"<span class=odds>{flag.probability:.2f}</span> <bdi>{escape(_seen(flag.reason))}</bdi></li>"
        for quote in record.quotes
        for order, flag in enumerate(quote.flags)
    ]
    if not rows:
        return ""
    listed = "\n".join(rows)
    return f'<section class=flags aria-label="Flags">\n<h3>To look at</h3>\n<ul>\n{listed}\n</ul>\n</section>\n'


def _paragraphs(record: Record, prefix: str) -> Iterator[str]:
    named: set[str] = set()
    for line in pieces(record):
        blank = not record.article.text[line[0].start : line[-1].end].strip()
        inside = "".join(_piece(record, piece, prefix, named) for piece in line)
        yield f"<p dir=auto{' class=blank' if blank else ''}>{inside}</p>"


def _piece(record: Record, piece: Piece, prefix: str, named: set[str]) -> str:
    text = record.article.text[piece.start : piece.end]
    words = text.rstrip(_BREAKS)
    after = _escaped(text[len(words) :])
    if not words or not (piece.parts or piece.flags):
        return _escaped(words) + after
    shown = [record.quotes[number].id for number, _ in piece.parts]
    shown += [record.quotes[number].id for number, _ in piece.flags]
    ids = list(dict.fromkeys(shown))
    roles = [role for role in _ROLES if any(role == part for _, part in piece.parts)]
    names = " ".join(["p", *roles, *(["flag"] if piece.flags else [])])
    numbers = [record.quotes[number].id for number, role in piece.begins if role == "content"]
    marker = f' data-n="{escape(" ".join(numbers))}"' if numbers else ""
    innermost = record.quotes[piece.parts[-1][0] if piece.parts else piece.flags[-1][0]].id
    anchors = []
    for number, role in piece.begins:
        anchors.append(f"{prefix}-{record.quotes[number].id}-{role}")
    for number, order in piece.flags_begin:
        anchors.append(f"{prefix}-{record.quotes[number].id}-f{order}")
    fresh = [anchor for anchor in dict.fromkeys(anchors) if anchor not in named]
    named.update(fresh)
    inside = _escaped(words)
    for anchor in fresh[1:]:
        inside = f'<span id="{escape(anchor)}">{inside}</span>'
    place = f' id="{escape(fresh[0])}"' if fresh else ""
    reach = "" if numbers or piece.flags_begin else " tabindex=-1"
    warned = "; ".join(
        f"{_named(record.quotes[number].flags[order])}: {record.quotes[number].flags[order].reason}"
        for number, order in piece.flags_begin
    )
    title = f' title="{escape(_seen(warned))}"' if warned else ""
    return (
        f'<a class="{names}" href="#{prefix}-{escape(innermost)}" data-q="{escape(" ".join(ids))}"'
        f"{marker}{place}{reach}{title}>{inside}</a>{after}"
    )


def _escaped(text: str) -> str:
    """Text for a page: a carriage return as a reference, or the page's reader would drop it."""
    return escape(_seen(text)).replace("\r", "&#13;").replace("\x0c", "&#12;")


def _card(record: Record, quote: Quote, prefix: str) -> str:
    said, quality = quote.attribution, quote.quality
    first = escape(f"{prefix}-{quote.id}-content")
    words = escape(_seen(_short(" … ".join(span.text for span in said.contents), 160)))
    parts = "".join(
        f"<dt>{name}</dt><dd><meter min=0 max=1 value={figure:.4f}>{figure:.2f}</meter> {figure:.2f}</dd>"
        for name, figure in (("link", quality.link), ("source", quality.source), ("text", quality.text))
    )
    flags = "".join(
        f"<li><b>{escape(_named(flag))}</b> <span class=odds>{flag.probability:.2f}</span> "
        f"<bdi>{escape(_seen(flag.reason))}</bdi>{_evidence(flag)}</li>"
        for flag in quote.flags
    )
    return (
        f'<li class="card{" flagged" if quote.flags else ""}" id="{prefix}-{escape(quote.id)}" '
        f'data-q="{escape(quote.id)}" tabindex=-1>\n'
        f'<p class=head><a href="#{first}" title="show in the text">{escape(quote.id)}</a> {said.speech} '
        f"<span class=score>{quality.score:.2f}</span></p>\n"
        f"<p class=words><bdi>{words}</bdi></p>\n{_who(record, quote)}\n<dl class=parts>{parts}</dl>\n"
        + (f"<ul class=reasons>{flags}</ul>\n" if flags else "")
        + "</li>"
    )


def _evidence(flag: Flag) -> str:
    short = [span.text for span in flag.spans if len(span) <= 60 and span.text not in flag.reason]
    return "".join(f" <bdi class=evidence>{escape(_seen(text))}</bdi>" for text in short)


def _who(record: Record, quote: Quote) -> str:
    sources = {source.id: source for source in record.sources}
    known = sources.get(quote.link.source_id or "")
    if known is not None:
        shown = f"<p class=who><b><bdi>{escape(_seen(known.name))}</bdi></b> {escape(_about(known))}</p>"
    else:
        shown = "<p class=who><b>nobody</b> found who says it</p>"
        if quote.attribution.source:
            words = escape(_seen(_short(_joined(quote.attribution.source), 80)))
            shown = f"<p class=who><bdi>{words}</bdi> – not resolved</p>"
    others = [
        (sources[one.source_id].name if one.source_id in sources else "nobody in this article", one.probability)
        for one in quote.link.candidates
    ]
    if len(others) > 1:
        rows = "".join(f"<li><bdi>{escape(_seen(name))}</bdi> {odds:.2f}</li>" for name, odds in others[:4])
        shown += f"\n<details><summary>candidates</summary><ul>{rows}</ul></details>"
    return shown


def _joined(spans: Sequence[Span]) -> str:
    return " … ".join(span.text for span in spans)


def _about(source: Source) -> str:
    told = [source.role, source.affiliation if source.affiliation not in (source.role, source.name) else None]
    return " · ".join([part for part in told if part] + [f"{source.naming} {source.kind}"])


def _sources(record: Record) -> str:
    if not record.sources:
        return ""
    rows = "\n".join(
        f"<tr><td><bdi>{escape(_seen(source.name))}</bdi></td><td>{escape(_about(source))}</td>"
        f"<td>{sum(quote.link.source_id == source.id for quote in record.quotes)}</td></tr>"
        for source in record.sources
    )
    return (
        "<h3>Sources</h3>\n<table class=sources><thead><tr><th scope=col>name</th><th scope=col>what</th>"
        f"<th scope=col>quotes</th></tr></thead><tbody>\n{rows}\n</tbody></table>\n"
    )
