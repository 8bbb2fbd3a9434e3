"""Networks as they are shipped: ONNX graphs, compressed, each run by one thread."""

from __future__ import annotations

import gzip
from typing import Any

from quotes.artifacts import Artifact


def session(artifact: Artifact, name: str) -> Any:
    """The graph ``<name>.onnx.gz`` of an artifact as an onnxruntime session. ArtifactError where it is not listed."""
    from onnxruntime import InferenceSession, SessionOptions

    options = SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.log_severity_level = 3
    graph = gzip.decompress(artifact.path(f"{name}.onnx.gz").read_bytes())
    return InferenceSession(graph, options, providers=["CPUExecutionProvider"])
