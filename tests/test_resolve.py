"""The resolver on analyses built by hand: names, pronouns, nouns, kinds of sources, and quotes without a speaker."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import joblib
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from quotes import artifacts, marks
from quotes.evaluate import coreference, sourcing
from quotes.records import Analysis, Article, Attribution, Entity, Link, Resolution, Sentence, Source, Span, Token
from quotes.resolve import Resolver, kinds, lexicon, names
from quotes.resolve.anonymity import granted
from quotes.resolve.authority import Authority, AuthorityError
from quotes.resolve.mentions import mentions, view
from quotes.resolve.ranking import AGGREGATES, FEATURES, feminine_name, normalised
from quotes.train import kinds as lone_names
from quotes.train import resolver as training

CASES = json.loads((Path(__file__).parent / "cases" / "resolve.json").read_text(encoding="utf-8"))
PIECES = [
    ("Ada", "PROPN", "NNP"), ("Holm", "PROPN", "NNP"), ("said", "VERB", "VBD"), ("the", "DET", "DT"),
    ("he", "PRON", "PRP"), ("official", "NOUN", "NN"), ("“", "PUNCT", "``"), ("”", "PUNCT", "''"),
    (",", "PUNCT", ","), ("'s", "PART", "POS"), ("of", "ADP", "IN"), ("and", "CCONJ", "CC"),
    ("experts", "NOUN", "NNS"), ("38", "NUM", "CD"), ("North", "PROPN", "NNP"), ("Gov", "PROPN", "NNP"),
    (".", "PUNCT", "."), ("who", "PRON", "WP"), ("(", "PUNCT", "-LRB-"), (")", "PUNCT", "-RRB-"),
    ("-", "PUNCT", "HYPH"), ("A", "DET", "DT"), (":", "PUNCT", ":"), ("many", "ADJ", "JJ"),
    ("report", "NOUN", "NN"),
]  # fmt: skip


def analysis(text: str, tags: list[str], entities: list[list[Any]]) -> Analysis:
    """``tags``: for each sentence its words as ``word|lemma|UPOS|XPOS``."""
    article, sentences, at = Article("case", text), [], 0
    for line in tags:
        tokens = []
        for tagged in line.split():
            word, lemma, upos, xpos = tagged.rsplit("|", 3)
            at = text.index(word, at)
            tokens.append(Token(at, at + len(word), word, lemma, upos, xpos))
            at += len(word)
        sentences.append(Sentence(tokens[0].start, tokens[-1].end, tuple(tokens)))
    named = tuple(Entity(start, end, text[start:end], kind) for start, end, kind in entities)
    return Analysis(article, tuple(sentences), named)


def attributions(text: str, quotes: list[dict[str, list[list[int]]]]) -> list[Attribution]:
    quotations = marks.quoted(text)

    def spans(found: list[list[int]]) -> tuple[Span, ...]:
        return tuple(Span(start, end, text[start:end]) for start, end in found)

    return [
        Attribution(
            spans(one["contents"]),
            spans(one["cue"]),
            spans(one["source"]),
            marks.speech(text, spans(one["contents"]), quotations),
        )
        for one in quotes
    ]


@pytest.fixture(scope="module")
def resolver() -> Resolver:
    return Resolver(artifacts.find("resolver"))


def said_of(link: Link, sources: dict[str, Source], want: Any) -> dict[str, Any]:
    """What a link says, in the terms of what a case wants of it."""
    source = sources.get(link.source_id or "")
    if want is None:
        return {"name": None if source is None else source.name}
    if "candidates" in want:
        top = [one for one in link.candidates if one.source_id is not None][: len(want["candidates"])]
        return {"source": link.source_id, "candidates": sorted(sources[one.source_id or ""].name for one in top)}
    if source is None:
        return {"name": None}
    shown = {"name": source.name, "naming": source.naming, "kind": source.kind, "role": source.role,
             "affiliation": source.affiliation, "anonymity": [span.text for span in source.anonymity]}  # fmt: skip
    return {key: shown[key] for key in want}


def wanted(want: Any) -> Any:
    if want is None:
        return {"name": None}
    if isinstance(want, str):
        return {"name": want}
    return {"source": None, **want} if "candidates" in want else want


def check(case: dict[str, Any], resolve: Resolver) -> None:
    said = attributions(case["text"], case["quotes"])
    found = resolve(analysis(case["text"], case["tags"], case["entities"]), said)
    sources = {source.id: source for source in found.sources}
    want = [wanted(one) for one in case["want"]]
    said_so = [
        said_of(link, sources, None if one == {"name": None} else one)
        for link, one in zip(found.links, want, strict=True)
    ]
    assert said_so == want


@pytest.mark.parametrize("case", CASES["cases"], ids=lambda case: case["id"])
def test_case(case: dict[str, Any], resolver: Resolver) -> None:
    check(case, resolver)


@pytest.mark.parametrize("case", CASES["known_failures"], ids=lambda case: case["id"])
def test_known_failure(case: dict[str, Any], resolver: Resolver, request: pytest.FixtureRequest) -> None:
    request.applymarker(pytest.mark.xfail(reason=case["why"], strict=True))
    check(case, resolver)


def test_there_are_sixty_cases() -> None:
    assert len(CASES["cases"]) + len(CASES["known_failures"]) >= 60


@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_any_words_give_valid_spans_and_probabilities(data: st.DataObject, resolver: Resolver) -> None:
    words = data.draw(st.lists(st.sampled_from(PIECES), min_size=3, max_size=40))
    text = " ".join(word for word, _, _ in words)
    cut = data.draw(st.integers(1, len(words)))
    lines = [" ".join(f"{w}|{w.lower()}|{u}|{x}" for w, u, x in part) for part in (words[:cut], words[cut:]) if part]
    seen = analysis(text, lines, [])
    places = [token for sentence in seen.sentences for token in sentence.tokens]
    first, last = sorted(data.draw(st.lists(st.integers(0, len(places) - 1), min_size=2, max_size=2)))
    source = seen.article.span(places[first].start, places[min(last, first + 6)].end)
    content = seen.article.span(places[0].start, places[-1].end)
    said = [Attribution((content,), (), (source,)), Attribution((content,), (), (), "direct")]
    found = resolver(seen, said)
    assert len(found.links) == len(said)
    ids = [one.id for one in found.sources]
    assert ids == [f"s{number}" for number in range(1, len(ids) + 1)]
    for one in found.sources:
        assert one.mentions
        assert all(text[span.start : span.end] == span.text for span in (*one.mentions, *one.anonymity))
    for link in found.links:
        assert sum(one.probability for one in link.candidates) <= 1 + 1e-6
        assert [one.probability for one in link.candidates] == sorted(
            (c.probability for c in link.candidates), reverse=True
        )
        assert all(one.source_id in (None, *ids) for one in link.candidates)
    assert resolver(seen, said) == found


def test_a_link_tells_why_it_has_no_source(resolver: Resolver) -> None:
    by_id = {case["id"]: case for case in CASES["cases"] + CASES["known_failures"]}

    def link(name: str, number: int) -> Link:
        case = by_id[name]
        said = attributions(case["text"], case["quotes"])
        return resolver(analysis(case["text"], case["tags"], case["entities"]), said).links[number]

    nobody = link("a quote of nobody", 0)
    assert (nobody.words, nobody.source_id, nobody.candidates[0].source_id) == (None, None, None)
    unresolved = link("the sources, never introduced", 0)
    assert unresolved.words is not None
    assert unresolved.words.text == "the sources"
    assert unresolved.candidates[0].source_id is None
    tie = link("a surname that two share", 2)
    assert tie.words is not None
    assert tie.source_id is None
    assert None not in [one.source_id for one in tie.candidates[:2]]


def test_empty_article_has_no_sources(resolver: Resolver) -> None:
    assert resolver(Analysis(Article("empty", ""), ()), []) == Resolution()


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("Joe Biden", "Joseph R. Biden", True),
        ("Bill Clinton", "Hillary Clinton", False),
        ("J. Doe", "Jane Doe", True),
        ("Kim Jong Un", "Kim Jong", True),
        ("Bob Quill", "Robert Quill", True),
        ("Anna Farrow", "Peter Farrow", False),
    ],
)
def test_same_person(one: str, other: str, same: bool) -> None:
    assert names.same_person(names.person_words(one.split()), names.person_words(other.split())) is same


def test_titles_and_generations_are_no_part_of_a_name() -> None:
    assert names.person_words(["Sen.", "Robert", "“Bob”", "Quill", "Jr."]) == ("robert", "bob", "quill")


@pytest.mark.parametrize(
    ("lemma", "kind"),
    [("spokeswoman", "person"), ("ministry", "organization"), ("poll", "document"), ("crowd", "group"),
     ("loudspeaker", "unknown"), ("beekeeper", "person")],
)  # fmt: skip
def test_noun_kinds(lemma: str, kind: str) -> None:
    assert lexicon.noun_kind(lemma) == kind


@pytest.mark.parametrize(
    ("text", "condition", "reason"),
    [
        ("He spoke on condition of anonymity.", "on condition of anonymity", None),
        ("A clerk, who declined to be named because she feared for her job, agreed.", "declined to be named",
         "because she feared for her job"),
        ("The man asked not to be identified to discuss a private matter.", "asked not to be identified",
         "to discuss a private matter"),
        ("Two aides requested anonymity, citing the inquiry.", "requested anonymity", "citing the inquiry"),
    ],
)  # fmt: skip
def test_anonymity(text: str, condition: str, reason: str | None) -> None:
    (one,) = granted(view(Analysis(Article("case", text), ())))
    assert one.condition.text == condition
    assert (one.reason and one.reason.text) == reason


def test_mentions_keep_a_possessor_and_its_noun_apart() -> None:
    case = next(one for one in CASES["cases"] if one["id"] == "possessive affiliation")
    seen = view(analysis(case["text"], case["tags"], case["entities"]))
    assert "Delia Brandt" in [seen.span(one.start, one.end).text for one in mentions(seen)]


def test_an_older_model_is_refused_with_the_remedy(tmp_path: Path) -> None:
    folder = tmp_path / "resolver-1.0.0"
    folder.mkdir()
    joblib.dump({"classifier": None, "gender": {}, "choices": {}}, folder / "ranker.joblib")
    artifacts.save(folder)
    with pytest.raises(artifacts.ArtifactError, match="run: quotes train resolver"):
        Resolver(folder)


def test_lone_names_are_told_by_their_surroundings() -> None:
    text = "Ada Holm said the board met in Brackmouth . Marlin 's shares fell . Shares in Marlin rose , Holm said ."
    words = text.split()
    tags = ["B-Person", "I-Person", *["O"] * (len(words) - 2)]
    for place, tag in ((7, "B-Location"), (9, "B-Organization"), (16, "B-Organization"), (19, "B-Person")):
        tags[place] = tag
    found = lone_names.examples(words, tags)
    assert [(words[one.places[0]], one.places, one.kind) for one in found] == [
        ("Brackmouth", (7,), "place"),
        ("Marlin", (9, 16), "organization"),
    ]  # Holm is in a full name
    found.append(lone_names.Example(["“", "Go", ",", "”", "laughed", "Yusra"], (5,), "person"))
    weights = lone_names.fit(found * 6)
    assert lone_names.accuracy(found, weights) == 1.0
    likely = kinds.probabilities(kinds.features(words, (9, 16)), weights)
    assert sum(likely.values()) == pytest.approx(1)
    assert max(kinds.KINDS, key=lambda kind: likely[kind]) == "organization"


def test_a_source_is_listed_only_where_a_quote_may_be_its(resolver: Resolver) -> None:
    for case in CASES["cases"]:
        said = attributions(case["text"], case["quotes"])
        found = resolver(analysis(case["text"], case["tags"], case["entities"]), said)
        named = {one.source_id for link in found.links for one in link.candidates}
        assert {source.id for source in found.sources} == named - {None}


def test_normalised_odds_sum_to_one_with_nobody() -> None:
    j = np.asarray([3, 3, 7])
    share, nobody = normalised(np.asarray([0.5, 0.5, 0.8]), j, np.asarray([1.0, 1.0, 1.0]))
    assert share[0] + share[1] + nobody[3] == pytest.approx(1)
    assert (share[2], nobody[7]) == (pytest.approx(0.8), pytest.approx(0.2))


@pytest.fixture
def people(tmp_path: Path) -> Callable[[str], Path]:
    def write(text: str) -> Path:
        (tmp_path / "people.csv").write_text(text, encoding="utf-8")
        return tmp_path / "people.csv"

    return write


def test_authority_matches_names_aliases_and_near_forms(people: Callable[[str], Path]) -> None:
    list_ = Authority(
        people("name,aliases,id\nAda Holm,A. M. Holm; Captain Holm,Q1\nPeter Holm,,Q2\nMarlin Ferries,Marlin,Q3\n")
    )
    found = {name: list_.id_of(Source("s1", name, kind, "named")) for name, kind in (  # type: ignore[arg-type]
        ("Ada Holm", "person"), ("Captain Holm", "person"), ("Holm", "person"), ("Marlin", "organization"),
        ("Marlin Ferry", "organization"), ("Ava Holm", "person"), ("Paul Cole", "person"))}  # fmt: skip
    assert found == {"Ada Holm": "Q1", "Captain Holm": "Q1", "Holm": None, "Marlin": "Q3", "Marlin Ferry": None,
                     "Ava Holm": None, "Paul Cole": None}  # fmt: skip
    assert list_.id_of(Source("s1", "Ada Holm", "person", "described")) is None


@pytest.mark.parametrize(
    ("text", "message"),
    [("full,number\nAda Holm,1\n", "no column 'name'"), ("name,id\nAda Holm,\n", "line 2 has no id")],
)
def test_authority_says_what_is_wrong(people: Callable[[str], Path], text: str, message: str) -> None:
    with pytest.raises(AuthorityError, match=message):
        Authority(people(text))


def test_authority_fills_the_record(people: Callable[[str], Path]) -> None:
    resolve = Resolver(artifacts.find("resolver"), people("name,aliases,id\nAda Holm,,Q1\n"))
    case = next(one for one in CASES["cases"] if one["id"] == "full name, then surname")
    found = resolve(analysis(case["text"], case["tags"], case["entities"]), attributions(case["text"], case["quotes"]))
    assert [one.authority_id for one in found.sources if one.name == "Ada Holm"] == ["Q1"]


def test_gap_figures_count_each_name_as_one_decision() -> None:
    def pair(pronoun: str, right: tuple[bool, bool]) -> coreference.Pair:
        return coreference.Pair("p", f"{pronoun} met A and B", (0, len(pronoun)), ((0, 1), (0, 1)), right, "")

    pairs = [pair("He", (True, False)), pair("She", (False, True)), pair("He", (False, False))]
    found = coreference.gap_figures(pairs, [(True, False), (True, False), (False, False)])
    assert (found.f1, found.masculine, found.feminine) == (0.5, 1.0, 0.0)


def test_chains_of_a_conllu_document() -> None:
    rows = [
        ("1", "Ada", "Entity=(1(2)"), ("2", "Holm", "Entity=1)|SpaceAfter=No"), ("3", ",", "_"),
        ("4", "she", "Entity=(1)"), ("5-6", "can't", "SpaceAfter=No"), ("5", "ca", "_"), ("6", "n't", "_"),
        ("7", ".", "_"),
    ]  # fmt: skip
    conllu = "\n".join("\t".join((number, form, *"______", "_", misc)) for number, form, misc in rows) + "\n\n"
    document = coreference.chains("d", conllu)
    assert document.text == "Ada Holm, she can't."
    found = sorted([document.text[start:end] for start, end in chain] for chain in document.chains)
    assert found == [["Ada"], ["Ada Holm", "she"]]


def document(chains: tuple[tuple[tuple[int, int], ...], ...]) -> tuple[coreference.Chains, Analysis]:
    text = "Ada Holm met Piet Vos. She said he was late."
    tags = [
        "Ada|Ada|PROPN|NNP Holm|Holm|PROPN|NNP met|meet|VERB|VBD Piet|Piet|PROPN|NNP Vos|Vos|PROPN|NNP .|.|PUNCT|.",
        "She|she|PRON|PRP said|say|VERB|VBD he|he|PRON|PRP was|be|AUX|VBD late|late|ADJ|JJ .|.|PUNCT|.",
    ]
    return coreference.Chains("d", text, chains), analysis(text, tags, [[0, 8, "PERSON"], [13, 21, "PERSON"]])


def test_training_rows_say_which_candidate_is_of_the_gold_chain() -> None:
    text = training.prepare(*document((((0, 8), (23, 26)), ((13, 21), (32, 34)))))
    found = training.rows(text, {})
    said = {
        (text.seen.lower[text.mentions[j].start], text.named.referents[who].forms[0][0]): y
        for j, who, y in zip(
            found.candidates.j.tolist(), found.candidates.bearer.tolist(), found.y.tolist(), strict=True
        )
    }
    assert said == {("she", "ada"): 1, ("she", "piet"): 0, ("he", "ada"): 0, ("he", "piet"): 1}
    assert found.candidates.x.shape == (4, 2 * (len(FEATURES) + len(AGGREGATES)))
    assert np.isfinite(found.candidates.x).all()


def test_gender_is_learned_from_how_texts_speak_of_a_name() -> None:
    text = training.prepare(*document((((0, 8), (23, 26)), ((13, 21), (32, 34)))))
    weights = training.gender_weights([text])
    assert feminine_name("ada", weights) > 0 > feminine_name("piet", weights)
    assert feminine_name("", weights) == 0


@pytest.mark.parametrize(
    ("answer", "decision"),
    [
        ((0.6, 0.2), (True, False)),
        ((0.2, 0.6), (False, True)),
        ((0.1, 0.2), (False, False)),
        ((0.5, 0.5), (True, False)),
    ],
)
def test_a_pair_has_one_answer_at_most(answer: tuple[float, float], decision: tuple[bool, bool]) -> None:
    assert training.decided(answer, 0.3) == decision


def test_sourcing_statements_are_judged_by_the_attribution_that_covers_most() -> None:
    text = "The bridge is safe, Ada Holm said. Experts disagree."
    statement = sourcing.Statement(((0, 34),), "named_person", "Ms Holm")
    other = sourcing.Statement(((35, 52),), "unnamed_group", "")
    lost = sourcing.Statement(((0, 3),), "document", "")
    sources = (Source("s1", "Ada Holm", "person", "named", mentions=(Span(20, 28, "Ada Holm"),)),
               Source("s2", "Experts", "group", "vague", mentions=(Span(35, 42, "Experts"),)))  # fmt: skip
    said = [Attribution((Span(4, 18, text[4:18]),), (Span(29, 33, "said"),), (Span(20, 28, "Ada Holm"),)),
            Attribution((Span(43, 51, "disagree"),), (), (Span(35, 42, "Experts"),))]  # fmt: skip
    resolution = Resolution(sources, (Link("s1"), Link("s2")))
    document = sourcing.Document("d", text, (statement, other, lost))
    judged = list(sourcing.judge(document, said, resolution))
    assert [(one.found, one.type, one.name) for one in judged] == [
        (True, True, True),
        (True, True, None),
        (False, None, None),
    ]
    figures = sourcing.figures(judged)
    assert (figures.statements, figures.type, figures.name) == (3, 1.0, 1.0)


@pytest.mark.parametrize(
    ("source", "type_"),
    [
        (Source("s", "Ada Holm", "person", "named"), "named_person"),
        (Source("s", "Ada Holm and Piet Vos", "group", "named"), "named_person"),
        (Source("s", "Marlin", "organization", "named"), "named_organization"),
        (Source("s", "A spokesman for Marlin", "person", "described", "spokesman", "Marlin"), "named_organization"),
        (Source("s", "Marlin spokespeople", "group", "described", "spokespeople", "Marlin"), "named_organization"),
        (Source("s", "lawyers for Marlin", "group", "described", "lawyers", "Marlin"), "unnamed_group"),
        (Source("s", "Marlin officials", "group", "described", "Marlin officials", "Marlin"), "unnamed_group"),
        (Source("s", "a clerk", "person", "described", "clerk"), "unnamed_person"),
        (Source("s", "experts", "group", "vague"), "unnamed_group"),
        (Source("s", "the report", "document", "described"), "document"),
        (Source("s", "a report by Marlin", "document", "named", None, "Marlin"), "document"),
        (Source("s", "64%", "unknown", "described"), None),
        (None, None),
    ],
)
def test_types_of_sourced_statements(source: Source | None, type_: str | None) -> None:
    assert sourcing.type_of(source) == type_
