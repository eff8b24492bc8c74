"""How far a run is, and the files that let it go on from there as if it had never stopped."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from manyheads.checkpoint.atomic import files_of, replace_files
from manyheads.checkpoint.parameters import fill, parameters_of
from manyheads.checkpoint.tensors import load_tensors, tensors_file
from manyheads.errors import ModelError
from manyheads.training.optimizer import optimizer_tensors, restore_optimizer
from manyheads.training.step import Stepper, Sums
from manyheads.training.task import Verdict

_JSON, _TENSORS = "progress.json", "progress.safetensors"
_MODEL, _OPTIMIZER = "model/", "optimizer/"


@dataclass(frozen=True, slots=True)
class Tried:
    """A model that was validated.

    Attributes:
        update: After which update.
        score: BLEU, or the negative loss: more is better.
    """

    update: int
    score: float


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a run is.

    Attributes:
        update: Updates taken.
        window: What was gone through since the last line of the log.
        best: The best model so far.
        kept: Models that may be averaged at the end, oldest first.
        stale: Validations since the best one.
        precision: What the run began with; a probe may say otherwise another day.
        device: What the run began on.
        tried_at: After which update the model was validated last.
        threads: What the run began with: other numbers of threads add up in another order.
        verdict: What the best model was found to be; None where there is nothing to try it on.
    """

    precision: str
    threads: int
    device: str = "cpu"
    update: int = 0
    window: Sums = field(default_factory=Sums)
    best: Tried | None = None
    kept: tuple[Tried, ...] = ()
    stale: int = 0
    tried_at: int = 0
    verdict: Verdict | None = None

    def tried(
        self, score: float, *, average: int, of_best: bool, verdict: Verdict | None = None
    ) -> "Progress":
        """Take note of a validation.

        Args:
            score: More is better.
            average: How many models will be averaged at the end.
            of_best: Whether those are the best ones, or the last ones.
            verdict: All that was found; remembered of the best model, without its sample.

        Returns:
            The progress with it.
        """
        model = Tried(self.update, score)
        better = self.best is None or score > self.best.score
        kept = (*self.kept, model)
        if of_best:
            worst_first = sorted(kept, key=lambda tried: (tried.score, tried.update))
            kept = tuple(sorted(worst_first[-average:] if average else (), key=lambda tried: tried.update))
        else:
            kept = kept[len(kept) - average :] if len(kept) > average else kept
        if better:
            shown = replace(verdict, sample=()) if verdict else None
            return replace(self, best=model, kept=kept, stale=0, tried_at=self.update, verdict=shown)
        return replace(self, kept=kept, stale=self.stale + 1, tried_at=self.update)

    def to_json(self) -> str:
        """Write it out.

        Returns:
            JSON.
        """
        return json.dumps(asdict(self), indent=2) + "\n"

    @classmethod
    def from_json(cls, text: str) -> "Progress":
        """Read what `to_json` wrote.

        Args:
            text: The JSON.

        Returns:
            The progress.
        """
        values: dict[str, Any] = json.loads(text)
        values["window"] = Sums(**values["window"])
        values["best"] = Tried(**values["best"]) if values["best"] else None
        values["verdict"] = _verdict(values["verdict"]) if values["verdict"] else None
        values["kept"] = tuple(Tried(**tried) for tried in values["kept"])
        return cls(**values)


def _verdict(values: dict[str, Any]) -> Verdict:
    return Verdict(values["loss"], values["scores"], values["signature"])


def save_progress(folder: Path, progress: Progress, stepper: Stepper) -> None:
    """Write everything that a run needs to go on, all of it or nothing.

    Args:
        folder: The run's `training` folder.
        progress: How far it is.
        stepper: Holds the parameters and the optimizer's state.
    """
    tensors: dict[str, Tensor] = {}
    for prefix, part in (
        (_MODEL, parameters_of(stepper.model)),
        (_OPTIMIZER, optimizer_tensors(stepper.model, stepper.optimizer)),
    ):
        tensors.update({prefix + name: tensor for name, tensor in part.items()})
    needs = sum(tensor.nbytes for tensor in tensors.values())
    replace_files(folder, {_TENSORS: tensors_file(tensors), _JSON: progress.to_json().encode()}, needs=needs)


def load_progress(folder: Path) -> Progress | None:
    """Read how far a run is.

    Args:
        folder: The run's `training` folder.

    Returns:
        The progress; None where the run has not saved any yet.

    Raises:
        ModelError: The file is damaged.
    """
    path = files_of(folder).get(_JSON)
    if path is None:
        return None
    try:
        return Progress.from_json(path.read_text(encoding="utf-8"))
    except (ValueError, TypeError, KeyError) as error:
        raise ModelError(
            f"{path} must say how far the run is, but cannot be read ({error}); start a new run"
        ) from error


def restore(folder: Path, stepper: Stepper) -> None:
    """Give model and optimizer the numbers that they had.

    Args:
        folder: The run's `training` folder.
        stepper: Changed in place.
    """
    path = files_of(folder)[_TENSORS]
    tensors = load_tensors(path)
    fill(stepper.model, _part(tensors, _MODEL), path)
    restore_optimizer(stepper.model, stepper.optimizer, _part(tensors, _OPTIMIZER))


def _part(tensors: Mapping[str, Tensor], prefix: str) -> dict[str, Tensor]:
    return {name.removeprefix(prefix): tensor for name, tensor in tensors.items() if name.startswith(prefix)}


def average(models: list[Mapping[str, Tensor]]) -> dict[str, Tensor]:
    """Average the parameters of several models.

    Args:
        models: At least one; all of one shape.

    Returns:
        The mean of each parameter, summed in float64.
    """
    return {
        name: torch.stack([model[name].double() for model in models]).mean(dim=0).to(tensor.dtype)
        for name, tensor in models[0].items()
    }
