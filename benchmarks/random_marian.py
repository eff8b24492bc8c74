"""A Marian model with random weights and a real vocabulary, whose translations all have one length.

What nobody has trained is as fast as what somebody has, as long as it writes as many tokens: its end token is
made unlikely, so that every translation reaches the limit in `generation_config.json`.
"""

import argparse
import io
import json
from pathlib import Path

import sentencepiece
import torch
from real_texts import read_texts
from transformers import GenerationConfig, MarianConfig, MarianMTModel

SIZES = {"tiny": (4, 128), "small": (6, 256), "base": (6, 512)}
"""Layers on either side, and width; four times as wide within, heads of 64 (of 32 in the tiny one)."""
PIECES = 32_000


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("size", choices=list(SIZES))
    parser.add_argument("folder", type=Path, help="where the model is written, in Hugging Face's format")
    parser.add_argument("--texts", type=Path, required=True, help="texts, a line each, to learn pieces from")
    parser.add_argument("--tokens", type=int, default=20, help="how long every translation is")
    options = parser.parse_args()
    options.folder.mkdir(parents=True)
    vocabulary = write_tokenizer(options.folder, read_texts(options.texts, None))
    model = draw_model(*SIZES[options.size], vocabulary)
    model.generation_config = GenerationConfig(
        bad_words_ids=[[vocabulary - 1]],
        decoder_start_token_id=vocabulary - 1,
        eos_token_id=0,
        pad_token_id=vocabulary - 1,
        max_length=options.tokens + 1,
        num_beams=5,
    )
    model.save_pretrained(options.folder)
    print(f"{options.folder}: {vocabulary:,} pieces, {model.num_parameters():,} parameters")


def write_tokenizer(folder: Path, texts: list[str]) -> int:
    """Learn pieces, one vocabulary for both sides, and number them as the published models do."""
    written = io.BytesIO()
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=iter(texts),
        model_writer=written,
        vocab_size=PIECES,
        hard_vocab_limit=False,
        minloglevel=2,
    )
    for name in ("source.spm", "target.spm"):
        (folder / name).write_bytes(written.getvalue())
    processor = sentencepiece.SentencePieceProcessor(model_proto=written.getvalue())
    pieces = [processor.id_to_piece(number) for number in range(3, processor.get_piece_size())]
    filler = [f"<unused{number}>" for number in range(PIECES - len(pieces) - 3)]
    numbered = {piece: n for n, piece in enumerate(["</s>", "<unk>", *pieces, *filler, "<pad>"])}
    (folder / "vocab.json").write_text(json.dumps(numbered), encoding="utf-8")
    said = {"tokenizer_class": "MarianTokenizer"}
    (folder / "tokenizer_config.json").write_text(json.dumps(said), encoding="utf-8")
    return len(numbered)


def draw_model(layers: int, width: int, vocabulary: int) -> MarianMTModel:
    heads = max(4, width // 64)
    torch.manual_seed(1)
    config = MarianConfig(
        vocab_size=vocabulary,
        d_model=width,
        encoder_layers=layers,
        decoder_layers=layers,
        encoder_attention_heads=heads,
        decoder_attention_heads=heads,
        encoder_ffn_dim=4 * width,
        decoder_ffn_dim=4 * width,
        max_position_embeddings=512,
        activation_function="relu",
        scale_embedding=True,
        pad_token_id=vocabulary - 1,
        decoder_start_token_id=vocabulary - 1,
        eos_token_id=0,
        forced_eos_token_id=None,
    )
    model = MarianMTModel(config)
    with torch.no_grad():
        model.final_logits_bias.normal_(std=0.5)
        model.final_logits_bias[0, 0] = -1e4
    return model.eval()


if __name__ == "__main__":
    main()
