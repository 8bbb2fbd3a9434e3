"""Rows for the classifier: what the system saw of damaged copy, and what is true of it."""

from __future__ import annotations

from dataclasses import replace
from random import Random

import pytest

from quotes.features import joints
from quotes.records import Analysis, Attribution, Evidence, Resolution, Span
from quotes.train.damage import Copy, damage, thesaurus
from quotes.train.quality import (
    WOUNDS,
    System,
    balanced,
    columns,
    direction,
    fit,
    robbed,
    spun_copy,
    worded_rows,
    wounded_copy,
)

TEXT = (
    "“We have made a very important decision for the people of this town, and it will take time,” said Ada Berg.\n\n"
    "The council voted on Monday for a new harbour after years of difficult talks with the region.\n\n"
    "“The government wants to see that its money is well spent before the first ship comes in,” Carl Dahl said."
)


def span(words: str) -> Span:
    start = TEXT.index(words)
    return Span(start, start + len(words), words)


def article() -> Copy:
    said = (
        Attribution((span(TEXT[: TEXT.index("”") + 1]),), (span("said"),), (span("Ada Berg"),), "direct"),
        Attribution(
            (span("“The government wants to see that its money is well spent before the first ship comes in,”"),),
            (),
            (span("Carl Dahl"),),
            "direct",
        ),
    )
    return Copy(TEXT, said)


def stages(*evidence: Evidence) -> System:
    return System(
        lambda articles: (), lambda analysis: (), lambda analysis, found: Resolution((), ()), lambda a, f: evidence
    )


def test_rows_know_which_quote_is_damaged() -> None:
    hurt = next(copy for seed in range(20) if (copy := damage(article(), "repeated", Random(seed), 0)) is not None)
    (wounded,) = hurt.wounds
    trace = Evidence("repeated", wounded.spans, 0.9)
    first, second = worded_rows(stages(trace), [("a", "damaged", hurt)])
    assert (first.truth["repeated"], first.truth["garbled"]) == (1, 1)
    assert (second.truth["repeated"], second.truth["garbled"]) == (0, 0)
    assert first.features.values["repeated.here"] == pytest.approx(0.9)
    assert second.features.values["repeated.here"] == 0.0
    assert not {"link", "orphaned"} & {*first.truth, *second.truth}


def test_what_rules_are_sure_of_in_copy_left_alone_is_not_called_intact() -> None:
    sure, unsure = Evidence("stray", (span("important"),), 0.95), Evidence("stray", (span("money"),), 0.6)
    model = Evidence("word missing", (span("money"),), 0.95)
    first, second = worded_rows(stages(sure, unsure, model), [("a", "clean", article())])
    assert not {"stray", "garbled"} & {*first.truth}
    assert first.truth["missing"] == 0
    assert (second.truth["stray"], second.truth["missing"], second.truth["garbled"]) == (0, 0, 0)


def test_copies_are_the_same_for_the_same_seed() -> None:
    assert _wounded(3) == _wounded(3)
    spun = spun_copy(article(), Random(5), [thesaurus()])
    assert {wound.variety for wound in spun.wounds} == {"spun"}
    wounds = [wound.variety for seed in range(40) for wound in _wounded(seed).wounds]
    assert set(wounds) <= set(WOUNDS)
    assert len(set(wounds)) >= 5


def _wounded(seed: int) -> Copy:
    return wounded_copy(article(), Random(seed), [thesaurus()], WOUNDS)


def test_estimators_are_fitted_on_what_is_known() -> None:
    pytest.importorskip("sklearn")
    items = [(str(seed), "damaged", _wounded(seed)) for seed in range(30)]
    data = [
        row
        for article_, kind, copy in items
        for row in worded_rows(
            stages(*(Evidence("word spun", wound.spans[:1], 0.9) for wound in copy.wounds)), [(article_, kind, copy)]
        )
    ]
    made = fit(data, ["garbled"])
    wanted, estimator = made["garbled"]
    assert wanted == columns("garbled")
    odds = estimator.predict_proba([[row.features.values[column] for column in wanted] for row in data])[:, 1]
    assert ((odds >= 0) & (odds <= 1)).all()


def test_more_evidence_never_speaks_for_intact_words() -> None:
    assert direction("missing", "word joint.first") == 1
    assert direction("missing", "article.joints") == 0
    assert direction("garbled", "stray.here") == 1


def test_a_sure_speaker_never_speaks_for_an_orphan() -> None:
    assert direction("orphaned", "first") == direction("orphaned", "after person") == -1
    assert direction("orphaned", "nobody") == 1


def test_unlabelled_articles_are_robbed_by_what_the_system_finds() -> None:
    found = article().attributions
    seen = replace(
        stages(), analyse=lambda articles: [Analysis(one, ()) for one in articles], detect=lambda analysis: found
    )
    (copy,) = [made for seed in range(9) for _, _, made in robbed(seen, [("a", "news", Copy(TEXT, ()))], seed)][:1]
    assert {wound.variety for wound in copy.wounds} == {"orphaned"}
    assert robbed(replace(seen, detect=lambda analysis: ()), [("a", "news", Copy(TEXT, ()))]) == []


def test_weights_bring_the_prior_about() -> None:
    import numpy as np

    target = np.array([1] * 30 + [0] * 70)
    weights = balanced(target, 0.1)
    assert weights[target == 1].sum() / weights.sum() == pytest.approx(0.1)


def test_a_word_counts_once_for_both_ways_not_to_fit() -> None:
    spans = (Span(4, 8, "made"),)
    traces = [Evidence("word missing", spans, 0.3), Evidence("word spliced", spans, 0.25)]
    assert joints([*traces, Evidence("word spun", spans, 0.9)]) == [pytest.approx(0.55)]
