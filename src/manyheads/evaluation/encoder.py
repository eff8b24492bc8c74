"""Score encoders on labelled text: what `manyheads evaluate` does once model and data are there."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from manyheads.errors import InputError, suggest
from manyheads.evaluation.classification import (
    LabelScores,
    SeveralLabelScores,
    score_label_sets,
    score_labels,
)
from manyheads.evaluation.similarity import Correlations, correlate
from manyheads.evaluation.tagging import EntityScores, score_tags
from manyheads.inference.classify import Classifier
from manyheads.inference.embed import Encoder
from manyheads.inference.tag import Tagger
from manyheads.text.labelled import LabelledTexts, TaggedSentence

Scores = TypeVar("Scores", LabelScores, SeveralLabelScores, EntityScores, Correlations)
Answer = TypeVar("Answer")


@dataclass(frozen=True, slots=True)
class Evaluation(Generic[Answer, Scores]):
    """What an encoder made of the data, and what that is worth.

    Attributes:
        answers: One for each text, pair or sentence.
        scores: How well they meet the labels.
        truncated: How many texts, pairs or sentences were cut to the model's limit.
    """

    answers: list[Answer]
    scores: Scores
    truncated: int


def evaluate_classifier(
    classifier: Classifier,
    data: LabelledTexts,
    **running: Any,  # noqa: ANN401
) -> Evaluation[tuple[str, ...], LabelScores] | Evaluation[tuple[str, ...], SeveralLabelScores]:
    """Classify texts or pairs, and score the labels.

    Args:
        classifier: A model of labels.
        data: Texts with their labels; with commas between them where the model's texts have several.
        **running: Passed on to `Classifier.classify`.

    Returns:
        The labels and their scores.
    """
    known, several = classifier.config.labels, classifier.config.several_labels
    truth = data.label_sets() if several else [(label,) for label in data.labels]
    for number, labels in enumerate(truth):
        _refuse_unknown(labels, known, lambda number=number: data.place(number))
    found = classifier.classify(data.texts, data.pairs, **running)
    answers, truncated = [answer.labels for answer in found], sum(answer.truncated for answer in found)
    if several:
        return Evaluation(answers, score_label_sets(answers, truth, known), truncated)
    return Evaluation(answers, score_labels([a for (a,) in answers], data.labels, known), truncated)


def evaluate_regression(
    classifier: Classifier,
    data: LabelledTexts,
    **running: Any,  # noqa: ANN401
) -> Evaluation[float, Correlations]:
    """Read a number off texts or pairs, and correlate it with the right one.

    Args:
        classifier: A model of numbers.
        data: Texts with their numbers.
        **running: Passed on to `Classifier.classify`.

    Returns:
        The numbers and the correlations.
    """
    truth = data.numbers()
    found = classifier.classify(data.texts, data.pairs, **running)
    answers = [float("nan") if answer.number is None else answer.number for answer in found]
    return Evaluation(answers, correlate(answers, truth), sum(answer.truncated for answer in found))


def evaluate_similarity(
    encoder: Encoder,
    data: LabelledTexts,
    **running: Any,  # noqa: ANN401
) -> Evaluation[float, Correlations]:
    """Correlate the cosines of pairs with people's scores of how alike they are.

    Args:
        encoder: A model of vectors.
        data: Pairs with their scores, on any scale.
        **running: Passed on to `Encoder.similarity`.

    Returns:
        The cosines and the correlations.
    """
    truth = data.numbers()
    truncated: list[int] = []
    answers = encoder.similarity(data.texts, data.pairs or [], truncated=truncated.append, **running).tolist()
    return Evaluation(answers, correlate(answers, truth), len(truncated))


def evaluate_tagger(
    tagger: Tagger,
    data: Sequence[TaggedSentence],
    where: object,
    **running: Any,  # noqa: ANN401
) -> Evaluation[list[str], EntityScores]:
    """Tag the words of sentences, and score the entities.

    Args:
        tagger: A model of tags.
        data: Sentences with their tags.
        where: The file they are from, for errors.
        **running: Passed on to `Tagger.tag_words`.

    Returns:
        The tags of each sentence and the scores.
    """
    for sentence in data:
        for line, tag in enumerate(sentence.tags, sentence.line):
            _refuse_unknown((tag,), tagger.config.labels, lambda line=line: f"line {line} of {where}")
    found = tagger.tag_words([list(sentence.words) for sentence in data], **running)
    answers = [[word.label for word in tagged.words] for tagged in found]
    scores = score_tags(answers, [sentence.tags for sentence in data])
    return Evaluation(answers, scores, sum(tagged.truncated for tagged in found))


def _refuse_unknown(labels: Sequence[str], known: Sequence[str], place: Callable[[], str]) -> None:
    for label in labels:
        if label not in known:
            names = ", ".join(f"'{name}'" for name in known)
            raise InputError(
                f"a label must be one that the model has learnt ({names}), but {place()} has "
                f"'{label}'{suggest(label, known)}"
            )
