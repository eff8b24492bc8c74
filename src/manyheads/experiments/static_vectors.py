"""Word vectors of one kind for each word, whatever stands around it: word2vec's skip-gram.

Reference:
    Mikolov et al. 2013, "Distributed Representations of Words and Phrases and their Compositionality",
    section 2, equation 4.
"""

from collections.abc import Sequence
from pathlib import Path
from types import ModuleType
from typing import final
from zlib import crc32

import numpy as np
from jaxtyping import Float32

from manyheads.checkpoint.atomic import write_file
from manyheads.errors import InputError, suggest
from manyheads.text.lines import check_is_file

_BINARY = ".bin"
_NEGATIVE = 10
_WINDOW = 5
_LONGEST_HEADER = 100


@final
class StaticVectors:
    """One vector for each word.

    Args:
        words: The words, each once.
        matrix: A row a word, finite numbers.
    """

    def __init__(self, words: Sequence[str], matrix: Float32[np.ndarray, "words d_model"]) -> None:
        if len(words) != len(matrix):
            raise InputError(
                f"every word must have one vector, but there are {len(words):,} words and "
                f"{len(matrix):,} vectors"
            )
        self.words = tuple(words)
        self.matrix = matrix
        self.rows = {word: row for row, word in enumerate(self.words)}
        lengths = np.linalg.norm(matrix, axis=1, keepdims=True)
        self._directions = matrix / np.maximum(lengths, np.finfo(np.float32).tiny)

    @classmethod
    def train(
        cls, sentences: Sequence[Sequence[str]], *, d_model: int, epochs: int, min_count: int, seed: int
    ) -> "StaticVectors":
        """Learn skip-gram with negative sampling: which words stand around a word.

        A word w and a neighbour c raise log σ(v_c · v_w); words drawn in c's place lower it. One thread and a
        fixed hash, so that the same sentences give the same numbers.

        Args:
            sentences: Words in lower case.
            d_model: Width of the vectors.
            epochs: How often all sentences are gone through.
            min_count: Words that are rarer get no vector.
            seed: Decides the first vectors and all that is drawn.

        Returns:
            A vector for each word that is common enough.

        Raises:
            InputError: No word is common enough, or gensim is not installed.
        """
        word2vec = _gensim().Word2Vec(
            sg=1,
            hs=0,
            negative=_NEGATIVE,
            window=_WINDOW,
            vector_size=d_model,
            min_count=min_count,
            workers=1,
            seed=seed,
            hashfxn=_stable_hash,
        )
        word2vec.build_vocab(sentences)
        if not len(word2vec.wv):
            raise InputError(
                f"a word gets a vector where it stands {min_count} times, but no word of the "
                f"{len(sentences):,} sentences does; give more text"
            )
        word2vec.train(sentences, total_examples=len(sentences), epochs=epochs)
        return cls(word2vec.wv.index_to_key, word2vec.wv.vectors)

    @classmethod
    def load(cls, path: Path) -> "StaticVectors":
        """Read a file in word2vec's format.

        Args:
            path: Binary where its name ends in `.bin`, else text.

        Returns:
            The vectors.

        Raises:
            InputError: There is no such file, it is in another format, or damaged.
        """
        check_is_file(path)
        _check_header(path)
        try:
            found = _gensim().KeyedVectors.load_word2vec_format(str(path), binary=path.suffix == _BINARY)
        except (ValueError, EOFError, IndexError, OSError) as error:
            raise InputError(
                f"{path} must hold words and their vectors in word2vec's "
                f"{_kind(path)} format, but does not ({error}); copy it again"
            ) from error
        vectors = cls(found.index_to_key, found.vectors.astype(np.float32))
        broken = np.flatnonzero(~np.isfinite(vectors.matrix).all(axis=1))
        if len(broken):
            raise InputError(
                f"{path} must hold finite numbers, but the vector of '{vectors.words[broken[0]]}' has others"
            )
        return vectors

    def save(self, path: Path) -> None:
        """Write a file in word2vec's format: a line with both sizes, then each word and its numbers.

        Args:
            path: Binary where its name ends in `.bin`, else text.
        """
        header = f"{len(self.words)} {self.matrix.shape[1]}\n".encode()
        write = _binary_row if path.suffix == _BINARY else _text_row
        rows = (write(word, row) for word, row in zip(self.words, self.matrix, strict=True))
        write_file(path, header + b"".join(rows))

    def __len__(self) -> int:
        """Count the words."""
        return len(self.words)

    def __contains__(self, word: object) -> bool:
        return word in self.rows

    def vector(self, word: str) -> Float32[np.ndarray, " d_model"]:
        """Look a word up.

        Args:
            word: The word.

        Returns:
            Its vector, the only one that it has.

        Raises:
            InputError: It has none.
        """
        return self.matrix[self._row(word)]

    def similarity(self, word: str, other: str) -> float:
        """Say how alike two words are.

        Args:
            word: One.
            other: The other.

        Returns:
            The cosine of the angle between their vectors.
        """
        return float(self._directions[self._row(word)] @ self._directions[self._row(other)])

    def neighbours(self, word: str, count: int) -> list[tuple[str, float]]:
        """Find the words that are most alike to a word.

        Args:
            word: The word; it is not among them.
            count: How many are wanted.

        Returns:
            Words and cosines, the nearest first.
        """
        row = self._row(word)
        cosines = self._directions @ self._directions[row]
        order = np.argsort(-cosines, kind="stable")
        return [(self.words[near], float(cosines[near])) for near in order if near != row][:count]

    def analogy(self, a: str, b: str, c: str) -> str:
        """Say what is to c as b is to a.

        Args:
            a: `man`.
            b: `king`.
            c: `woman`.

        Returns:
            The word, none of the three.
        """
        return self.words[self.analogies(np.array([[self._row(word) for word in (a, b, c)]]))[0]]

    def analogies(self, rows: np.ndarray) -> list[int]:
        """Solve analogies by 3CosAdd: the word nearest to b - a + c, the three left out.

        Args:
            rows: The rows of a, b and c, an analogy a line.

        Returns:
            The row of each answer.

        Raises:
            InputError: There is no word but the three.

        Reference:
            Levy and Goldberg 2014, "Linguistic Regularities in Sparse and Explicit Word Representations",
            equation 2.
        """
        if len(self.words) <= rows.shape[1]:
            raise InputError(f"an analogy needs a fourth word, but there are {len(self.words)} in all")
        a, b, c = (self._directions[rows[:, place]] for place in range(3))
        cosines = (b - a + c) @ self._directions.T
        np.put_along_axis(cosines, rows, -np.inf, axis=1)
        return cosines.argmax(axis=1).tolist()

    def _row(self, word: str) -> int:
        if word not in self.rows:
            raise InputError(
                f"a word must be one of the {len(self.words):,} that have a vector, but '{word}' has none"
                f"{suggest(word, self.words)}"
            )
        return self.rows[word]


def _gensim() -> ModuleType:
    """Import what trains and reads word2vec; it is an extra."""
    try:
        import gensim.models
    except ImportError as error:
        raise InputError(
            "word2vec needs gensim, which is not installed: pip install 'manyheads[lab]'"
        ) from error
    return gensim.models


def _stable_hash(word: str) -> int:
    """Python's own hash of a text is another one in every process."""
    return crc32(word.encode())


def _kind(path: Path) -> str:
    return "binary" if path.suffix == _BINARY else "text"


def _check_header(path: Path) -> None:
    """Refuse sizes that the file cannot hold, before memory is taken for them."""
    with path.open("rb") as file:
        header = file.readline(_LONGEST_HEADER).split()
    if len(header) != 2 or not all(number.isdigit() for number in header):
        raise InputError(
            f"{path} must begin with a line of two numbers, words and width, as word2vec's {_kind(path)} "
            "format does, but does not"
        )
    words, width = map(int, header)
    least = words * width * (4 if path.suffix == _BINARY else 2)
    if path.stat().st_size < least or not words * width:
        raise InputError(
            f"{path} must hold the {words:,} vectors of {width:,} numbers that its first line names, but has "
            f"{path.stat().st_size:,} bytes; copy it again"
        )


def _text_row(word: str, row: Float32[np.ndarray, " d_model"]) -> bytes:
    # The shortest digits that give the same float32 again.
    return f"{word} {' '.join(map(str, row))}\n".encode()


def _binary_row(word: str, row: Float32[np.ndarray, " d_model"]) -> bytes:
    return word.encode() + b" " + row.astype("<f4").tobytes() + b"\n"
