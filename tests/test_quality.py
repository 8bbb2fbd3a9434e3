"""The classifier: the rubric, the rules, and models that are loaded only when they are what was shipped."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pytest

from quotes import artifacts
from quotes.features import NAMES_OF_SOURCES, names_of_words
from quotes.quality import (
    ADDED,
    DAMAGE,
    RUBRIC,
    SPUN_ARTICLE,
    QualityModel,
    by_rule,
    in_company,
    may_be_orphaned,
    orphaned,
    probabilities,
    source_worth,
)
from quotes.records import Features

NAMES = (
    *names_of_words(), *NAMES_OF_SOURCES, "echo", "beside", "secondhand", "headline", "said again", "answers", "rival",
    "impersonal", "no one meant", "thing", "own spun", "paragraph",
)  # fmt: skip


def values(**given: float) -> dict[str, float]:
    return {**dict.fromkeys(NAMES, 0.0), **{name.replace("_", " "): value for name, value in given.items()}}


def test_a_named_person_is_worth_more_than_an_official_and_both_more_than_many() -> None:
    person = source_worth(values(named=1, person=1, first=1))
    official = source_worth(values(described=1, person=1, first=1))
    many = source_worth(values(vague=1, group=1, first=1))
    nobody = source_worth(values())
    assert 1 > person > official > many > nobody > 0


@pytest.mark.parametrize("what", ["role", "affiliation", "occasion"])
def test_what_the_article_adds_raises_the_worth(what: str) -> None:
    bare = values(named=1, person=1, first=1)
    assert source_worth(bare) < source_worth(bare | {what: 1.0}) < 1.0


def test_anonymity_granted_counts_for_unnamed_sources_alone() -> None:
    official, person = values(described=1, person=1, first=1), values(named=1, person=1, first=1)
    assert source_worth(official | {"anonymity": 1.0}) > source_worth(official)
    assert source_worth(person | {"anonymity": 1.0}) == source_worth(person)


def test_a_source_that_is_half_known_is_worth_half() -> None:
    sure, unsure = values(named=1, person=1, first=1), values(named=1, person=1, first=0.5)
    assert source_worth(unsure) == pytest.approx((source_worth(sure) + RUBRIC["nobody"]) / 2)


def test_the_rubric_stays_below_one() -> None:
    assert all(0 < worth < 1 for worth in (*RUBRIC.values(), *ADDED.values()))


def test_flags_by_rule() -> None:
    tie = by_rule(values(has_source=1, pronoun=1, first=0.48, rival=0.41, nobody=0.11))
    assert tie["ambiguous_source"] > 0.7
    clear = by_rule(values(has_source=1, pronoun=1, first=0.95, second=0.03, nobody=0.02))
    assert clear["ambiguous_source"] == 0.0
    assert by_rule(values(has_source=1, pronoun=1, nobody=0.9))["unresolved_reference"] == 0.9
    assert by_rule(values(nobody=1, impersonal=1))["unsourced"] == 1.0
    assert by_rule(values(nobody=1))["unsourced"] == 0.0
    assert by_rule(values(nobody=1, impersonal=1, direct=1))["unsourced"] == 0.0
    assert by_rule(values(has_source=1, first=0.9, vague=1))["vague_source"] == 0.9
    assert by_rule(values(has_source=1, first=0.9, vague=1, no_one_meant=1))["vague_source"] == 0.0


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    import joblib
    from sklearn.tree import DecisionTreeClassifier

    made = tmp_path / "quality-0.0.1"
    made.mkdir()
    rng = np.random.default_rng(0)
    estimators = {}
    for name in (
        "garbled",
        "orphaned",
        "link",
        "truncated",
        "marks",
        "stray",
        "spliced",
        "repeated",
        "missing",
        "spun",
    ):
        columns = NAMES_OF_SOURCES if name in ("orphaned", "link") else names_of_words()
        table = rng.random((60, len(columns)))
        estimators[name] = (
            columns,
            DecisionTreeClassifier(max_depth=3, min_samples_leaf=5, random_state=1).fit(table, table[:, 0] > 0.5),
        )
    joblib.dump(estimators, made / "estimators.joblib")
    artifacts.save(made, requires=("scikit-learn",), thresholds={"garbled": 0.6})
    return made


def test_assessments_are_probabilities_and_keep_their_order(folder: Path) -> None:
    model = QualityModel(folder)
    rows = [Features(values(direct=1, has_source=1, named=1, first=0.9)), Features(values(direct=1))]
    both = model(rows)
    assert model.thresholds == {"garbled": 0.6}
    assert both[0] == model(rows[:1])[0]
    assert both[1] == model(rows[1:])[0]
    for assessment in both:
        parts = assessment.quality
        assert all(0 < part <= 1 for part in (parts.link, parts.source, parts.text, parts.score))
        assert all(0 <= odds <= 1 for odds in assessment.probabilities.values())
    assert both[1].quality.link == pytest.approx(0.001)


def test_indirect_speech_is_never_orphaned(folder: Path) -> None:
    (assessment,) = QualityModel(folder)([Features(values(nobody=1))])
    assert assessment.probabilities["orphaned"] == 0.0


def test_a_headline_is_never_orphaned() -> None:
    assert may_be_orphaned(values(direct=1))
    assert not may_be_orphaned(values(direct=1, headline=1))
    assert not may_be_orphaned(values(direct=1, said_again=1))
    assert may_be_orphaned(values(mixed=1, has_source=1, pronoun=1))
    assert not may_be_orphaned(values(direct=1, has_source=1, named=1))


LONE, INLINE = values(direct=1), values(direct=1, beside=9)


def together(*estimates: float, row: Mapping[str, float] = LONE, **damage: list[float]) -> list[float]:
    """Lone quotations with what the estimator says of each, and one beside them in running text."""
    odds = {name: [*damage.get(name, [0.0] * len(estimates)), 0.0] for name in DAMAGE}
    return orphaned({**odds, "orphaned": [*estimates, 0.3]}, [*[row] * len(estimates), INLINE])


def test_one_that_nobody_can_have_said_makes_the_others_likelier() -> None:
    (alone, inline), (beside, *_) = together(0.4), together(0.4, 0.97)
    assert beside > alone
    assert inline == 0.3


def test_several_that_somebody_may_have_said_make_each_other_unlikely() -> None:
    one, two, four = (together(*[0.2] * number)[0] for number in (1, 2, 4))
    assert one > two > four


@pytest.mark.parametrize("estimate", [0.0, 0.02, 0.99, 1.0])
def test_a_list_of_quotes_may_be_as_long_as_it_likes(estimate: float) -> None:
    assert all(0 <= probability <= 1 for probability in together(*[estimate] * 2000))


def test_damage_seldom_comes_alone() -> None:
    found = [together(0.4, 0.1, 0.1, stray=[0.9] * cut + [0.0] * (3 - cut)) for cut in range(4)]
    assert found[0][0] < found[1][0] < found[2][0] < found[3][0] < 1
    assert {each[-1] for each in found} == {0.3}
    assert together(0.4, 0.1, 0.1, spun=[0.9, 0.9, 0.0]) == found[2]
    assert together(0.4, 0.1, 0.1, marks=[0.9] * 3, repeated=[0.9] * 3) == found[0]


def company(row: Mapping[str, float], **damage: list[float]) -> dict[str, list[float]]:
    """Attributions of a paragraph each, with what the estimators say of their damage."""
    count = max(map(len, damage.values()))
    rows = [values(paragraph=number) | row for number in range(count)]
    return in_company({name: damage.get(name, [0.0] * count) for name in DAMAGE}, rows)


JOINT = {"word joint.first": 0.5}


def test_a_lost_word_is_likelier_where_others_were_lost() -> None:
    lost = [company(JOINT, missing=[0.1, *[0.9] * others, *[0.1] * (3 - others)])["missing"][0] for others in range(4)]
    assert lost[0] == pytest.approx(0.1)
    assert lost == sorted(set(lost))
    assert lost[-1] < 1
    assert company(JOINT, missing=[0.9, 0.01])["missing"][0] == pytest.approx(0.9)


def test_a_quote_without_a_sign_of_its_own_is_not_doubted_for_its_neighbours() -> None:
    assert company({}, missing=[0.1, 0.9, 0.9, 0.9])["missing"][0] == pytest.approx(0.1)
    assert company({"own spun": 0.3}, spun=[0.1, 0.9, 0.9])["spun"][0] == pytest.approx(0.1)
    assert company({"own spun": 0.5}, spun=[0.1, 0.9, 0.9])["spun"][0] > 0.5


def test_other_damage_keeps_no_company() -> None:
    others = company(JOINT, missing=[0.1, 0.0], spliced=[0.0, 0.9], marks=[0.0, 0.9], stray=[0.0, 0.9])
    assert others["missing"][0] == pytest.approx(0.1)


def test_damage_of_its_own_paragraph_keeps_nobody_company() -> None:
    assert company(JOINT | {"paragraph": 1.0}, missing=[0.1, 0.9])["missing"] == pytest.approx([0.1, 0.9])


def test_in_an_article_spun_all_over_the_rest_is_counted_once() -> None:
    row = {"article.spun": 0.1, "own spun": 0.5}
    assert company(row, spun=[0.1, 0.9, 0.9])["spun"][0] == pytest.approx(0.1)


def test_an_open_end_is_a_cut_where_several_others_are() -> None:
    def cut(others: int, row: Mapping[str, float]) -> float:
        return company(row, truncated=[0.1, *[0.9] * others])["truncated"][0]

    assert cut(3, {}) == pytest.approx(0.1)  # a headline
    assert cut(2, {"open end.here": 0.2}) == pytest.approx(0.1)
    assert cut(3, {"open end.here": 0.2}) > 0.5


def test_he_who_is_nobody_shows_that_the_article_was_cut() -> None:
    rows = [LONE, values(direct=1, has_source=1, pronoun=1, nobody=0.9), INLINE]
    odds = {**{name: [0.0] * 3 for name in DAMAGE}, "orphaned": [0.4, 0.1, 0.3]}
    somebody = [LONE, values(direct=1, has_source=1, pronoun=1, nobody=0.5, first=0.5), INLINE]
    assert orphaned(odds, rows)[1:] == [0.9, 0.3]
    assert orphaned(odds, rows)[0] > orphaned(odds, somebody)[0]


def test_a_likely_speaker_leaves_little_room_for_an_orphan(folder: Path) -> None:
    (likely,) = QualityModel(folder)([Features(values(direct=1, has_source=1, pronoun=1, first=0.9, nobody=0.1))])
    assert likely.probabilities["orphaned"] <= 0.1 + 1e-9


def test_no_attributions_no_assessments(folder: Path) -> None:
    assert QualityModel(folder)([]) == ()


def test_a_changed_model_is_not_loaded(folder: Path) -> None:
    file = folder / "estimators.joblib"
    file.write_bytes(file.read_bytes() + b"x")
    with pytest.raises(artifacts.ArtifactError, match="not the file that was shipped"):
        QualityModel(folder)


def test_missing_figures_are_an_error(folder: Path) -> None:
    short: Mapping[str, float] = {"first": 1.0}
    with pytest.raises(KeyError):
        QualityModel(folder)([Features(short)])


class Unsure:
    """An estimator that gives everything two chances in ten."""

    def predict_proba(self, table: np.ndarray) -> np.ndarray:
        return np.tile([0.8, 0.2], (len(table), 1))


def test_an_echo_makes_a_splice_likely() -> None:
    odds = probabilities({"spliced": (("words",), Unsure())}, [values(), values(echo=0.85)])
    assert odds["spliced"] == pytest.approx([0.2, 1 - 0.8 * 0.15])


def test_a_quote_is_spun_only_where_its_own_words_are_suspect() -> None:
    all_over = values() | {"article.spun": 0.1, "word spun.first": 0.9}
    rows = [values() | {"own spun": 0.6}, *(all_over | {"own spun": own} for own in (0.6, 0.1, 0.3))]
    estimators = {name: (("words",), Unsure()) for name in ("spun", SPUN_ARTICLE)}
    odds = probabilities(estimators, rows)
    assert odds["spun"] == pytest.approx([0.2, 1 - 0.8 * 0.8, 0.0, 0.0])


def test_a_quotation_that_ends_with_the_is_cut() -> None:
    rows = [values(), values() | {"hanging inside.here": 0.8}, values() | {"hanging inside.here": 0.95}]
    odds = probabilities({"truncated": (("words",), Unsure())}, rows)
    assert odds["truncated"] == pytest.approx([0.2, 0.2, 1 - 0.8 * 0.05])


def test_debris_that_rules_are_sure_of_needs_no_reader() -> None:
    rows = [values(), values() | {"stray.here": 0.55}, values() | {"stray.here": 0.95}]
    odds = probabilities({"stray": (("words",), Unsure())}, rows)
    assert odds["stray"] == pytest.approx([0.2, 0.2, 1 - 0.8 * 0.05])


def test_he_who_is_surely_nobody_is_an_orphan() -> None:
    he = values(direct=1, has_source=1, pronoun=1, beside=9, nobody=0.85)
    rows = [he, he | {"nobody": 0.7}, he | {"thing": 1.0}, he | {"first": 0.9, "nobody": 0.05}]
    odds = {**{name: [0.0] * len(rows) for name in DAMAGE}, "orphaned": [0.2] * len(rows)}
    assert orphaned(odds, rows) == pytest.approx([0.85, 0.2, 0.2, 0.1])
