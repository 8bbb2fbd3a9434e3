"""Our own Stanza English pack: tokenize, pos, lemma and ner, trained from the open treebanks and NER corpora.

``quotes train stanza --data DIR --out DIR`` runs :func:`train`. Word vectors are distilled from the all-MiniLM-L6-v2
encoder (every word alone and its mean in news sentences, several layers, PCA), so that narrow LSTMs are enough; then
Stanza's own trainers run on them. Multi-word tokens ("don't", "Trump's") are split into their words by the tokenizer
itself, so no mwt processor is needed and an entity never swallows a possessive. There is no parser: no later stage
reads one.
"""

from __future__ import annotations

import json
import random
import shutil
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from importlib import metadata
from io import BytesIO
from itertools import islice
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

from quotes import artifacts
from quotes.analysis import MODEL, plain
from quotes.train.corpora import (
    TREEBANKS,
    TaggedSentence,
    TreebankSentence,
    Word,
    news_lines,
    news_paragraphs,
    newswire,
    other_ner,
    paragraphs,
    treebank,
)
from quotes.train.stanza_figures import Figures, measure
from quotes.train.word_vectors import DIMENSIONS, ENCODER_SHA256, distil

VERSION = "1.0.1"
SEED = 1234
BATCHES = {
    "tokenize": 128,
    "pos": 256,
    "lemma": 256,
    "ner": 128,
}  # at run time: paragraphs, sentences, words, sentences
PACKAGE = "quotes"  # the name of our models inside the pack, as "ewt" or "combined" are in Stanza's own


@dataclass(frozen=True, slots=True)
class Steps:
    """How long each model trains: optimiser steps, and epochs for the lemmatizer."""

    ner: int = 3600
    tokenize: int = 3000
    pos: int = 2200
    lemma: int = 3


STEPS = Steps()

DATA = (
    *(f"ud/{name}-ud-{part}.conllu.gz" for name in TREEBANKS for part in ("train", "dev", "test")),
    *(f"ner/worldwide-newswire-{part}.bio.gz" for part in ("train", "dev", "test")),
    *(f"ner/uner-ewt-{part}.iob2.gz" for part in ("train", "dev", "test")),
    "ner/wikigold.conll.gz",
    "news/worldwide-articles.jsonl.gz",
    "polnear/polnear-train.jsonl.gz",
)


def train(data: Path, out: Path, steps: Steps = STEPS, work: Path | None = None) -> Path:
    """Train everything on one thread and write ``out/stanza-en-<version>`` with its card; about two hours.

    ``work`` keeps what is made on the way (and vectors that stand there already are taken as they are).
    """
    import torch

    torch.set_num_threads(1)
    if work is None:
        with TemporaryDirectory() as folder:
            return train(data, out, steps, Path(folder))
    work.mkdir(parents=True, exist_ok=True)
    pretrain = work / "vectors.pt"
    distil(data, pretrain)
    models = {
        "ner": train_ner(data, work, pretrain, steps.ner),
        "tokenize": train_tokenizer(data, work, steps.tokenize),
        "pos": train_tagger(data, work, pretrain, steps.pos),
        "lemma": train_lemmatizer(data, work, steps.lemma),
    }
    return make_pack(data, out, models, pretrain, steps)


def make_pack(data: Path, out: Path, models: Mapping[str, Path], pretrain: Path, steps: Steps = STEPS) -> Path:
    """The folder that is shipped, from trained models: slim, measured, with card and manifest."""
    folder = out / f"{MODEL}-{VERSION}"
    assemble(models, pretrain, folder)
    enlarge_dictionary(folder, data)
    describe(folder, data, measure(folder, data, "dev"), measure(folder, data, "test"), steps)
    return folder


def describe(
    folder: Path, data: Path, dev: Mapping[str, Figures], test: Mapping[str, Figures], steps: Steps = STEPS
) -> None:
    """Write manifest and card."""
    versions = {library: metadata.version(library) for library in ("stanza", "torch", "safetensors", "tokenizers")}
    hashes = {file: artifacts.sha256(data / file) for file in DATA}
    artifacts.save(
        folder,
        made_with=versions,
        seed=SEED,
        steps=asdict(steps),
        encoder=ENCODER_SHA256,
        data=hashes,
        figures={"dev": dev, "test": test},
    )
    (folder / "README.md").write_text(card(folder, dev, test, steps, versions, hashes), encoding="utf-8")


# ---------------------------------------------------------------- what Stanza's trainers read


def write_conllu(sentences: Iterable[TreebankSentence], path: Path) -> None:
    """CoNLL-U for tagger and lemmatizer, in plain characters; no features: XPOS says all that English shows."""
    with path.open("w", encoding="utf-8") as out:
        for sentence in sentences:
            for place, word in enumerate(sentence.words, 1):
                misc = "_" if word.space else "SpaceAfter=No"
                row = (place, plain(word.form), plain(word.lemma), word.upos, word.xpos, "_", place - 1)
                print(*row, "root" if place == 1 else "dep", "_", misc, sep="\t", file=out)
            print(file=out)


def write_paragraphs(pairs: Iterable[tuple[str, str]], text: Path, labels: Path) -> None:
    pairs = list(pairs)
    text.write_text("\n\n".join(shown for shown, _ in pairs) + "\n", encoding="utf-8")
    labels.write_text("\n\n".join(marks for _, marks in pairs) + "\n", encoding="utf-8")


def write_ner(columns: Sequence[Iterable[TaggedSentence]], path: Path) -> None:
    """Stanza's JSON of tagged sentences; each corpus has its own tag column and says nothing in the others'."""
    sentences = [
        [
            {
                "id": place,
                "text": plain(word),
                "multi_ner": tuple(tag if column == number else "-" for column in range(len(columns))),
            }
            for place, (word, tag) in enumerate(zip(sentence.words, sentence.tags, strict=True), 1)
        ]
        for number, corpus in enumerate(columns)
        for sentence in corpus
    ]
    path.write_text(json.dumps(sentences, ensure_ascii=False), encoding="utf-8")


# ---------------------------------------------------------------- training, by Stanza's own trainers


@contextmanager
def annealed(module: Any, steps: int, last: float = 0.02, start: Path | None = None) -> Iterator[None]:
    """Let a Stanza training module's learning rate fall linearly, to its ``last`` part over ``steps``.

    Its own schedules wait for plateaus, which a short training never sees. ``start`` is a model to go on from.
    """
    import torch

    original = module.Trainer

    class Trainer(original):  # type: ignore[misc, valid-type]
        done = 0

        def __init__(self, *args: Any, **kwargs: Any) -> None:
            super().__init__(*args, **kwargs)
            if start is not None:
                self.model.load_state_dict(torch.load(start, weights_only=True)["model"])

        def update(self, *args: Any, **kwargs: Any) -> Any:
            optimizers = getattr(self, "optimizers", None) or {"only": self.optimizer}
            for optimizer in optimizers.values():
                for group in optimizer.param_groups:
                    first = group.setdefault("first_lr", group["lr"])
                    group["lr"] = first * max(last, 1 - (1 - last) * self.done / steps)
            self.done += 1
            return super().update(*args, **kwargs)

    module.Trainer = Trainer
    try:
        yield
    finally:
        module.Trainer = original


def train_ner(data: Path, work: Path, pretrain: Path, steps: int) -> Path:
    """Bi-LSTM-CRF with character LSTM; dev F1 is over all types of the newswire dev part."""
    from stanza.models import ner_tagger

    news = list(newswire(data, "train"))
    write_ner([[*news, *shouted_names(news)], other_ner(data)], work / "ner.train.json")
    write_ner([newswire(data, "dev"), ()], work / "ner.dev.json")
    arguments = {
        "train_file": work / "ner.train.json",
        "eval_file": work / "ner.dev.json",
        "wordvec_pretrain_file": pretrain,
        "word_emb_dim": DIMENSIONS,
        "hidden_dim": 128,
        "char_emb_dim": 32,
        "char_hidden_dim": 32,
        "dropout": 0.4,
        "word_dropout": 0.02,
        "optim": "adam",
        "lr": 0.003,
        "lr_decay": 0,
        "min_lr": 0,
        "eval_interval": 500,
        "max_steps_no_improve": steps,
        "max_batch_words": 1200,
    }
    flags = ["--no_emb_finetune"]
    with annealed(ner_tagger, steps):
        ner_tagger.train(ner_tagger.parse_args(_arguments(arguments, work, "ner", steps) + flags))
    return work / "ner.pt"


def train_tagger(data: Path, work: Path, pretrain: Path, steps: int) -> Path:
    """UPOS and XPOS by two highway LSTM layers with narrow character LSTM; dev is EWT's."""
    from stanza.models import tagger

    _write_treebanks(data, work)
    arguments = {
        "train_file": work / "pos.train.conllu",
        "eval_file": work / "dev.conllu",
        "wordvec_pretrain_file": pretrain,
        "lang": "en",
        "hidden_dim": 128,
        "char_emb_dim": 32,
        "char_hidden_dim": 50,
        "transformed_dim": 96,
        "word_emb_dim": 50,
        "tag_emb_dim": 20,
        "deep_biaff_hidden_dim": 128,
        "dropout": 0.35,
        "word_dropout": 0.15,
        "batch_size": 32,
        "lr": 0.004,
        "eval_interval": 400,
        "max_steps_before_stop": steps,
    }
    flags = ["--share_hid", "--fix_eval_interval"]
    with annealed(tagger, steps):
        tagger.train(tagger.parse_args(_arguments(arguments, work, "pos", steps) + flags))
    return work / "pos.pt"


def train_tokenizer(data: Path, work: Path, steps: int) -> Path:
    """Words and sentences of EWT, GUM and newswire; dev is EWT's."""
    from stanza.models import tokenizer

    pairs = [pair for name in TREEBANKS for pair in paragraphs(treebank(data, name, "train"))]
    pairs += news_paragraphs(data)
    write_paragraphs(pairs, work / "tokenize.train.txt", work / "tokenize.train.labels")
    dev = paragraphs(treebank(data, "en_ewt", "dev"))
    write_paragraphs(dev, work / "tokenize.dev.txt", work / "tokenize.dev.labels")
    (work / "tokenize.mwt.json").write_text("[]", encoding="utf-8")
    arguments = {
        "txt_file": work / "tokenize.train.txt",
        "label_file": work / "tokenize.train.labels",
        "dev_txt_file": work / "tokenize.dev.txt",
        "dev_label_file": work / "tokenize.dev.labels",
        "mwt_json_file": work / "tokenize.mwt.json",
        "lang": "en",
        "max_seqlen": 300,
        "hidden_dim": 64,
        "emb_dim": 32,
        "dropout": 0.2,
        "unit_dropout": 0.15,
        "eval_steps": 350,
    }
    finish = steps // 4
    with annealed(tokenizer, steps - finish, last=0.5):
        first = arguments | {"lr0": 0.004, "steps": steps - finish}
        tokenizer.main(["--no_use_mwt", *_arguments(first, work, "tokenize")])
    best = (work / "tokenize.pt").rename(work / "tokenize.first.pt")
    with annealed(tokenizer, finish, start=best):
        then = arguments | {"lr0": 0.002, "steps": finish}
        tokenizer.main(["--no_use_mwt", *_arguments(then, work, "tokenize")])
    return work / "tokenize.pt"


def train_lemmatizer(data: Path, work: Path, epochs: int) -> Path:
    """A dictionary of everything in EWT and GUM, and for other words a small sequence model over distinct forms."""
    from stanza.models import lemmatizer

    _write_treebanks(data, work)
    distinct = dict.fromkeys(
        (plain(word.form), plain(word.lemma), word.upos, word.xpos)
        for name in TREEBANKS
        for sentence in treebank(data, name, "train")
        for word in sentence.words
        if word.lemma != "_" and word.form.isalpha()
    )
    words = [TreebankSentence((Word(*row, space=True),), False) for row in distinct]
    write_conllu(words, work / "lemma.train.conllu")
    arguments = {
        "train_file": work / "lemma.train.conllu",
        "secondary_file": work / "train.conllu",
        "eval_file": work / "dev.conllu",
        "hidden_dim": 100,
        "num_epoch": epochs,
    }
    lemmatizer.train(lemmatizer.parse_args(_arguments(arguments, work, "lemma")))
    return work / "lemma.pt"


def _arguments(arguments: dict[str, Any], work: Path, name: str, steps: int | None = None) -> list[str]:
    shared = {
        "shorthand": "en_combined",
        "save_dir": work,
        "save_name": f"{name}.pt",
        "seed": SEED,
        "device": "cpu",
        **({} if steps is None else {"max_steps": steps}),
    }
    return [part for key, value in (arguments | shared).items() for part in (f"--{key}", str(value))]


def _write_treebanks(data: Path, work: Path) -> None:
    sentences = [sentence for name in TREEBANKS for sentence in treebank(data, name, "train")]
    write_conllu(sentences, work / "train.conllu")
    write_conllu([*sentences, *shouted(sentences)], work / "pos.train.conllu")
    write_conllu(treebank(data, "en_ewt", "dev"), work / "dev.conllu")


def shouted(sentences: Sequence[TreebankSentence], share: float = 0.04) -> Iterator[TreebankSentence]:
    """A share of the sentences in capitals, as captions and headlines are."""
    for sentence in random.Random(SEED).sample(sentences, int(share * len(sentences))):
        words = tuple(Word(word.form.upper(), word.lemma, word.upos, word.xpos, word.space) for word in sentence.words)
        yield TreebankSentence(words, sentence.opens_paragraph)


def shouted_names(sentences: Sequence[TaggedSentence], share: float = 0.05) -> Iterator[TaggedSentence]:
    """The same for tagged sentences, without their full stops."""
    for sentence in random.Random(SEED).sample(sentences, int(share * len(sentences))):
        words, tags = sentence.words, sentence.tags
        if len(words) > 1 and words[-1] == ".":
            words, tags = words[:-1], tags[:-1]
        yield TaggedSentence(tuple(word.upper() for word in words), tags)


# ---------------------------------------------------------------- the pack


def slim(model: Path, to: Path, batch: int) -> None:
    """Copy a trained model with half-precision weights, and without what inference does not read."""
    import torch

    saved = torch.load(model, map_location="cpu", weights_only=True)
    weights = saved["model"]
    if "delta" in saved["vocab"]:  # ner: fine-tuned vectors that were never trained, and the second tag column
        del saved["vocab"]["delta"], saved["vocab"]["_key2class"]["delta"]
        saved["vocab"]["tag"] = {
            name: {0: kept[0]} if isinstance(kept, dict) else kept for name, kept in saved["vocab"]["tag"].items()
        }
        weights = {
            name: tensor
            for name, tensor in weights.items()
            if not name.startswith(("delta_emb.", "tag_clfs.1.", "crits.1."))
        }
    saved["model"] = {name: tensor.half() for name, tensor in weights.items()}
    kept = {key: value for key, value in saved["config"].items() if not (isinstance(value, str) and "/" in value)}
    saved["config"] = kept | {"batch_size": batch}
    to.parent.mkdir(parents=True, exist_ok=True)
    pack(saved, to)


def pack(saved: Mapping[str, Any], to: Path) -> None:
    """``torch.save``, with the parts of its archive compressed: torch reads them just so, and half the size is left."""
    import torch

    plain_archive = BytesIO()
    torch.save(saved, plain_archive)
    with ZipFile(plain_archive) as archive, ZipFile(to, "w") as packed:
        for name in archive.namelist():
            packed.writestr(ZipInfo(name), archive.read(name), ZIP_DEFLATED, 9)  # dated 1980, whenever it is made


def assemble(models: Mapping[str, Path], pretrain: Path, out: Path) -> None:
    """Lay the models out as Stanza does, with the resources.json that its Pipeline reads."""
    import torch

    shutil.rmtree(out, ignore_errors=True)
    for processor, model in models.items():
        slim(model, out / f"en/{processor}/{PACKAGE}.pt", BATCHES[processor])
    (out / "en/pretrain").mkdir(parents=True)
    pack(torch.load(pretrain, weights_only=True), out / f"en/pretrain/{PACKAGE}.pt")
    needs = {"dependencies": [{"model": "pretrain", "package": PACKAGE}]}
    resources = {
        "en": {
            "lang_name": "English",
            **{processor: {PACKAGE: needs if processor in ("pos", "ner") else {}} for processor in models},
            "pretrain": {PACKAGE: {}},
            "packages": {"default": dict.fromkeys(models, PACKAGE)},
        }
    }
    (out / "resources.json").write_text(json.dumps(resources, indent=1) + "\n", encoding="utf-8")


def enlarge_dictionary(folder: Path, data: Path, lines: int = 9000) -> None:
    """Put what the lemmatizer says of the words of news into its own dictionary, so that it need not say it again.

    Unknown proper nouns are their own lemmas.
    """
    import stanza

    pipeline = stanza.Pipeline(
        "en",
        dir=str(folder),
        processors="tokenize,pos,lemma",
        download_method=None,
        use_gpu=False,
        logging_level="ERROR",
        lemma_store_results=True,
    )
    lemmatizer = pipeline.processors["lemma"].trainer
    known = set(lemmatizer.pos_dict["PROPN"])
    shuffled = [plain(line) for line in news_lines(data) if line.strip()]
    random.Random(SEED).shuffle(shuffled)
    chosen = iter(shuffled[:lines])
    while block := list(islice(chosen, 300)):
        pipeline("\n\n".join(block))
    names = lemmatizer.pos_dict["PROPN"]
    names.update({name: name for name in names if name not in known})
    path = folder / f"en/lemma/{PACKAGE}.pt"
    lemmatizer.save(str(path))
    slim(path, path, BATCHES["lemma"])


def card(
    folder: Path,
    dev: Mapping[str, Figures],
    test: Mapping[str, Figures],
    steps: Steps,
    versions: Mapping[str, str],
    hashes: Mapping[str, str],
) -> str:
    """The model card, in Markdown."""
    rows = "\n".join(
        f"| {corpus} | {figure} | {100 * value:.1f} | {100 * test[corpus][figure]:.1f} |"
        for corpus, figures in dev.items()
        for figure, value in figures.items()
        if figure in test[corpus]
    )
    files = json.loads((folder / artifacts.MANIFEST).read_text(encoding="utf-8"))["files"]
    template = Path(__file__).with_name("stanza_card.md").read_text(encoding="utf-8")
    return template.format(
        name=folder.name,
        rows=rows,
        steps=steps,
        dimensions=DIMENSIONS,
        encoder=ENCODER_SHA256,
        versions=", ".join(f"{library} {version}" for library, version in versions.items()),
        files="\n".join(f"| `{file}` | `{digest}` |" for file, digest in files.items()),
        data="\n".join(f"| `{file}` | `{digest}` |" for file, digest in hashes.items()),
        seed=SEED,
    )
