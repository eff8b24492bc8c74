"""To label, to embed, to fill masks: what all encoders' runs share."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from manyheads.checkpoint.parameters import fill, parameters_of
from manyheads.checkpoint.store import StoredModel, load_model
from manyheads.model.bert import EncoderModel
from manyheads.recipes.encoder_recipe import METRICS, EncoderRecipe
from manyheads.training.encoder_start import Start
from manyheads.training.loss import Loss
from manyheads.training.objective import Objective, Part
from manyheads.training.task import Batches, Facts, FinalScore, Verdict


@dataclass(frozen=True)
class EncoderTask:
    """An encoder in the making.

    Attributes:
        recipe: What is asked for.
        begun: The network, its config and its vocabulary.
        objective: What is learned from what.
    """

    recipe: EncoderRecipe
    begun: Start
    objective: Objective

    @property
    def model(self) -> EncoderModel:
        """The network."""
        return self.begun.model

    @property
    def batches(self) -> Batches:
        """What it learns from."""
        return self.objective.batches

    @property
    def unit(self) -> str:
        """What the loss counts."""
        return self.objective.unit

    @property
    def metric(self) -> str:
        """What decides which model is kept: the recipe's choice, or the task's usual one."""
        usual = "f1" if self.recipe.labels.several else METRICS[self.recipe.task][0]
        return self.recipe.validation.metric or usual

    def loss(self, batch: Any, smoothing: float) -> Loss:  # noqa: ANN401
        """Sum a batch's loss over its labels.

        Args:
            batch: One of `batches`, on the network's device.
            smoothing: Share of the probability that is spread over the labels.

        Returns:
            The sums.
        """
        return self.objective.loss(self.model, batch, smoothing)

    def corpus_lines(self) -> list[str]:
        """Say what it learns from.

        Returns:
            Lines for people.
        """
        untried = ["valid: none, so the newest model is kept, untried"]
        return [*self.objective.lines(), *([] if self.objective.corpus.count("valid") else untried)]

    def model_lines(self) -> list[str]:
        """Say what the network is.

        Returns:
            Lines for people.
        """
        return list(self.begun.lines)

    def try_model(self) -> Verdict | None:
        """Try the network on the validation part, in float32 and without dropout.

        Returns:
            What was found; None where there is no validation part.
        """
        return self._judge("valid") if self.objective.corpus.count("valid") else None

    def test(self, folder: Path) -> FinalScore | None:
        """Score the model that was kept on the test part.

        Args:
            folder: Where it stands; the network takes its parameters.

        Returns:
            Its scores; None where there is no test part.
        """
        count = self.objective.corpus.count("test")
        if not count:
            return None
        fill(self.model, load_model(folder).weights, folder)
        return FinalScore(self._judge("test"), count, self.objective.corpus.noun)

    def _judge(self, part: Part) -> Verdict:
        self.model.eval()
        with torch.no_grad():
            return self.objective.judge(self.model, part)

    def facts(self) -> Facts:
        """Say what the card needs to know: no text of the corpus.

        Returns:
            The facts.
        """
        language = self.recipe.corpus.language
        return Facts(
            task=self.recipe.task,
            name=f"An encoder for {self.recipe.task}",
            languages=(language,) if language else (),
            summary=f"A Transformer encoder that {self.objective.about}, trained with manyheads.",
            corpus=tuple(self.objective.lines()),
            tried_on=f"the {self.objective.corpus.count('valid'):,} validation {self.objective.corpus.noun}",
        )

    def stored(self, card: str) -> StoredModel:
        """Say what belongs into the model's folder.

        Args:
            card: The text of README.md.

        Returns:
            The model as it is now.
        """
        return StoredModel(
            config=self.begun.config.model_dump(mode="json"),
            weights=parameters_of(self.model),
            tokenizers={"text": self.begun.tokenizer},
            card=card,
        )
