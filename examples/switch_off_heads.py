"""Switch off one head after another and see which translations change.

python examples/switch_off_heads.py runs/mine "A text." "Another one."
"""

import sys

import manyheads
from manyheads.model.tap import attentions


def main(folder: str, *texts: str) -> None:
    """Print every head whose loss changes an answer, with the answer."""
    model = manyheads.load(folder)
    before = [answer.text for answer in model.translate(texts)]
    for attention in attentions(model.model):
        for head in range(attention.num_heads):
            off = (attention.kind, attention.layer, head)
            with manyheads.switch_off(model.model, heads=[off]):
                after = [answer.text for answer in model.translate(texts)]
            changed = [f"{old} -> {now}" for old, now in zip(before, after, strict=True) if old != now]
            print(
                f"{attention.kind} layer {attention.layer} head {head}: {'; '.join(changed) or 'no change'}"
            )


if __name__ == "__main__":
    main(*sys.argv[1:])
