"""Score translations that a peer wrote as token ids, with the very function that scores ours.

python benchmarks/score_ids.py BATCHES HYPOTHESES.jsonl [TOKENIZE]
"""

import json
import sys
from pathlib import Path

from manyheads.evaluation.translation import score_translations
from manyheads.text.prepare import open_prepared


def main(batches: str, hypotheses: str, tokenize: str = "none") -> None:
    prepared = open_prepared(Path(batches) / "corpus")
    lines = Path(hypotheses).read_text(encoding="utf-8").splitlines()
    _, target = prepared.tokenizers()
    texts = target.decode_batch([json.loads(line) for line in lines])
    _, references = prepared.test_texts()
    print("\n".join(score_translations(texts, references, tokenize=tokenize).lines()))


if __name__ == "__main__":
    main(*sys.argv[1:])
