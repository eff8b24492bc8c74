"""Where the time goes, against what the machine can do at most; appends to RESULTS.md.

The doors to the C code are timed while a model works on texts, and the products that went through them are
made once more alone: what is left of a door's time is attention, norms, residuals and ranking. What is behind
no door is Python and PyTorch.
"""

import argparse
import ctypes
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any
from unittest.mock import patch

import torch
from ceilings import Ceilings, ceilings, highest
from embedders import minilm_folder
from real_texts import read_texts
from roofline_figure import Point, draw
from turns import append_report

from manyheads.inference.embed import Encoder
from manyheads.inference.load import load
from manyheads.inference.native_encoder import NativeEncoder
from manyheads.inference.native_maps import CMap, Type
from manyheads.inference.native_stack import CLayer, NativeStack, code
from manyheads.inference.native_transformer import NativeTransformer
from manyheads.inference.translate import Translator
from manyheads.text.text_tokenizer import TextTokenizer
from manyheads.views.paper import paper, save_figure

HERE = Path(__file__).resolve().parent
COLUMNS = {
    "step": False,
    "ms": True,
    "share": True,
    "GFLOP/s": True,
    "of the ceiling": True,
    "GB/s of weights": True,
    "of the ceiling ": True,
}
TRIES, ALONE, BEAM = 5, 20, 5
Maps = list[CMap]


@dataclass
class Door:
    """What went through a door: seconds in C, and how often how many rows at once."""

    seconds: float = 0.0
    rows: Counter[int] = field(default_factory=Counter)


@dataclass(frozen=True)
class Way:
    """How one comes to a function of the C code: the method that calls it, and how many rows it is given."""

    owner: type
    method: str
    rows: Callable[..., int]
    function: str = ""


@contextmanager
def timed(ways: dict[str, Way]) -> Iterator[dict[str, Door]]:
    """Time the C code, or a method that calls none, while models work as usual."""
    found = {name: Door() for name in ways}
    with ExitStack() as patches:
        for name, way in ways.items():
            method = getattr(way.owner, way.method)
            # What a method does in Python is not the door's time.
            counted = _counted(method, found[name], way.rows)
            patches.enter_context(
                patch.object(
                    way.owner, way.method, counted if way.function else _clocked(counted, found[name])
                )
            )
            if way.function:
                clocked = _clocked(getattr(code(), way.function), found[name])
                patches.enter_context(patch.object(code(), way.function, clocked))
        yield found


def _counted(method: Callable[..., Any], door: Door, rows: Callable[..., int]) -> Callable[..., Any]:
    def counted(*arguments: object, **named: object) -> object:
        door.rows[rows(*arguments)] += 1
        return method(*arguments, **named)

    return counted


def _clocked(function: Callable[..., Any], door: Door) -> Callable[..., Any]:
    def clocked(*arguments: object, **named: object) -> object:
        begun = time.perf_counter()
        result = function(*arguments, **named)
        door.seconds += time.perf_counter() - begun
        return result

    return clocked


def layer_maps(stack: NativeStack) -> Maps:
    """All maps that a token goes through in a stack."""
    names = ("inward", "outward", "across", "across_outward", "widen", "narrow")
    layers = (CLayer * stack.c.num_layers).from_address(stack.c.layers)
    maps = [getattr(layer, name) for layer in layers for name in names]
    return [each for each in maps if each.weight]


@dataclass(frozen=True)
class Products:
    """Products as they went through a door: the same maps, and as many rows at once."""

    maps: Maps
    rows: Counter[int]

    @property
    def gigaflop(self) -> float:
        numbers = sum(each.inputs * each.outputs for each in self.maps)
        return 2e-9 * numbers * sum(rows * times for rows, times in self.rows.items())

    @property
    def gigabytes(self) -> float:
        """Of weights, each read once a call."""
        size = sum(each.inputs * each.outputs * (4 >> each.type) for each in self.maps)
        return 1e-9 * size * sum(self.rows.values())

    def seconds(self) -> float:
        """Make them once more, alone."""
        return sum(times * self._once(rows) for rows, times in self.rows.items())

    def _once(self, rows: int) -> float:
        """Without what the calls alone take."""
        return _took([_product(each, rows) for each in self.maps]) - _took(
            [_product(each, 0) for each in self.maps]
        )


def _took(calls: list[Callable[[], None]]) -> float:
    # Once untimed: memory that nobody has touched yet is slow.
    for call in calls:
        call()
    begun = time.perf_counter()
    for call in calls:
        call()
    return time.perf_counter() - begun


def _product(each: CMap, rows: int) -> Callable[[], None]:
    given, found = torch.randn(rows, each.inputs), torch.empty(rows, each.outputs)
    room = torch.empty(code().map_room(ctypes.byref(each), rows), dtype=torch.uint8)
    return partial(_apply, each, given, found, room)


def _apply(each: CMap, given: torch.Tensor, found: torch.Tensor, room: torch.Tensor) -> None:
    rows = (given.data_ptr(), len(given))
    code().apply_map(ctypes.byref(each), *rows, found.data_ptr(), 0, room.data_ptr(), 1)


@dataclass(frozen=True)
class Line:
    """A step of the way: what it took, and what was calculated and read in its products."""

    step: str
    seconds: float
    gigaflop: float = 0.0
    gigabytes: float = 0.0


def of_encoder(model: Encoder, texts: list[str]) -> list[Line]:
    native = model.model.bert.encoder
    assert isinstance(native, NativeEncoder)  # noqa: S101
    ways = {
        "tokenising": Way(TextTokenizer, "encode_ids", lambda _self, texts, *_: len(texts)),
        "layers": Way(NativeStack, "run", lambda _self, hidden, _lengths: len(hidden), "encode"),
    }
    return _lines(
        lambda: model.embed(texts),
        ways,
        {"layers": ("layers", layer_maps(native.stack))},
        rest="embedding, pooling, batches: PyTorch and Python",
    )


def of_translator(model: Translator, texts: list[str], *, alone: bool) -> list[Line]:
    native = model.native
    if native is None:
        raise SystemExit("the layers must run in C, but run in PyTorch: is there a C compiler?")
    ways = {
        "encoder": Way(NativeStack, "run", lambda _self, hidden, _lengths: len(hidden), "encode"),
        "memory": Way(
            NativeTransformer, "begin", lambda _self, memory, _lengths: len(memory), "lay_out_memory"
        ),
        "steps": Way(
            NativeTransformer, "rank", lambda _self, _state, last_ids, *_: len(last_ids), "rank_step"
        ),
    }
    asked = [[text] for text in texts] if alone else [texts]
    return _lines(
        lambda: [model.translate(each, beam=BEAM) for each in asked],
        ways,
        {
            "encoder": ("encoder", layer_maps(native.encoder)),
            "keys and values of the source": ("memory", list(native.memory_maps)),
            "decoder": ("steps", layer_maps(native.decoder)),
            "vocabulary": ("steps", [native.output]),
        },
        rest="search, tokens, text: Python",
    )


def _lines(
    work: Callable[[], object],
    ways: dict[str, Way],
    maps: dict[str, tuple[str, Maps]],
    *,
    rest: str,
) -> list[Line]:
    """Do it a few times, and its products alone after each: others may be using the machine.

    `maps` says for each step through which door it goes; what goes through none of them is a step by itself.
    """
    wholes: list[tuple[float, dict[str, Door]]] = []
    alone: dict[str, list[float]] = {step: [] for step in maps}
    made: dict[str, Products] = {}
    for _ in range(TRIES):
        with timed(ways) as found:
            begun = time.perf_counter()
            work()
            wholes.append((time.perf_counter() - begun, found))
        made = {step: Products(mine, found[door].rows) for step, (door, mine) in maps.items()}
        for step, products in made.items():
            alone[step].append(products.seconds())
    whole, found = min(wholes, key=lambda each: each[0])
    behind = {door for door, _ in maps.values()}
    lines = [Line(name, door.seconds) for name, door in found.items() if name not in behind]
    lines += [
        Line(f"{step}: products", min(alone[step]), products.gigaflop, products.gigabytes)
        for step, products in made.items()
    ]
    in_c = sum(found[door].seconds for door in behind) - sum(min(times) for times in alone.values())
    lines.append(Line("attention, norms, residuals, ranking: C", in_c))
    known = sum(door.seconds for door in found.values())
    return [*lines, Line(rest, whole - known), Line("all", whole)]


def row(line: Line, kind: Type, whole: float, roof: Ceilings) -> list[str]:
    plain = [line.step, f"{1000 * line.seconds:,.0f}", f"{line.seconds / whole:.0%}"]
    if not line.gigaflop:
        return [*plain, "", "", "", ""]
    speed, read = line.gigaflop / line.seconds, line.gigabytes / line.seconds
    return [
        *plain,
        f"{speed:,.0f}",
        f"{speed / roof.gigaflops[kind]:.0%}",
        f"{read:,.1f}",
        f"{read / roof.gigabytes:.0%}",
    ]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--encoder", type=Path, help="MiniLM's folder by default")
    parser.add_argument("--translator", type=Path, required=True, help="a translator's folder")
    parser.add_argument("--texts", type=Path, required=True, help="for the encoder, a line each")
    parser.add_argument("--sources", type=Path, required=True, help="for the translator, a line each")
    parser.add_argument("--count", type=int, default=600, help="texts; half as many sources")
    parser.add_argument("--precisions", nargs="+", default=["float32", "bfloat16", "int8"])
    parser.add_argument("--figure", type=Path, help="draw them against the ceilings there, .svg or .png")
    parser.add_argument("--results", type=Path, default=HERE / "RESULTS.md", help="report goes at its end")
    options = parser.parse_args()
    torch.set_num_threads(1)
    measured = [ceilings()]
    tables: list[tuple[str, Type, list[Line]]] = []
    for precision in options.precisions:
        tables += [(what, precision, lines) for what, lines in jobs(precision, options)]
        # A shared machine is faster at times: the ceiling is the highest that was seen.
        measured.append(ceilings())
    roof = highest(measured)
    for what, precision, lines in tables:
        append_report(
            options.results,
            f"Where the time goes: {what}, {precision}",
            f"{{machine}}, one thread. Ceilings: {roof.gigaflops[precision]:.0f} GFLOP/s "
            f"in registers, {roof.gigabytes:.1f} GB/s from memory.",
            COLUMNS,
            [row(line, precision, lines[-1].seconds, roof) for line in lines],
        )
    if options.figure:
        with paper():
            save_figure(
                draw([point(what, kind, lines) for what, kind, lines in tables], roof), options.figure
            )


def point(job: str, kind: Type, lines: list[Line]) -> Point:
    """All products of a job as one."""
    made = [line for line in lines if line.gigaflop]
    gigaflop, gigabytes = sum(line.gigaflop for line in made), sum(line.gigabytes for line in made)
    return Point(job, kind, gigaflop / gigabytes, gigaflop / sum(line.seconds for line in made))


def jobs(precision: Type, options: argparse.Namespace) -> Iterator[tuple[str, list[Line]]]:
    """What is done with the models, and where its time went."""
    texts = read_texts(options.texts, options.count)
    sources = read_texts(options.sources, options.count // 2)
    encoder = load(options.encoder or minilm_folder(), kind=Encoder, precision="float32", pack=False)
    encoder.model.bert.encoder = NativeEncoder(encoder.model.bert.encoder, precision)
    yield f"{len(texts)} texts embedded", of_encoder(encoder, texts)
    translator = load(options.translator, kind=Translator, precision=precision)
    yield f"{len(sources)} texts translated", of_translator(translator, sources, alone=False)
    alone = sources[:ALONE]
    yield f"{len(alone)} texts translated one by one", of_translator(translator, alone, alone=True)


if __name__ == "__main__":
    main()
