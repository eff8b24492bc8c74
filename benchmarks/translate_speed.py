"""How fast one program translates: one JSON line. `translate.py` runs it."""

import argparse
import json
import resource
import time
from pathlib import Path

import numpy as np
from real_texts import read_texts
from translators import CTRANSLATE2, EAGER, OURS, TRANSFORMERS, load_translator

WARM_UP_TEXTS = 32


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("contestant", choices=[OURS, EAGER, CTRANSLATE2, TRANSFORMERS])
    parser.add_argument("--model", type=Path, required=True, help="a folder in the program's own format")
    parser.add_argument("--texts", type=Path, required=True)
    parser.add_argument("--count", type=int, default=320)
    parser.add_argument("--alone", type=int, default=20, help="how many are also translated one by one")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--beam", type=int, default=5)
    parser.add_argument("--tokens", type=int, default=20, help="the most tokens of a translation")
    parser.add_argument("--precision", default="float32")
    options = parser.parse_args()
    texts = read_texts(options.texts, options.count)
    begun = time.perf_counter()
    translate = load_translator(
        options.contestant,
        options.model,
        precision=options.precision,
        threads=options.threads,
        beam=options.beam,
        tokens=options.tokens,
    )
    loaded = time.perf_counter() - begun
    translate(texts[:: max(1, len(texts) // WARM_UP_TEXTS)])
    begun = time.perf_counter()
    written = translate(texts)
    seconds = time.perf_counter() - begun
    alone = []
    for text in texts[:: max(1, len(texts) // max(options.alone, 1))][: options.alone]:
        begun = time.perf_counter()
        translate([text])
        alone.append(time.perf_counter() - begun)
    line = {
        "name": options.contestant,
        "precision": options.precision,
        "texts": len(texts),
        "tokens": sum(map(len, written)),
        "texts_per_second": len(texts) / seconds,
        "alone_p50_ms": float(np.percentile(alone, 50)) * 1000 if alone else None,
        "alone_p95_ms": float(np.percentile(alone, 95)) * 1000 if alone else None,
        "load_seconds": loaded,
        "peak_memory_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
    }
    print(json.dumps(line))


if __name__ == "__main__":
    main()
