"""Bring a sentence encoder into the formats of other libraries, as their documentation says.

Run by `embed.py` in the peers' own environment; a format that is there already is left alone.
"""

import argparse
import csv
import shutil
import tempfile
from functools import partial
from pathlib import Path

import ctranslate2
from embedders import CTRANSLATE2, ONNX, OPENVINO
from real_texts import read_texts
from sentence_transformers import SentenceTransformer, export_dynamic_quantized_onnx_model
from sentence_transformers.backend import export_static_quantized_openvino_model

CALIBRATED_ON = 300
"""Texts, as many as OpenVINO takes by default."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("model", type=Path, help="a sentence-transformers folder")
    parser.add_argument("folder", type=Path, help="where the others are written, each in a folder of its own")
    parser.add_argument("--texts", type=Path, required=True, help="what int8 of OpenVINO is calibrated on")
    options = parser.parse_args()
    openvino = partial(write_openvino, texts=read_texts(options.texts, CALIBRATED_ON))
    for name, write in {ONNX: write_onnx, OPENVINO: openvino, CTRANSLATE2: write_ctranslate2}.items():
        target = options.folder / name
        if target.exists():
            continue
        unfinished = options.folder / f"{name}-unfinished"
        shutil.rmtree(unfinished, ignore_errors=True)
        write(options.model, unfinished)
        unfinished.rename(target)


def write_onnx(model: Path, target: Path) -> None:
    """float32, and int8 with dynamic activations."""
    shutil.copytree(model, target)
    loaded = SentenceTransformer(str(target), backend="onnx", model_kwargs={"export": True})
    loaded.save_pretrained(str(target))
    export_dynamic_quantized_onnx_model(loaded, "avx512_vnni", str(target))


def write_openvino(model: Path, target: Path, texts: list[str]) -> None:
    """float32, which may compute in bfloat16, and int8."""
    shutil.copytree(model, target)
    loaded = SentenceTransformer(str(target), backend="openvino", model_kwargs={"export": True})
    loaded.save_pretrained(str(target))
    with tempfile.TemporaryDirectory() as folder:
        with (Path(folder) / "train.csv").open("w", encoding="utf-8", newline="") as file:
            csv.writer(file).writerows([["sentence"], *([text] for text in texts)])
        export_static_quantized_openvino_model(
            loaded,
            quantization_config=None,
            model_name_or_path=str(target),
            dataset_name=folder,
            dataset_config_name="default",
            dataset_split="train",
            column_name="sentence",
        )


def write_ctranslate2(model: Path, target: Path) -> None:
    """float32; int8 is made of it where it is loaded."""
    ctranslate2.converters.TransformersConverter(str(model)).convert(str(target))
    shutil.copy(model / "tokenizer.json", target)


if __name__ == "__main__":
    main()
