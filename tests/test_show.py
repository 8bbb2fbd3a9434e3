"""The terminal and the page: everything marked, nothing lost, the article's text to the character."""

from __future__ import annotations

import io
import re
import shutil
import subprocess
from html.parser import HTMLParser
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.console import Console

from quotes.records import (
    Article,
    Attribution,
    Candidate,
    Flag,
    Link,
    Quality,
    Quote,
    Record,
    Source,
    Span,
)
from quotes.show import NOTE, html, pieces, terminal

TEXT = (
    "Reports said Ann Lee called “a <b>bold</b> & “brave” move” a mistake.\r\n\r\n"
    "قال المتحدث: «لن نقبل بهذا أبدا».\r\n"
    "“It goes on\r\n\r\n“over two paragraphs,” she added.\u2028Last line\rand a lone return \x1b[31m."
)


def span(words: str, text: str = TEXT) -> Span:
    start = text.index(words)
    return Span(start, start + len(words), words)


def quote(number: int, said: Attribution, source_id: str | None = None, *flags: Flag) -> Quote:
    candidates = (Candidate(source_id, 0.9), Candidate(None, 0.05)) if source_id else (Candidate(None, 0.8),)
    return Quote(f"q{number}", said, Link(source_id, candidates), Quality(0.9, 0.8, 0.7), flags)


@pytest.fixture
def record() -> Record:
    outer = Attribution(
        (span("Ann Lee called “a <b>bold</b> & “brave” move” a mistake"),), (span("said"),), (span("Reports"),)
    )
    inner = Attribution(
        (span("“a <b>bold</b> & “brave” move” a mistake"),), (span("called"),), (span("Ann Lee"),), "mixed"
    )
    arabic = Attribution((span("«لن نقبل بهذا أبدا»"),), (span("قال"),), (span("المتحدث"),), "direct")
    long = Attribution((span("“It goes on\r\n\r\n“over two paragraphs,”"),), (span("added"),), (span("she"),), "direct")
    marks = Flag("garbled", 0.81, (span("“brave” move”"),), "marks of <one> kind inside each other", "marks")
    nobody = Flag("orphaned", 0.95, (), "“she” is nobody in the article")
    return Record(
        Article("an <odd> & name.txt", TEXT),
        (
            Source("s1", "Ann <Lee>", "person", "named", "analyst", "38 North"),
            Source("s2", "المتحدث", "person", "described"),
        ),
        (quote(1, outer), quote(2, inner, "s1", marks), quote(3, arabic, "s2"), quote(4, long, None, nobody)),
    )


class Page(HTMLParser):
    """What a reader of the page gets: the text of each ``.text``, ids, links, and the tags in their order."""

    def __init__(self, page: str) -> None:
        super().__init__(convert_charrefs=True)
        self.texts: list[str] = []
        self.ids: list[str] = []
        self.links: list[str] = []
        self.marked: dict[str, str] = {}
        self.depth = 0
        self.open: list[str] = []
        self.parts: list[str] = []
        self.feed(page)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if "id" in given:
            self.ids.append(given["id"])
        if given.get("href", "").startswith("#"):
            self.links.append(given["href"][1:])
        if given.get("class") == "text":
            self.texts.append("")
            self.depth = 1
        elif self.depth and tag == "div":
            self.depth += 1
        if tag not in ("meta",):
            self.open.append(tag)
            self.parts.append(given.get("class", "") if tag == "a" else "")

    def handle_endtag(self, tag: str) -> None:
        assert self.open, f"</{tag}> closes nothing"
        assert self.open.pop() == tag
        self.parts.pop()
        if self.depth and tag == "div":
            self.depth -= 1

    def handle_data(self, data: str) -> None:
        if self.depth:
            self.texts[-1] += data
            for names in self.parts:
                for name in names.split():
                    self.marked[name] = self.marked.get(name, "") + data


def printed(record: Record, **console: object) -> str:
    out = io.StringIO()
    terminal(record, Console(file=out, width=200, highlight=False, **console))  # type: ignore[arg-type]
    return out.getvalue()


def test_pieces_are_the_whole_text(record: Record) -> None:
    flat = [piece for line in pieces(record) for piece in line]
    assert "".join(TEXT[piece.start : piece.end] for piece in flat) == TEXT
    assert len(pieces(record)) == 8


def test_page_text_is_the_article(record: Record) -> None:
    page = Page(html([record]))
    assert page.texts == [TEXT.replace("\x1b", "\ufffd")]
    assert not page.open


def test_page_marks_every_part(record: Record) -> None:
    marked = Page(html([record])).marked
    assert marked["source"] == "ReportsAnn Leeالمتحدثshe"
    assert marked["cue"] == "saidcalledقالadded"
    assert "“a <b>bold</b> & “brave” move” a mistake" in marked["content"]
    assert marked["flag"].startswith("“brave” move”“It goes on")


def test_page_links_lead_somewhere(record: Record) -> None:
    page = Page(html([record, record]))
    assert len(page.ids) == len(set(page.ids))
    assert set(page.links) <= set(page.ids)
    assert {"a1", "a1-q2", "a1-q2-f0", "a2-q4-f0", "a2-q3-content"} <= set(page.ids)


def test_page_says_what_it_rates_and_needs_nothing_else(record: Record) -> None:
    page = html([record])
    assert NOTE in page
    assert "http" not in page.split("<body>")[0]
    assert "<b>bold</b>" not in page
    assert "Ann &lt;Lee&gt;" in page
    assert "marks of &lt;one&gt; kind" in page
    assert page.encode("utf-8")


def test_page_of_nothing() -> None:
    page = html([Record(Article("", ""), (), ())])
    assert Page(page).texts == [""]
    assert "0 quotes" in page


def test_terminal_without_colour_has_brackets(record: Record) -> None:
    out = printed(record)
    assert "\x1b" not in out
    assert "{Reports} <said> [q1 {Ann Lee} <called> [q2 “a <b>bold</b> & !“brave” move” a mistake]]." in out
    assert "! q2 garbled: marks (0.81): marks of <one> kind inside each other" in out
    assert "! q4 orphaned (0.95)" in out
    assert NOTE in out


def test_terminal_brackets_a_shared_source_once() -> None:
    text = "Ann said it rains and added it pours."
    said = [
        quote(number, Attribution((span(content, text),), (span(cue, text),), (span("Ann", text),)))
        for number, (content, cue) in enumerate((("it rains", "said"), ("it pours", "added")), 1)
    ]
    shared = Record(Article("shared", text), (), tuple(said))
    assert "{Ann} <said> [q1 it rains] and <added> [q2 it pours]." in printed(shared)


def test_terminal_reason_stands_beneath_its_line(record: Record) -> None:
    lines = printed(record).splitlines()
    at = next(number for number, line in enumerate(lines) if "“brave”" in line)
    assert lines[at + 1].strip().startswith("! q2 garbled")


def test_terminal_with_colour_tells_the_parts_apart(record: Record) -> None:
    out = printed(record, force_terminal=True, color_system="standard")
    codes = {words: re.search(rf"\x1b\[([\d;]+)m{words}", out) for words in ("Reports", "said", "“over two")}
    styles = {match.group(1) for match in codes.values() if match}
    assert len(styles) == 3
    assert "\x1b[31m." not in out, "an article steers no terminal"


def test_terminal_tables_name_speaker_and_scores(record: Record) -> None:
    out = printed(record)
    assert re.search(r"q2 .*mixed .*Ann <Lee> .*0\.79 .*0\.90 .*0\.80 .*0\.70 .*garbled: marks", out)
    assert re.search(r"s1 .*Ann <Lee> .*named .*person .*analyst .*38 North .*1 ", out)


@settings(max_examples=60, deadline=None)
@given(st.text(alphabet="ab “”<>&\"'\r\n\u2028\x0bש\u202e\x00\ud800", max_size=60), st.data())
def test_any_text_and_any_spans(text: str, data: st.DataObject) -> None:
    place = st.integers(0, len(text))

    def some() -> tuple[Span, ...]:
        ends = sorted((data.draw(place), data.draw(place)))
        return (Span(ends[0], ends[1], text[ends[0] : ends[1]]),)

    quotes = tuple(
        quote(number, Attribution(some(), some(), some()), None, Flag("garbled", 0.5, some(), "why", "stray"))
        for number in (1, 2)
    )
    record = Record(Article("x", text), (), quotes)
    seen = re.sub("[\x00\ud800]", "\ufffd", text)
    page = html([record])
    assert Page(page).texts == [seen]
    assert page.encode("utf-8")
    assert "\x00" not in printed(record)


@pytest.mark.skipif(shutil.which("chromium") is None, reason="no chromium on this machine")
def test_page_in_a_browser(record: Record, tmp_path: Path) -> None:
    """The text of the page, as a browser reads it, is the article's, and pointing at a part shows its card."""
    check = """<script>
      document.querySelector(".p.source[data-q~=q2]").dispatchEvent(new MouseEvent("mouseover", {bubbles: true}));
      const card = document.querySelector("#hover .card");
      const text = document.querySelector(".text").textContent;
      document.title = JSON.stringify([[...text].map((c) => c.codePointAt(0)), card ? card.dataset.q : null]);
    </script></body>"""
    path = tmp_path / "page.html"
    path.write_bytes(html([record]).replace("</body>", check).encode())
    run = subprocess.run(
        ["chromium", "--no-sandbox", "--headless", "--disable-gpu", "--disable-background-networking",
         f"--user-data-dir={tmp_path / 'profile'}", "--dump-dom", path.as_uri()],
        capture_output=True, timeout=120, check=False,
    )  # fmt: skip
    found = re.search(r"<title>\[\[([\d,]+)\],\"?(\w+)", run.stdout.decode())
    assert found, run.stderr.decode()[-500:]
    assert "".join(chr(int(code)) for code in found.group(1).split(",")) == TEXT.replace("\x1b", "\ufffd")
    assert found.group(2) == "q2"
