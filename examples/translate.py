"""Translate with a trained model: the best answer, several of them, and how sure the model was.

python examples/translate.py runs/mine "A text." "Another one."
"""

import sys

import manyheads


def main(folder: str, *texts: str) -> None:
    """Print each text's answers with their scores, and the least likely piece of the best one."""
    model = manyheads.load(folder)
    for text, best in zip(texts, model.translate(texts, beam=5, n_best=3, long="truncate"), strict=True):
        print(text)
        for answer in best.n_best:
            print(f"  {answer.score:8.3f}  {answer.text}")
        pieces = zip(
            best.tokens, best.log_probs, strict=False
        )  # the end token has a log probability, no piece
        piece, log_prob = min(pieces, key=lambda pair: pair[1], default=("", 0.0))
        print(f"  least likely: {piece!r}, log probability {log_prob:.2f}")


if __name__ == "__main__":
    main(*sys.argv[1:])
