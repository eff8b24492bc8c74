"""sentence-transformers' settings in their old and new forms, and what is told about those that we lack."""

import json

import pytest

from manyheads.checkpoint.config import EncoderConfig
from manyheads.checkpoint.sentence_transformers import read_sentence_settings, sentence_files
from manyheads.errors import ModelError
from manyheads.recipes.encoder import Bert

OLD = "sentence_transformers.models."
NEW = {
    "Transformer": "sentence_transformers.base.modules.transformer.Transformer",
    "Pooling": "sentence_transformers.sentence_transformer.modules.pooling.Pooling",
    "Normalize": "sentence_transformers.base.modules.normalize.Normalize",
    "Dense": "sentence_transformers.base.modules.dense.Dense",
}
OLD_POOLING = {
    "word_embedding_dimension": 12,
    "pooling_mode_cls_token": False,
    "pooling_mode_mean_tokens": True,
    "pooling_mode_max_tokens": False,
    "pooling_mode_mean_sqrt_len_tokens": False,
}


@pytest.fixture
def write(tmp_path):
    """Write a file of the folder."""

    def write(name, content):
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(json.dumps(content), encoding="utf-8")

    return write


@pytest.fixture
def folder(tmp_path, write):
    """Write a folder as it looked when most published models were made."""
    write("modules.json", modules(OLD + "Transformer", OLD + "Pooling"))
    write("1_Pooling/config.json", OLD_POOLING)
    write("sentence_bert_config.json", {"max_seq_length": 17, "do_lower_case": False})
    return tmp_path


def modules(*types, paths=("", "1_Pooling", "2_Normalize", "3_")):
    return [
        {"idx": number, "name": str(number), "path": path, "type": kind}
        for number, (kind, path) in enumerate(zip(types, paths, strict=False))
    ]


def refusal(folder):
    with pytest.raises(ModelError) as caught:
        read_sentence_settings(folder)
    return str(caught.value)


def read(folder):
    settings = read_sentence_settings(folder)
    return (settings.pooling, settings.normalize, settings.max_tokens, settings.lowercase, settings.prompt)


def test_a_folder_of_the_old_form_is_read(folder, write):
    assert read(folder) == ("mean", False, 17, False, "")
    write("modules.json", modules(OLD + "Transformer", OLD + "Pooling", OLD + "Normalize"))
    write(
        "1_Pooling/config.json",
        OLD_POOLING | {"pooling_mode_mean_tokens": False, "pooling_mode_cls_token": True},
    )
    write("sentence_bert_config.json", {"max_seq_length": None, "do_lower_case": True})
    write(
        "config_sentence_transformers.json",
        {"prompts": {"query": "q: ", "passage": "p: "}, "default_prompt_name": "passage"},
    )
    assert read(folder) == ("cls", True, None, True, "p: ")


def test_a_folder_of_the_new_form_is_read(folder, write):
    write("modules.json", modules(NEW["Transformer"], NEW["Pooling"], NEW["Normalize"]))
    write("1_Pooling/config.json", {"embedding_dimension": 12, "pooling_mode": "max", "include_prompt": True})
    write(
        "2_Normalize/config.json",
        {"module_input_name": "sentence_embedding", "module_output_name": "sentence_embedding"},
    )
    write("sentence_bert_config.json", {"transformer_task": "feature-extraction", "modality_config": {}})
    write(
        "config_sentence_transformers.json",
        {"model_type": "SentenceTransformer", "prompts": {"query": "q: "}, "default_prompt_name": None},
    )
    assert read(folder) == ("max", True, None, False, "")


def test_the_mean_is_taken_where_no_mode_is_named(folder, write):
    write("1_Pooling/config.json", {"word_embedding_dimension": 12})
    assert read(folder)[0] == "mean"


def test_other_files_may_be_absent(folder):
    (folder / "sentence_bert_config.json").unlink()
    assert read(folder) == ("mean", False, None, False, "")


def test_a_folder_without_modules_is_not_from_there(folder):
    (folder / "modules.json").unlink()
    assert read_sentence_settings(folder) is None


def test_a_cross_encoder_is_an_ordinary_classifier(folder, write):
    write("config_sentence_transformers.json", {"model_type": "CrossEncoder"})
    write("modules.json", modules(NEW["Transformer"]))
    assert read_sentence_settings(folder) is None


@pytest.mark.parametrize(
    ("types", "told"),
    [
        ([OLD + "Transformer", OLD + "Pooling", OLD + "Dense"], "but has the module Dense"),
        ([NEW["Transformer"], NEW["Pooling"], NEW["Dense"], NEW["Normalize"]], "but has the module Dense"),
        (
            [OLD + "Transformer", OLD + "Pooling", "own_code.Normalize"],
            "but has the module own_code.Normalize",
        ),
        ([OLD + "Pooling", OLD + "Transformer"], "but has Pooling, Transformer"),
        ([OLD + "Transformer"], "but has Transformer"),
        ([], "but has none"),
    ],
)
def test_a_module_that_we_lack_is_named(folder, write, types, told):
    write("modules.json", modules(*types))
    assert refusal(folder) == (
        f"{folder / 'modules.json'} must name the modules Transformer, Pooling and perhaps Normalize, "
        f"{told}; vectors cannot be made the same way without it"
    )


def test_modules_that_are_no_list_are_told(folder, write):
    for content in ({}, ["Transformer"]):
        write("modules.json", content)
        assert refusal(folder) == (
            f"{folder / 'modules.json'} must hold a list of modules; take it again from where it was made"
        )


def test_a_transformer_in_a_folder_of_its_own_is_told(folder, write):
    types = (OLD + "Transformer", OLD + "Pooling")
    write("modules.json", modules(*types, paths=("0_Transformer", "1_Pooling")))
    assert refusal(folder) == (
        f"{folder / 'modules.json'} must have its Transformer in the folder itself, but has it in "
        "'0_Transformer'; load and save it with today's sentence-transformers"
    )


@pytest.mark.parametrize("path", ["../1_Pooling", "/etc"])
def test_a_module_cannot_stand_elsewhere(folder, write, path):
    write("modules.json", modules(OLD + "Transformer", OLD + "Pooling", paths=("", path)))
    assert refusal(folder) == (
        f"{folder / 'modules.json'}: a module's path must stay in the folder, and is '{path}'"
    )


@pytest.mark.parametrize(
    ("pooling", "told"),
    [
        ({"pooling_mode": "weightedmean"}, "pooling must be one of cls, mean, max, and is weightedmean"),
        ({"pooling_mode_lasttoken": True}, "pooling must be one of cls, mean, max, and is lasttoken"),
        (
            {"pooling_mode_mean_sqrt_len_tokens": True},
            "and is mean_sqrt_len_tokens; vectors cannot be made the",
        ),
        (
            {"pooling_mode": ["mean", "max"]},
            "must name one way of pooling, but names mean, max; vectors of several joined together are not",
        ),
        (
            {"pooling_mode_cls_token": True, "pooling_mode_mean_tokens": True},
            "must name one way of pooling, but names cls, mean",
        ),
    ],
)
def test_a_kind_of_pooling_that_we_lack_is_named(folder, write, pooling, told):
    write("1_Pooling/config.json", {"word_embedding_dimension": 12} | pooling)
    assert refusal(folder).startswith(str(folder / "1_Pooling" / "config.json"))
    assert told in refusal(folder)


def test_pooling_without_the_prompt_is_refused_where_there_is_one(folder, write):
    write("1_Pooling/config.json", OLD_POOLING | {"include_prompt": False})
    assert read(folder)[0] == "mean"
    write("config_sentence_transformers.json", {"prompts": {"query": "q: "}, "default_prompt_name": "query"})
    assert refusal(folder) == (
        f"{folder / '1_Pooling' / 'config.json'}: include_prompt must be true, and is false; "
        "vectors cannot be made the same way without it"
    )


def test_a_norm_of_something_else_is_refused(folder, write):
    write("modules.json", modules(NEW["Transformer"], NEW["Pooling"], NEW["Normalize"]))
    write("2_Normalize/config.json", {"module_input_name": "token_embeddings"})
    assert refusal(folder).startswith(
        f'{folder / "2_Normalize" / "config.json"}: module_input_name must be "sentence_embedding", '
        'and is "token_embeddings"; '
    )


@pytest.mark.parametrize(
    ("name", "content", "told"),
    [
        (
            "sentence_bert_config.json",
            {"transformer_task": "fill-mask"},
            'transformer_task must be "feature-extraction", and is "fill-mask"; vectors cannot be made',
        ),
        (
            "sentence_bert_config.json",
            {"max_seq_length": "128"},
            'max_seq_length must be a whole number above 0, and is "128"; mend it there',
        ),
        (
            "sentence_bert_config.json",
            {"max_seq_length": 0},
            "max_seq_length must be a whole number above 0, and is 0; mend it there",
        ),
        (
            "config_sentence_transformers.json",
            {"prompts": {"query": "q: "}, "default_prompt_name": "passage"},
            'default_prompt_name must be one of the prompts (query), and is "passage"; mend it there',
        ),
        (
            "config_sentence_transformers.json",
            {"default_prompt_name": "passage"},
            'default_prompt_name must be one of the prompts (none), and is "passage"; mend it there',
        ),
        (
            "config_sentence_transformers.json",
            {"model_type": "SparseEncoder"},
            'model_type must be SentenceTransformer or CrossEncoder, and is "SparseEncoder"; a model of that',
        ),
    ],
)
def test_a_setting_that_we_lack_is_named(folder, write, name, content, told):
    write(name, content)
    assert refusal(folder).startswith(f"{folder / name}: {told}")


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ({}, ("mean", False, 29, False, "")),
        (
            {"pooling": "cls", "normalize": True, "max_tokens": 7, "prompt": "q: "},
            ("cls", True, 7, False, "q: "),
        ),
    ],
)
def test_what_is_written_is_read_alike(tmp_path, words, expected):
    config = EncoderConfig(
        task="embedding", model=Bert(d_model=12, num_heads=3, max_length=29), vocab_size=23, **words
    )
    for name, content in sentence_files(config).items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(content)
    assert read(tmp_path) == expected
