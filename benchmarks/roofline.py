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
from manyheads.inference.native_maps import TYPES, CMap, Type
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
TRIES, ALONE, BEAM = 3, 20, 5
Maps = list[CMap]


@dataclass
class Door:
    """What went through a door: seconds, and how often how many rows at once."""

    seconds: float = 0.0
    rows: Counter[int] = field(default_factory=Counter)


@contextmanager
def timed(doors: dict[str, tuple[type, str, Callable[..., int]]]) -> Iterator[dict[str, Door]]:
    """Time methods while they are called as usual; each says how many rows its arguments are."""
    found = {name: Door() for name in doors}
    with ExitStack() as patches:
        for name, (owner, method, rows) in doors.items():
            patches.enter_context(
                patch.object(owner, method, _through(getattr(owner, method), found[name], rows))
            )
        yield found


def _through(method: Callable[..., Any], door: Door, rows: Callable[..., int]) -> Callable[..., Any]:
    def timed_method(*arguments: object, **named: object) -> object:
        begun = time.perf_counter()
        result = method(*arguments, **named)
        door.seconds += time.perf_counter() - begun
        door.rows[rows(*arguments)] += 1
        return result

    return timed_method


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

    def seconds(self, threads: int) -> float:
        """Make them once more, alone: the fastest of some tries."""
        return sum(times * self._once(rows, threads) for rows, times in self.rows.items())

    def _once(self, rows: int, threads: int) -> float:
        calls = [_product(each, rows, threads) for each in self.maps]
        tries = []
        for _ in range(TRIES):
            begun = time.perf_counter()
            for call in calls:
                call()
            tries.append(time.perf_counter() - begun)
        return min(tries)


def _product(each: CMap, rows: int, threads: int) -> Callable[[], None]:
    given, found = torch.randn(rows, each.inputs), torch.empty(rows, each.outputs)
    room = torch.empty(code().map_room(ctypes.byref(each), rows), dtype=torch.uint8)
    return partial(_apply, each, given, found, room, threads)


def _apply(each: CMap, given: torch.Tensor, found: torch.Tensor, room: torch.Tensor, threads: int) -> None:
    code().apply_map(
        ctypes.byref(each), given.data_ptr(), len(given), found.data_ptr(), room.data_ptr(), threads
    )


@dataclass(frozen=True)
class Line:
    """A step of the way: what it took, and the products that were made in it."""

    step: str
    seconds: float
    products: Products | None = None


def of_encoder(model: Encoder, texts: list[str], threads: int) -> list[Line]:
    native = model.model.bert.encoder
    if not isinstance(native, NativeEncoder):
        raise SystemExit("the layers must run in C, but run in PyTorch: is there a C compiler?")
    doors = {
        "tokens": (TextTokenizer, "encode_ids", lambda _self, texts, *_: len(texts)),
        "layers": (NativeStack, "run", lambda _self, hidden, _lengths: len(hidden)),
    }
    whole, found = _clocked(lambda: model.embed(texts), doors)
    products = Products(layer_maps(native.stack), found["layers"].rows)
    return _lines(
        whole,
        {"tokenising": found["tokens"].seconds},
        {"layers": (found["layers"].seconds, products)},
        rest="embedding, pooling, batches: PyTorch and Python",
        threads=threads,
    )


def of_translator(model: Translator, texts: list[str], threads: int, *, alone: bool) -> list[Line]:
    native = model.native
    if native is None:
        raise SystemExit("the layers must run in C, but run in PyTorch: is there a C compiler?")
    doors = {
        "encoder": (NativeStack, "run", lambda _self, hidden, _lengths: len(hidden)),
        "memory": (NativeTransformer, "begin", lambda _self, memory, _lengths: len(memory)),
        "steps": (NativeTransformer, "rank", lambda _self, _state, last_ids, *_: len(last_ids)),
    }
    asked = [[text] for text in texts] if alone else [texts]
    whole, found = _clocked(lambda: [model.translate(each, beam=BEAM) for each in asked], doors)
    steps = found["steps"]
    return _lines(
        whole,
        {},
        {
            "encoder": (
                found["encoder"].seconds,
                Products(layer_maps(native.encoder), found["encoder"].rows),
            ),
            "keys and values of the source": (
                found["memory"].seconds,
                Products(list(native.memory_maps), found["memory"].rows),
            ),
            "decoder": (steps.seconds, Products(layer_maps(native.decoder), steps.rows)),
            "vocabulary": (0.0, Products([native.output], steps.rows)),
        },
        rest="search, tokens, text: Python",
        threads=threads,
    )


def _clocked(
    work: Callable[[], object], doors: dict[str, tuple[type, str, Callable[..., int]]]
) -> tuple[float, dict[str, Door]]:
    """Do it a few times: the fastest, and what went through the doors then."""
    tries = []
    for _ in range(TRIES):
        with timed(doors) as found:
            begun = time.perf_counter()
            work()
            tries.append((time.perf_counter() - begun, found))
    return min(tries, key=lambda each: each[0])


def _lines(
    whole: float,
    plain: dict[str, float],
    through: dict[str, tuple[float, Products]],
    *,
    rest: str,
    threads: int,
) -> list[Line]:
    lines = [Line(step, seconds) for step, seconds in plain.items()]
    behind = 0.0
    for step, (seconds, products) in through.items():
        alone = products.seconds(threads)
        lines.append(Line(f"{step}: products", alone, products))
        behind += seconds - alone
    lines.append(Line("attention, norms, residuals, ranking: C", behind))
    known = sum(plain.values()) + sum(seconds for seconds, _ in through.values())
    return [*lines, Line(rest, whole - known), Line("all", whole)]


def row(line: Line, whole: float, roof: Ceilings) -> list[str]:
    plain = [line.step, f"{1000 * line.seconds:,.0f}", f"{line.seconds / whole:.0%}"]
    if line.products is None:
        return [*plain, "", "", "", ""]
    kind = TYPES[line.products.maps[0].type]
    speed, read = line.products.gigaflop / line.seconds, line.products.gigabytes / line.seconds
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
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--precisions", nargs="+", default=["float32", "bfloat16", "int8"])
    parser.add_argument("--figure", type=Path, help="draw them against the ceilings there, .svg or .png")
    parser.add_argument("--results", type=Path, default=HERE / "RESULTS.md", help="report goes at its end")
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    measured = [ceilings(options.threads)]
    tables: list[tuple[str, Type, list[Line]]] = []
    for precision in options.precisions:
        tables += [(what, precision, lines) for what, lines in jobs(precision, options)]
        # A shared machine is faster at times: the ceiling is the highest that was seen.
        measured.append(ceilings(options.threads))
    roof = highest(measured)
    for what, precision, lines in tables:
        append_report(
            options.results,
            f"Where the time goes: {what}, {precision}",
            f"{{machine}}, threads: {options.threads}. Ceilings: {roof.gigaflops[precision]:.0f} GFLOP/s "
            f"in registers, {roof.gigabytes:.1f} GB/s from memory.",
            COLUMNS,
            [row(line, lines[-1].seconds, roof) for line in lines],
        )
    if options.figure:
        with paper():
            save_figure(
                draw([point(what, kind, lines) for what, kind, lines in tables], roof), options.figure
            )


def point(job: str, kind: Type, lines: list[Line]) -> Point:
    """All products of a job as one."""
    made = [(line.products, line.seconds) for line in lines if line.products]
    gigaflop, seconds = sum(each.gigaflop for each, _ in made), sum(each for _, each in made)
    return Point(job, kind, gigaflop / sum(each.gigabytes for each, _ in made), gigaflop / seconds)


def jobs(precision: Type, options: argparse.Namespace) -> Iterator[tuple[str, list[Line]]]:
    """What is done with the models, and where its time went."""
    threads = options.threads
    texts = read_texts(options.texts, options.count)
    sources = read_texts(options.sources, options.count // 2)
    encoder = load(options.encoder or minilm_folder(), kind=Encoder, precision=precision, pack="open")
    yield f"{len(texts)} texts embedded", of_encoder(encoder, texts, threads)
    translator = load(options.translator, kind=Translator, precision=precision)
    yield f"{len(sources)} texts translated", of_translator(translator, sources, threads, alone=False)
    alone = sources[:ALONE]
    yield f"{len(alone)} texts translated one by one", of_translator(translator, alone, threads, alone=True)


if __name__ == "__main__":
    main()
