"""How fast one library embeds texts: one JSON line. `embed.py` runs it."""

import argparse
import json
import resource
import time
from pathlib import Path

import numpy as np
from embedders import load_embedder
from real_texts import read_texts

WARM_UP_TEXTS = 64


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("contestant")
    parser.add_argument("--model", type=Path, required=True)
    parser.add_argument("--texts", type=Path, required=True)
    parser.add_argument("--count", type=int, default=600)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--precision", default="float32")
    parser.add_argument("--vectors", type=Path, required=True, help="where the vectors are written")
    options = parser.parse_args()
    texts = read_texts(options.texts, options.count)
    started = time.perf_counter()
    embed = load_embedder(options.contestant, options.model, options.precision, options.threads)
    loaded = time.perf_counter() - started
    embed(texts[:: max(1, len(texts) // WARM_UP_TEXTS)])
    started, cpu_started = time.perf_counter(), time.process_time()
    vectors = embed(texts)
    seconds, cpu_seconds = time.perf_counter() - started, time.process_time() - cpu_started
    np.save(options.vectors, vectors)
    line = {
        "name": options.contestant,
        "precision": options.precision,
        "texts": len(texts),
        "texts_per_second": len(texts) / seconds,
        "texts_per_cpu_second": len(texts) / cpu_seconds,
        "load_seconds": loaded,
        "peak_memory_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
    }
    print(json.dumps(line))


if __name__ == "__main__":
    main()
