"""The readings that a page is looking at: the last ones, by their ids."""

import secrets
from collections import OrderedDict
from dataclasses import dataclass
from threading import Lock

from manyheads.errors import ManyheadsError
from manyheads.inference.translate import Translator
from manyheads.server.schema import AttentionRequest, ServedModel
from manyheads.views.beside import Place, beside
from manyheads.views.document import Document, Start, document_of_reading
from manyheads.views.effects import effects_of_heads
from manyheads.views.of_pair import TranslationReading
from manyheads.views.of_text import TextModel, TextReading

Served = Translator | TextModel
_KEPT = 16


class NotFoundError(ManyheadsError):
    """What is asked for is not there, or no longer."""


@dataclass(frozen=True)
class Looked:
    """A reading, and its document.

    Attributes:
        reading: Answers what is asked later.
        document: What was answered.
    """

    reading: TextReading | TranslationReading
    document: Document


class Shelf:
    """The models that are served, and what was last looked at.

    Args:
        models: By name, encoders with their matrices as they were trained.
    """

    def __init__(self, models: dict[str, Served]) -> None:
        self._models = models
        self._looked: OrderedDict[str, Looked] = OrderedDict()
        self._lock = Lock()

    def served(self) -> tuple[ServedModel, ...]:
        """List the models.

        Returns:
            What people need to know of each.
        """
        return tuple(_served(name, model) for name, model in self._models.items())

    def model(self, name: str | None) -> tuple[str, Served]:
        """Find a model.

        Args:
            name: Its name; None for the only one.

        Returns:
            Its name and the model.

        Raises:
            NotFoundError: There is none of that name, or several and none is named.
        """
        known = ", ".join(self._models)
        if name is None and len(self._models) == 1:
            return next(iter(self._models.items()))
        if name not in self._models:
            said = "none was named" if name is None else f"'{name}' was asked for"
            raise NotFoundError(f"a model must be one of {known}, but {said}")
        return name, self._models[name]

    def look(self, asked: AttentionRequest) -> tuple[str, Looked, list[Place] | None]:
        """Let a model read or translate a text, and keep the reading.

        Args:
            asked: The text, and what is changed.

        Returns:
            The id under which it is kept, the reading, and where it stands beside that of `since`; None
            without it, or if it is no longer kept.
        """
        name, model = self.model(asked.model)
        if isinstance(model, Translator):
            reading = TranslationReading(
                model, asked.text, asked.target, begin_ids=asked.begin, name=name, off=asked.off
            )
        else:
            reading = TextReading(
                model, asked.text, asked.pair, name=name, off=asked.off, hidden=asked.hidden
            )
        start, effects = Start(layer=reading.usual_layer), effects_of_heads(reading)
        looked = Looked(reading, document_of_reading(reading, start=start, effects=effects))
        before = self._find(asked.since)
        number = secrets.token_hex(8)
        with self._lock:
            self._looked[number] = looked
            while len(self._looked) > _KEPT:
                self._looked.popitem(last=False)
        return number, looked, None if before is None else beside(before.reading, reading)

    def looked(self, number: str) -> Looked:
        """Find a reading again.

        Args:
            number: Its id.

        Returns:
            The reading.

        Raises:
            NotFoundError: It is no longer kept.
        """
        found = self._find(number)
        if found is None:
            raise NotFoundError(
                f"the server keeps the last {_KEPT} texts that were looked at, but '{number}' is not "
                "among them; ask for the text again"
            )
        return found

    def _find(self, number: str | None) -> Looked | None:
        """Find a reading, which is then kept as if it were new: what is compared with is not lost."""
        with self._lock:
            if number in self._looked:
                self._looked.move_to_end(number)
            return self._looked.get(number or "")


def _served(name: str, model: Served) -> ServedModel:
    if isinstance(model, Translator):
        return ServedModel(name=name, task="translation", max_tokens=model.max_tokens, mask=None)
    tokenizer = model.tokenizer
    return ServedModel(
        name=name, task=model.config.task, max_tokens=model.max_tokens, mask=tokenizer.mask_token
    )
