"""Documents as numbers in files."""

import pytest

from manyheads.errors import InputError
from manyheads.text.documents import DocumentChunk
from manyheads.text.text_tokenizer import TextTokenizer
from manyheads.text.token_documents import open_token_documents, write_token_documents


@pytest.fixture(scope="module")
def tokenizer():
    return TextTokenizer.train(["ab"], kind="wordpiece", vocab_size=9)


CHUNKS = [
    DocumentChunk(["ab b", "a"], [True, False]),
    DocumentChunk(["b", "\u200b", "aa"], [False, True, False]),
    DocumentChunk(["\u200b", "b"], [True, False]),
]


def test_sentences_words_and_documents_are_counted(tmp_path, tokenizer):
    """Zero-width space is no token: its sentence goes, the document that it began begins with the next one.

    `ab b`: a word of some tokens and one; so documents are [ab b, a, b], [aa], [b].
    """
    found = write_token_documents(iter(CHUNKS), tokenizer, tmp_path / "deep" / "documents")
    sentences = ["ab b", "a", "b", "aa", "b"]
    ids = [row[1:-1] for row in tokenizer.encode_ids(sentences)]
    ends = [sum(map(len, ids[: place + 1])) for place in range(5)]

    assert found.token_ids.tolist() == [token for row in ids for token in row]
    assert found.sentences.tolist() == [0, *ends]
    assert found.documents.tolist() == [0, 3, 4, 5]
    assert found.starts.tolist() == [0, ends[2], ends[3], ends[4]]
    assert len(found) == 3
    assert found.begins_word.sum() == 6
    assert found.begins_word[found.sentences[:-1]].all()


def test_what_is_opened_is_what_was_written(tmp_path, tokenizer):
    written = write_token_documents(CHUNKS, tokenizer, tmp_path)
    opened = open_token_documents(tmp_path)

    for name in ("token_ids", "begins_word", "sentences", "documents"):
        assert getattr(opened, name).tolist() == getattr(written, name).tolist()
        assert not getattr(opened, name).flags.writeable


def test_documents_are_written_over(tmp_path, tokenizer):
    write_token_documents(CHUNKS, tokenizer, tmp_path)
    assert len(write_token_documents(CHUNKS[:1], tokenizer, tmp_path)) == 1


def test_documents_without_tokens_are_refused(tmp_path, tokenizer):
    with pytest.raises(InputError, match="at least one token, but these have none"):
        write_token_documents([DocumentChunk(["\u200b"], [True])], tokenizer, tmp_path)
    with pytest.raises(InputError, match="must hold tokenised documents"):
        open_token_documents(tmp_path)


def test_a_folder_that_is_not_whole_is_named(tmp_path, tokenizer):
    with pytest.raises(InputError, match=rf"{tmp_path} must hold tokenised documents, whole ones"):
        open_token_documents(tmp_path)
    write_token_documents(CHUNKS, tokenizer, tmp_path)
    with (tmp_path / "words.bin").open("ab") as file:
        file.write(b"\0")
    with pytest.raises(InputError, match=r"words.bin is too short or too long\); prepare them again"):
        open_token_documents(tmp_path)
