"""The plain way to compare with: Stanza at its default sizes, with a parser, one document at a time.

Stanza's own English models cannot be had everywhere, and timing needs none: a network takes as long with any weights.
So the tagger, the parser and the NER tagger stand here at Stanza's default sizes with untrained weights, and our own
tokenizer and lemmatizer, which have the default sizes, beside them: random sentence ends would change the work.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

PROCESSORS = "tokenize,pos,lemma,depparse,ner"
PACKAGE = "plain"
SEED = 1

# The universal relations, with the subtypes that English treebanks use (universaldependencies.org).
_RELATIONS = """acl acl:relcl advcl advmod amod appos aux aux:pass case cc cc:preconj ccomp compound compound:prt conj
cop csubj dep det det:predet discourse dislocated expl fixed flat goeswith iobj list mark nmod nmod:npmod nmod:poss
nmod:tmod nsubj nsubj:pass nummod obj obl obl:npmod obl:tmod orphan parataxis punct reparandum root vocative xcomp"""


@contextmanager
def no_tree_search() -> Iterator[None]:
    """Each word hangs on the one before. Untrained scores are full of cycles and would cost the search for the best
    tree far more than trained ones do; without it, the plain way is a little quicker than it really is."""
    from stanza.models.depparse import model

    search = model.chuliu_edmonds_one_root
    model.chuliu_edmonds_one_root = lambda scores: np.arange(-1, len(scores) - 1).clip(0)
    try:
        yield
    finally:
        model.chuliu_edmonds_one_root = search


def default_pack(ours: Path, folder: Path) -> Path:
    """Write a pack of Stanza's default sizes to ``folder``, with vocabularies and vectors of our own pack."""
    (package,) = json.loads((ours / "resources.json").read_text(encoding="utf-8"))["en"]["tokenize"]
    for kind in ("tokenize", "lemma", "pretrain"):
        (folder / "en" / kind).mkdir(parents=True)
        shutil.copy(ours / "en" / kind / f"{package}.pt", folder / "en" / kind / f"{PACKAGE}.pt")
    vectors = folder / "en" / "pretrain" / f"{PACKAGE}.pt"
    for kind, trainer in _trainers(ours, package, vectors).items():
        (folder / "en" / kind).mkdir()
        trainer.save(str(folder / "en" / kind / f"{PACKAGE}.pt"))
    depends = {"dependencies": [{"model": "pretrain", "package": PACKAGE}]}
    english: dict[str, Any] = {"lang_name": "English"}
    english |= {kind: {PACKAGE: {}} for kind in ("tokenize", "lemma", "pretrain")}
    english |= {kind: {PACKAGE: depends} for kind in ("pos", "depparse", "ner")}
    english["packages"] = {"default": dict.fromkeys(PROCESSORS.split(","), PACKAGE)}
    (folder / "resources.json").write_text(json.dumps({"en": english}), encoding="utf-8")
    return folder


def _trainers(ours: Path, package: str, vectors: Path) -> Mapping[str, Any]:
    """Untrained networks as Stanza's own trainers build them from their default arguments."""
    import logging

    import torch
    from stanza.models import ner_tagger, parser, tagger
    from stanza.models.common.pretrain import Pretrain
    from stanza.models.depparse.trainer import GraphTrainer
    from stanza.models.ner.trainer import Trainer as NerTrainer
    from stanza.models.ner.vocab import MultiVocab as NerVocab
    from stanza.models.pos.trainer import Trainer as PosTrainer
    from stanza.models.pos.vocab import MultiVocab, WordVocab

    def vocabulary(kind: str) -> Any:
        saved = torch.load(ours / "en" / kind / f"{package}.pt", map_location="cpu", weights_only=True)
        return saved["vocab"]

    logging.getLogger("stanza").setLevel(logging.ERROR)
    torch.manual_seed(SEED)
    pretrain = Pretrain(str(vectors))
    words = MultiVocab.load_state_dict(vocabulary("pos"))
    relations = WordVocab([[[relation] for relation in _RELATIONS.split()]], "en", idx=0)
    named = ("char", "word", "upos", "xpos", "feats")
    parsed = MultiVocab({**{name: words[name] for name in named}, "lemma": words["word"], "deprel": relations})
    arguments = ["--wordvec_pretrain_file", str(vectors), "--device", "cpu", "--shorthand", "en_plain"]
    width = ["--word_emb_dim", str(pretrain.emb.shape[1])]
    return {
        "pos": PosTrainer(tagger.parse_args([*arguments, "--lang", "en"]), words, pretrain, device="cpu"),
        "depparse": GraphTrainer(parser.parse_args([*arguments, "--lang", "en"]), parsed, pretrain, device="cpu"),
        "ner": NerTrainer(
            ner_tagger.parse_args([*arguments, *width]),
            NerVocab.load_state_dict(vocabulary("ner")),
            pretrain,
            device="cpu",
        ),
    }
