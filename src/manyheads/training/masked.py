"""To tell what stood where a mask is, and perhaps whether a text follows on another: how BERT is pre-trained.

Reference:
    Devlin et al. 2018, "BERT", section 3.1.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import partial
from itertools import chain
from pathlib import Path

import numpy as np
import torch
from jaxtyping import Int
from torch.nn import functional as F

from manyheads.batches.masked import MaskedBatch
from manyheads.batches.masked_documents import MaskedBatches, Reading, plan_reading
from manyheads.model.bert import EncoderModel
from manyheads.model.heads import MaskedLanguageHead
from manyheads.recipes.encoder_recipe import EncoderRecipe
from manyheads.text.corpus import format_of
from manyheads.text.documents import DocumentChunk, read_documents
from manyheads.text.text_tokenizer import TextTokenizer
from manyheads.text.token_documents import TokenDocuments, open_token_documents, write_token_documents
from manyheads.training.device import Placement
from manyheads.training.encoder_corpus import corpus_files, corpus_tokenizer, hold_out
from manyheads.training.encoder_start import read_before, start
from manyheads.training.encoder_task import EncoderTask
from manyheads.training.loss import Loss, chunked_loss
from manyheads.training.objective import Part
from manyheads.training.task import Verdict

_PARTS: tuple[Part, ...] = ("train", "valid", "test")
_COUNTED_AT_ONCE = 1 << 20
_TRIED_SEED = 0
"""Every model is tried on the same masks, whatever the run's seed."""
Chunks = Callable[[], Iterator[DocumentChunk]]


@dataclass(frozen=True)
class DocumentCorpus:
    """Documents with masks in them.

    Attributes:
        documents: Those of each part that has any.
        batches: Theirs: of the training part endless ones, of the others one epoch that is always the same.
    """

    documents: dict[Part, TokenDocuments]
    batches: dict[Part, MaskedBatches]

    noun = "stretches"

    def count(self, part: Part) -> int:
        """Count the stretches of a part.

        Args:
            part: Which.

        Returns:
            How many; 0 where there is no such part.
        """
        return self.batches[part].sequences if part in self.batches else 0

    def lines(self) -> list[str]:
        """Say how much there is.

        Returns:
            A line for each part.
        """
        return [
            f"{part}: {len(documents):,} documents, {len(documents.token_ids):,} tokens in "
            f"{self.count(part):,} {self.noun}"
            for part, documents in self.documents.items()
        ]


@dataclass(frozen=True)
class MaskedLanguage:
    """Hidden tokens, and perhaps next sentences.

    Attributes:
        corpus: The documents.
        reading: What is hidden, and what stands around a text.
        tokenizer: Shows tokens to people.
        device: Where the network is.
    """

    corpus: DocumentCorpus
    reading: Reading
    tokenizer: TextTokenizer
    device: torch.device

    unit = "nats a hidden token"
    about = "tells what stood where a mask is"

    @property
    def batches(self) -> MaskedBatches:
        """What is learned from."""
        return self.corpus.batches["train"]

    def lines(self) -> list[str]:
        """Say what is learned from, and what is hidden.

        Returns:
            Lines for people.
        """
        masking = self.reading.masking
        hidden = f"hidden: {masking.share:.0%} of the tokens"
        hidden += ", whole words" if masking.whole_words else ""
        hidden += f"; {masking.mask_share:.0%} of them masked, {masking.random_share:.0%} replaced at random"
        return [*self.corpus.lines(), hidden, *(["with next sentences"] if self.reading.pairs else [])]

    def loss(self, model: EncoderModel, batch: MaskedBatch, smoothing: float) -> Loss:
        """Sum the loss of a batch's hidden tokens; that of next sentences is added with the same weight.

        Args:
            model: The network.
            batch: Texts with masks in them, and what stood there.
            smoothing: Share of the probability that is spread over the vocabulary.

        Returns:
            The sums over the hidden tokens; the plain one is of them alone.
        """
        head, hidden = masked_head(model), model.bert(batch.packed)
        loss = chunked_loss(
            head.transform(hidden[batch.positions]),
            head.output.weight,
            batch.labels,
            smoothing=smoothing,
            bias=head.output.bias,
        )
        if model.next_sentence is None or batch.next_sentence is None:
            return loss
        scores = model.next_sentence(model.bert.pool(hidden, batch.packed.lengths)).float()
        following = F.cross_entropy(scores, follows(batch.next_sentence)) * len(batch.labels)
        return Loss(loss.smoothed + following, loss.plain)

    def judge(self, model: EncoderModel, part: Part) -> Verdict:
        """Tell the hidden tokens of a part.

        Args:
            model: The network, in evaluation mode.
            part: Which part.

        Returns:
            The loss, the share of tokens told rightly, and that of next sentences where they are learned.
        """
        batches, head = self.corpus.batches[part], masked_head(model)
        loss, right, labels, next_right, sample = 0.0, 0, 0, 0, ()
        for position in range(batches.per_epoch):
            batch = batches.batch(position).to(self.device)
            hidden = model.bert(batch.packed)
            logits = head(hidden[batch.positions]).float()
            said = logits.argmax(dim=1)
            loss += F.cross_entropy(logits, batch.labels, reduction="sum").item()
            right += int((said == batch.labels).sum())
            labels += len(batch.labels)
            if model.next_sentence is not None and batch.next_sentence is not None:
                scores = model.next_sentence(model.bert.pool(hidden, batch.packed.lengths))
                next_right += int((scores.argmax(dim=1) == follows(batch.next_sentence)).sum())
            sample = sample or self._sample(batch, said)
        scores = {"masked_accuracy": right / labels}
        if model.next_sentence is not None:
            scores["next_sentence_accuracy"] = next_right / batches.sequences
        return Verdict(loss / labels, scores, "", sample)

    def _sample(self, batch: MaskedBatch, said: Int[torch.Tensor, " masked"]) -> tuple[tuple[str, str], ...]:
        """Show the longest text of a batch with its masks, what is said of them, and what stood there."""
        first, last = batch.packed.lengths.starts[-2:]
        shown = (batch.positions >= first) & (batch.positions < last)
        text = batch.packed.token_ids[first:last].tolist()
        tokens = [text, said[shown].tolist(), batch.labels[shown].tolist()]
        spelt = (" ".join(self.tokenizer.token(token).strip() for token in ids) for ids in tokens)
        return tuple(zip(("text", "model", "right"), spelt, strict=True))


def masked_head(model: EncoderModel) -> MaskedLanguageHead:
    """Take a model's masked-language head.

    Args:
        model: The network.

    Returns:
        The head.

    Raises:
        ValueError: It has another one, or none.
    """
    if not isinstance(model.head, MaskedLanguageHead):
        raise ValueError(f"hidden tokens are told by a masked-language head, but there is {model.head}")
    return model.head


def follows(next_sentence: Int[torch.Tensor, " sequences"]) -> Int[torch.Tensor, " sequences"]:
    """Number the answers as BERT's own head has them: 0 where the second text follows, 1 where it does not.

    Args:
        next_sentence: 1 where it follows.

    Returns:
        The rows of the head.
    """
    return 1 - next_sentence


def start_at_frequencies(head: MaskedLanguageHead, documents: TokenDocuments) -> None:
    """Let a new head begin by telling how common each token is, instead of learning it update by update.

    An optimizer that moves each number by about the learning rate would take thousands of updates to bring
    the biases of rare tokens to where their frequency says.

    Args:
        head: Its output bias becomes the log of each token's share, one more counted of each.
        documents: The training part.
    """
    counts = torch.ones(len(head.output.bias), dtype=torch.int64)
    for first in range(0, len(documents.token_ids), _COUNTED_AT_ONCE):
        ids = documents.token_ids[first : first + _COUNTED_AT_ONCE]
        counts += torch.from_numpy(np.bincount(ids, minlength=len(counts)))
    with torch.no_grad():
        head.output.bias.copy_((counts / counts.sum()).log())


def make_masked(recipe: EncoderRecipe, folder: Path, placement: Placement) -> EncoderTask:
    """Prepare everything that a recipe for masks names.

    Args:
        recipe: What is asked for.
        folder: Where the run keeps its tokens, and its vocabulary, if it learns one.
        placement: Where and in which precision.

    Returns:
        The task.
    """
    chunks, masking = _parts(recipe), recipe.masking

    def sentences() -> Iterator[str]:
        return chain.from_iterable(chunk.sentences for chunk in chunks["train"]())

    vocabulary = partial(corpus_tokenizer, recipe, folder, sentences)
    begun = start(recipe, read_before(recipe), vocabulary, next_sentence=masking.next_sentence)
    reading = plan_reading(
        begun.tokenizer,
        next_sentence=masking.next_sentence,
        whole_words=masking.whole_words,
        share=masking.share,
    )
    how = replace(reading.masking, mask_share=masking.mask, random_share=masking.random)
    reading = replace(reading, masking=how)
    documents: dict[Part, TokenDocuments] = {
        part: _tokenised(each, begun.tokenizer, folder / part) for part, each in chunks.items()
    }
    batches: dict[Part, MaskedBatches] = {
        part: MaskedBatches(
            each,
            reading,
            max_tokens=begun.max_tokens,
            budget=(recipe.training if part == "train" else recipe.validation).batch_tokens,
            seed=recipe.seed if part == "train" else _TRIED_SEED,
        )
        for part, each in documents.items()
    }
    corpus = DocumentCorpus(documents, batches)
    if begun.drew("head"):
        start_at_frequencies(masked_head(begun.model), documents["train"])
    return EncoderTask(recipe, begun, MaskedLanguage(corpus, reading, begun.tokenizer, placement.device))


def _tokenised(chunks: Chunks, tokenizer: TextTokenizer, folder: Path) -> TokenDocuments:
    """Tokenise documents once; a run that goes on finds them."""
    if (folder / "documents.json").exists():
        return open_token_documents(folder)
    return write_token_documents(chunks(), tokenizer, folder)


def _parts(recipe: EncoderRecipe) -> dict[Part, Chunks]:
    """Say which documents each part has; those that are held out of the training file are drawn."""
    files, corpus = corpus_files(recipe), recipe.corpus

    def read(path: Path) -> Iterator[DocumentChunk]:
        layout = format_of(path) if corpus.format == "auto" else corpus.format
        return read_documents(path, column=None if layout == "text" else corpus.text, format=layout)

    count = sum(sum(chunk.begins) for chunk in read(files["train"]))
    every, parts = partial(read, files["train"]), dict[Part, Chunks]()
    for part, rows in zip(_PARTS, hold_out(count, corpus, recipe.seed, named=files), strict=True):
        if part != "train" and part in files:
            parts[part] = partial(read, files[part])
        elif len(rows):
            parts[part] = partial(_only, every, rows)
    return parts


def _only(chunks: Chunks, documents: Int[np.ndarray, " documents"]) -> Iterator[DocumentChunk]:
    """Leave out all but some documents, by their numbers."""
    wanted, number = set(documents.tolist()), -1
    for chunk in chunks():
        numbers = [number := number + begin for begin in chunk.begins]
        kept = [place for place, document in enumerate(numbers) if document in wanted]
        yield DocumentChunk(
            [chunk.sentences[place] for place in kept], [chunk.begins[place] for place in kept]
        )
