from __future__ import annotations

import gzip
import html
import io
import json
import math
import re
import sys
from pathlib import Path

import pyarrow
import pyarrow.parquet
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from warcio.statusandheaders import StatusAndHeaders
from warcio.warcwriter import WARCWriter

from quotes import ingest
from quotes.ingest import Limits, articles, documents, files
from quotes.ingest.html import extract
from quotes.records import Article, Failure

PAGE = """<!doctype html><html><head><title>Mayor opens bridge - The Herald</title>
<meta property="og:site_name" content="The Herald"><meta name="author" content="Jo Hall">
<script>var a = "<p>not this</p>";</script></head>
<body><nav><a href="/">Home</a> <a>News</a></nav><h1>Mayor opens   bridge</h1>
<article><p>The mayor opened the bridge on Monday, ending three years of work that had closed the river road.</p>
<p>&ldquo;It&rsquo;s a great day for R&amp;D and for <b>every&shy;one</b> here,&rdquo; said Anna&nbsp;Lind, the mayor
 of the small town of Orrin.</p><!-- an advert -->
<p>Residents said they had waited long enough. Traders on the north bank say that they lost a third of their custom.<br>
Others were glad.</p></article><footer>All rights reserved</footer></body></html>"""


def only(path: Path | str, **more: object) -> Article | Failure:
    (found,) = articles([str(path)], **more)  # type: ignore[arg-type]
    return found


def text_of(path: Path | str, **more: object) -> str:
    found = only(path, **more)
    assert isinstance(found, Article)
    return found.text


def error_of(path: Path | str, **more: object) -> str:
    found = only(path, **more)
    assert isinstance(found, Failure)
    assert "\n" not in found.message
    assert found.message.startswith(f"{found.id}: ")
    assert ";" in found.message  # what is wrong; the remedy
    return found.type


@pytest.mark.parametrize("words", ["“Yes,”\r\nshe said.\r", "\ufeffA mark,\u00a0a space\u2028and 𝄞", "\n\n a \n"])
def test_a_text_is_as_it_was_handed_over(tmp_path: Path, words: str) -> None:
    path = tmp_path / "a.txt"
    path.write_bytes(words.encode("utf-8"))
    assert text_of(path) == words


def test_utf16_shows_by_its_mark(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_bytes("“Yes,” she said.".encode("utf-16"))
    assert text_of(path) == "\ufeff“Yes,” she said."


def test_latin1_is_an_error_with_the_remedy_that_works(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_bytes("café".encode("latin-1"))
    found = only(path)
    assert isinstance(found, Failure)
    assert found.message == "a.txt: byte 0xe9 at 3 is not UTF-8; name its encoding, for example --encoding latin-1"
    assert text_of(path, encoding="latin-1") == "café"


@pytest.mark.parametrize(
    ("data", "type"),
    [
        (b"", "Empty"),
        (b" \r\n\xc2\xa0", "Empty"),
        (b"\xef\xbb\xbf", "Empty"),
        (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", "Binary"),
        (b"a\0b", "Binary"),
        (b"caf\xe9", "Encoding"),
        (b"x" * 301, "TooLong"),
        (b"x" * 5000, "TooLarge"),
    ],
)
def test_texts_that_cannot_be_scored(tmp_path: Path, data: bytes, type: str) -> None:
    path = tmp_path / "a.txt"
    path.write_bytes(data)
    assert error_of(path, limits=Limits(bytes=4096, characters=300)) == type


def test_a_file_that_is_not_there_stops_nobody(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("Some text.")
    assert error_of(tmp_path / "none.txt") == "FileNotFound"
    found = list(articles([str(tmp_path / "none.txt"), str(tmp_path / "no*.txt"), str(tmp_path / "a.txt")]))
    assert [one.id for one in found] == ["none.txt", "no*.txt", "a.txt"]


def test_rows(tmp_path: Path) -> None:
    path = tmp_path / "in.jsonl"
    lines = [
        b'{"id": "a1", "text": "\\u201cYes,\\u201d\\r\\nshe said.", "outlet": "The Herald", "n": [1, null]}',
        b"",
        b'{"text": "No id."}',
        b'{"id": 7, "text": "A number."}',
        b'{"id": "a1", "text": "Twice the same."}',
        b'{"id": "a2"}',
        b'{"id": "a3", "text": null}',
        b"not JSON",
        b'["a list"]',
        b'{"id": "a4", "text": "caf\xe9"}',
        b'{"id": "a5", "text": "odd", "field": Infinity}',
        b'{"id": "a6", "text": "last"}',
    ]
    path.write_bytes(b"\n".join(lines))
    packed = tmp_path / "in.jsonl.gz"
    packed.write_bytes(gzip.compress(path.read_bytes()))
    found = list(articles([str(path)]))
    assert isinstance(found[0], Article)
    assert found[0].text == "“Yes,”\r\nshe said."
    assert found[0].meta == {"outlet": "The Herald", "n": [1, None]}
    shown = [(one.id, one.type if isinstance(one, Failure) else None) for one in found]
    assert shown == [
        ("a1", None), ("in.jsonl:3", None), ("7", None), ("a1", None), ("a2", "NoText"), ("a3", "NoText"),
        ("in.jsonl:8", "BadJSON"), ("in.jsonl:9", "BadJSON"), ("in.jsonl:10", "Encoding"), ("in.jsonl:11", "BadJSON"),
        ("a6", None),
    ]  # fmt: skip
    assert [one.id.replace(".gz", "") for one in articles([str(packed)])] == [one.id for one in found]


def test_a_row_keeps_its_own_id_in_an_error(tmp_path: Path) -> None:
    path = tmp_path / "in.jsonl"
    path.write_text('{"id": "mine", "text": ""}\n{"text": ""}\nno\n')
    assert [ingest.identity(one) for one in documents([str(path)]) if not isinstance(one, Failure)] == [
        "mine", "in.jsonl:2", "in.jsonl:3",
    ]  # fmt: skip


def test_a_line_without_end_is_passed_by(tmp_path: Path) -> None:
    path = tmp_path / "in.jsonl"
    path.write_bytes(b'{"text": "a"}\n' + b"x" * 100_000 + b'\n{"text": "b"}\n')
    found = list(articles([str(path)], limits=Limits(bytes=1000)))
    assert [(one.id, isinstance(one, Failure)) for one in found] == [
        ("in.jsonl:1", False), ("in.jsonl:2", True), ("in.jsonl:3", False),
    ]  # fmt: skip


def test_a_damaged_archive_gives_what_it_can(tmp_path: Path) -> None:
    data = gzip.compress(b"".join(b'{"text": "row %d"}\n' % number for number in range(5000)))
    (tmp_path / "cut.jsonl.gz").write_bytes(data[:-100])
    (tmp_path / "not.jsonl.gz").write_bytes(b"not gzip at all")
    (tmp_path / "z.txt").write_text("Some text.")
    found = list(articles([str(tmp_path)]))
    assert isinstance(found[0], Article)
    assert [one.id for one in found if isinstance(one, Failure)][1] == "not.jsonl.gz"
    assert [one.type for one in found if isinstance(one, Failure)] == ["Unreadable", "Unreadable"]
    assert found[-1].id == "z.txt"


def test_parquet(tmp_path: Path) -> None:
    import datetime

    rows = [
        {"id": "a1", "text": "First.", "day": datetime.date(2020, 1, 2), "views": math.nan},
        {"id": None, "text": "Second.", "day": None},
        {"id": "a3", "text": None, "day": None},
    ]
    pyarrow.parquet.write_table(pyarrow.Table.from_pylist(rows), tmp_path / "in.parquet")
    found = list(articles([str(tmp_path / "in.parquet")]))
    assert [one.id for one in found] == ["a1", "in.parquet:2", "a3"]
    assert isinstance(found[0], Article)
    assert found[0].meta == {"day": "2020-01-02", "views": None}
    assert isinstance(found[2], Failure)
    pyarrow.parquet.write_table(pyarrow.table({"body": ["a"]}), tmp_path / "other.parquet")
    assert error_of(tmp_path / "other.parquet") == "NoText"
    (tmp_path / "bad.parquet").write_bytes(b"PAR1 no more")
    assert error_of(tmp_path / "bad.parquet") == "Unreadable"


def warc(path: Path) -> Path:
    with path.open("wb") as file:
        writer = WARCWriter(file, gzip=path.suffix == ".gz")
        for number, (status, media, body) in enumerate(
            [
                ("200 OK", "text/html; charset=utf-8", PAGE.encode()),
                ("404 Not Found", "text/html", b"<p>Gone.</p>"),
                ("200 OK", "image/png", b"\x89PNG\0"),
                ("200 OK", "text/html", PAGE.replace("Orrin", "Orr\xedn").encode("latin-1", "xmlcharrefreplace")),
                ("200 OK", "text/html; charset=iso-8859-1", PAGE.replace("Orrin", "Orr\xedn\x93").encode("latin-1")),
            ]
        ):
            headers = StatusAndHeaders(status, [("Content-Type", media)], protocol="HTTP/1.1")
            address = f"http://herald.example/{number}"
            dated = {"WARC-Date": "2021-03-04T05:06:07Z", "WARC-Record-ID": f"<urn:uuid:{number}>"}
            record = writer.create_warc_record(
                address, "response", io.BytesIO(body), http_headers=headers, warc_headers_dict=dated
            )
            writer.write_record(record)
    return path


@pytest.mark.parametrize("name", ["in.warc", "in.warc.gz"])
def test_warc(tmp_path: Path, name: str) -> None:
    found = list(articles([str(warc(tmp_path / name))]))
    assert [one.id for one in found] == [f"http://herald.example/{number}" for number in (0, 3, 4)]
    first, second, third = found
    assert isinstance(first, Article)
    assert "town of Orrin." in first.text
    assert first.meta == {
        "title": "Mayor opens bridge", "author": "Jo Hall", "outlet": "The Herald", "url": "http://herald.example/0",
        "warc_date": "2021-03-04T05:06:07Z", "warc_record_id": "<urn:uuid:0>",
    }  # fmt: skip
    assert isinstance(second, Failure)
    assert second.type == "Encoding"
    assert isinstance(third, Article)
    assert "town of Orrín“." in third.text  # what is declared Latin-1 is cp1252, as in browsers


def test_folders_are_walked_through_in_order_and_other_files_left_out(tmp_path: Path) -> None:
    for name in ("b/2.txt", "b/1.txt", "a.html", "notes.md", "b/c/3.jsonl", ".hidden"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("text")
    shown = [Path(path).relative_to(tmp_path).as_posix() for path in files([str(tmp_path)])]
    assert shown == ["a.html", "b/1.txt", "b/2.txt", "b/c/3.jsonl"]
    assert [Path(path).name for path in files([str(tmp_path / "**" / "*.txt")])] == ["1.txt", "2.txt"]
    assert [Path(path).name for path in files([str(tmp_path / "notes.md")])] == ["notes.md"]


@pytest.mark.parametrize("skip", range(8))
def test_documents_are_passed_over_by_number(tmp_path: Path, skip: int) -> None:
    (tmp_path / "a.txt").write_text("text")
    (tmp_path / "b.jsonl").write_text('{"text": "1"}\n\n{"text": "2"}\nbad\n')
    pyarrow.parquet.write_table(pyarrow.table({"text": ["a", "b"]}), tmp_path / "c.parquet")
    named = [str(tmp_path), str(tmp_path / "none.txt")]
    everything = list(documents(named))
    assert len(everything) == 7
    assert list(documents(named, skip=skip)) == everything[skip:]


def test_the_meter_tells_how_far_the_files_are_read(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("four")
    (tmp_path / "b.jsonl").write_text('{"text": "1"}\n')
    heard: list[int] = []
    assert len(list(documents([str(tmp_path)], meter=heard.append))) == 2
    assert heard == [4, 18]


@pytest.mark.parametrize(
    ("piped", "shown"),
    [
        (b"Just text.\nIn lines.", [("-", "Just text.\nIn lines.")]),
        (b'\n{"id": "a1", "text": "One."}\n{"text": "Two."}\n', [("a1", "One."), ("-:3", "Two.")]),
        (b'{"no": "text"}', [("-", '{"no": "text"}')]),
        (b"", [("-", None)]),
    ],
)
def test_standard_input(monkeypatch: pytest.MonkeyPatch, piped: bytes, shown: list[tuple[str, str | None]]) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BufferedReader(io.BytesIO(piped))))  # type: ignore[type-var]
    assert [(one.id, getattr(one, "text", None)) for one in articles(["-"])] == shown


def test_a_page_gives_its_main_text_with_places_in_the_markup() -> None:
    article = extract("a.html", PAGE, {})
    assert article.text == (
        "Mayor opens bridge\n\n"
        "The mayor opened the bridge on Monday, ending three years of work that had closed the river road.\n\n"
        "“It’s a great day for R&D and for everyone here,” said Anna Lind, the mayor of the small town of Orrin.\n\n"
        "Residents said they had waited long enough. Traders on the north bank say that they lost a third of their"
        " custom.\nOthers were glad."
    )
    start, end = article.text.index("“"), article.text.index("”") + 1
    said = article.as_handed(article.span(start, end))
    assert said.text == PAGE[said.start : said.end]
    assert said.text == "&ldquo;It&rsquo;s a great day for R&amp;D and for <b>every&shy;one</b> here,&rdquo;"
    name = article.text.index("Anna")
    assert article.as_handed(article.span(name, name + 9)).text == "Anna&nbsp;Lind"


def test_a_page_without_main_text_gives_what_it_shows(tmp_path: Path) -> None:
    (tmp_path / "a.html").write_text("<nav>Menu<style>p {}</style></nav><aside>“Hi,”<br>she said.")
    (tmp_path / "b.html").write_text("<html><script>1</script><title>t</title></html>")
    assert text_of(tmp_path / "a.html") == "Menu\n\n“Hi,”\nshe said."
    assert error_of(tmp_path / "b.html") == "Empty"


@pytest.mark.parametrize("charset", ["cp1251", "iso-8859-1", "utf-16", "nonsense"])
def test_a_page_tells_its_encoding(tmp_path: Path, charset: str) -> None:
    written = "utf-8" if charset == "nonsense" else charset
    words = "<p>Слово, сказала она." if charset == "cp1251" else "<p>Déjà vu, she said."
    page = f'<html><head><meta charset="{charset}"></head><body>{words}</body></html>'
    (tmp_path / "a.html").write_bytes(page.encode(written))
    assert text_of(tmp_path / "a.html") == words.removeprefix("<p>")


_TAGS = "<p>|</p>|<br/>|<b>|</b>|<a title='x>y'>|<h1>|</h1>|<script>var q = '<';</script>|<!-- & -->|<div>"
_ENTITIES = "&ldquo;|&quot|&amp;|&nbsp;|&#8221;|&shy;|&bogus;|&|<|>"
_WORDS = "\u200b|\u00a0|\r\n| |“|”|𝄞|é|said the mayor of the town|The council met on Monday to talk about the river."
_PIECES = st.sampled_from("|".join((_TAGS, _ENTITIES, _WORDS)).split("|"))


@settings(max_examples=150, deadline=None)
@given(st.lists(_PIECES, max_size=40), st.data())
def test_words_of_a_page_are_where_the_article_says(pieces: list[str], data: st.DataObject) -> None:
    page = "<html><body>" + "".join(pieces) + "</body></html>"
    article = extract("a", page, {})
    assert article.offsets is not None
    assert len(article.offsets) == len(article.text)
    assert list(article.offsets) == sorted(article.offsets)
    for at, character in enumerate(article.text):
        if not character.isspace():
            handed = article.as_handed(article.span(at, at + 1))
            assert handed.text == page[handed.start : handed.end]
            assert character in html.unescape(handed.text)
    words = [word.span() for word in re.finditer(r"\S+", article.text)]
    if words:
        first = data.draw(st.integers(0, len(words) - 1))
        last = data.draw(st.integers(first, len(words) - 1))
        span = article.span(words[first][0], words[last][1])
        seen = iter(html.unescape(article.as_handed(span).text))
        assert all(character in seen for character in span.text if not character.isspace())  # in this order


@settings(max_examples=100, deadline=None)
@given(st.text(max_size=200), st.sampled_from(["\n", "\r\n", "\r"]))
def test_any_text_goes_through_a_row_unchanged(words: str, end: str) -> None:
    row = json.dumps({"id": "a", "text": words + end}).encode()
    found = ingest.article(ingest.Document("in:1", "row", row))
    if isinstance(found, Article):
        assert found.text == words + end
        assert found.as_handed(found.span(0, len(words))).text == words
    else:
        assert found.type in ("Empty", "Binary", "Surrogate")
