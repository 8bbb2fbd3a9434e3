"""Training the detector: what is wanted of each word, the chain's loss, and weights in few bits."""

from __future__ import annotations

import itertools
import json
import random
from pathlib import Path

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="quotes[train] is not installed")

from quotes.detect.labels import LABELS, OUTSIDE, allowed, label, may_end, may_start  # noqa: E402
from quotes.detect.words import Reader  # noqa: E402
from quotes.train.annotated import Document, Said, load  # noqa: E402
from quotes.train.detector import Recipe, assemble, cut, example  # noqa: E402
from quotes.train.export import Grain, _quantised  # noqa: E402
from quotes.train.network import Crf  # noqa: E402

SAID = Document("d", "“We go,” said Lee.", (Said(((9, 13),), ((14, 17),), ((0, 8),)),))


@pytest.fixture(scope="module")
def reader() -> Reader:
    from quotes import artifacts

    return Reader(artifacts.load("detector").path("tokenizer.json"))


def test_annotations_become_labels(reader: Reader) -> None:
    made = example(SAID, reader)
    assert [LABELS[number] for number in made.wanted.argmax(axis=1)] == [
        "B-content", "I-content", "I-content", "I-content", "E-content", "S-cue", "S-source", "O",
    ]  # fmt: skip
    assert (made.wanted.sum(axis=1) == 1).all()
    assert made.links == ((0, 5, 6), (1, 5, 6), (2, 0, 5), (3, 4, 5))


def test_a_teacher_softens_the_labels_where_the_words_are_the_same(reader: Reader) -> None:
    plain = example(SAID, reader).wanted
    belief = np.full(plain.shape, 1 / len(LABELS), dtype=np.float16)
    soft = example(SAID, reader, belief, 0.25).wanted
    assert soft == pytest.approx(0.75 * plain + 0.25 / len(LABELS), abs=1e-4)
    assert (example(SAID, reader, belief[1:], 0.25).wanted == plain).all()


def test_windows_carry_what_is_wanted(reader: Reader) -> None:
    recipe = Recipe(masked=0.0)
    windows = list(cut(example(SAID, reader), recipe, random.Random(1)))
    batch = assemble(windows, recipe, np.random.default_rng(1))
    assert batch.wanted.shape == (1, 8, len(LABELS))
    assert bool(batch.word_present.all())
    assert batch.wanted[0].argmax(dim=1)[5:].tolist() == [label(0, "S"), label(1, "S"), OUTSIDE]


def test_the_loss_is_the_probability_of_what_is_wanted() -> None:
    torch.manual_seed(0)
    crf, n = Crf(), 4
    crf.transitions.data.normal_()
    scores = torch.randn(1, n, len(LABELS))
    may = allowed()
    paths = [
        path
        for path in itertools.product(range(len(LABELS)), repeat=n)
        if may_start()[path[0]] and may_end()[path[-1]] and all(may[pair] for pair in itertools.pairwise(path))
    ]
    total = torch.stack([_worth(crf, scores[0], path) for path in paths])
    wanted = torch.nn.functional.one_hot(torch.tensor([paths[7]]), len(LABELS)).float()
    loss = crf(scores, wanted, torch.ones(1, n, dtype=torch.bool))
    assert loss.item() == pytest.approx((total.logsumexp(0) - total[7]).item(), abs=1e-4)


def test_the_soft_loss_is_least_where_the_chain_believes_what_is_wanted() -> None:
    torch.manual_seed(0)
    crf, present = Crf(), torch.ones(1, 5, dtype=torch.bool)
    crf.transitions.requires_grad_(False)
    teacher = torch.randn(1, 5, len(LABELS), requires_grad=True)
    nothing = torch.zeros(1, 5, len(LABELS))
    (belief,) = torch.autograd.grad(crf(teacher, nothing, present).sum(), teacher)  # the chain's marginals
    assert belief.sum(2) == pytest.approx(np.ones((1, 5)), abs=1e-3)
    (slope,) = torch.autograd.grad(crf(teacher, belief, present).sum(), teacher)
    assert slope.abs().max().item() == pytest.approx(0, abs=1e-5)


def _worth(crf: Crf, scores, path: tuple[int, ...]):
    moves = sum(crf.transitions[pair] for pair in itertools.pairwise(path))
    return sum(scores[place, number] for place, number in enumerate(path)) + moves


def test_articles_without_annotations_are_read(tmp_path: Path) -> None:
    file = tmp_path / "news.jsonl"
    file.write_text(json.dumps({"id": "a", "text": "It rained."}) + "\n", encoding="utf-8")
    assert load(file) == [Document("a", "It rained.", ())]


def test_rounding_makes_up_for_itself_where_channels_go_together() -> None:
    chance = np.random.default_rng(0)
    shared = chance.normal(size=(500, 4)) @ chance.normal(size=(4, 24))
    given = shared + 0.1 * chance.normal(size=(500, 24))
    weight = chance.normal(size=(10, 24))

    def error(moments: np.ndarray) -> float:
        whole, scale = _quantised(weight, moments, Grain(40))
        assert whole.dtype == np.int8
        assert np.abs(whole).max() == 40
        return float(np.square(given @ (whole * scale[:, None] - weight).T).mean())

    assert error(given.T @ given) < 0.6 * error(np.eye(24))


def test_a_row_with_a_peak_is_rounded_no_more_coarsely_for_it() -> None:
    rows = np.random.default_rng(0).normal(size=(2, 1000))
    rows[1, 0] = 12
    whole, scale = _quantised(rows, np.eye(1000), Grain(63, 4.0))
    assert np.sqrt((whole.astype(float) ** 2).mean(axis=1)) == pytest.approx([4, 4], rel=0.05)
    assert scale[1] < 1.2 * scale[0]
    assert np.abs(whole[1]).max() < 63
    assert np.abs(_quantised(9 * rows, np.eye(1000), Grain(20, 4.0))[0]).max() == 20
