"""A Transformer that translates in C: the door to `kernels/translator.c`.

To a search it is a decoder like the model itself (`inference/decoding.py`), with one operation more: `rank`,
which never has the scores of a whole vocabulary in memory. Weights are laid out when it is made; the model
keeps its own, for those who look inside.
"""

import ctypes
from collections.abc import Sequence
from typing import ClassVar, cast

import numpy as np
from jaxtyping import Float, Int
from numpy.typing import NDArray
from torch import Tensor

from manyheads.batches.packed import Lengths, Packed
from manyheads.inference.continuations import Continuations
from manyheads.inference.native_maps import CMap, Type, address_of, bytes_for, floats, pointers, starts_of
from manyheads.inference.native_stack import NativeStack, begin_packing, code
from manyheads.inference.native_state import Memories, NativeState
from manyheads.model.layer import DecoderLayer, EncoderLayer
from manyheads.model.transformer import Transformer
from manyheads.shapes import Hidden


class _CStep(ctypes.Structure):
    _fields_: ClassVar = [
        *((name, ctypes.c_int64) for name in ("rows", "sentences")),
        *((name, ctypes.c_void_p) for name in ("first_rows", "ids", "tokens", "positions")),
        ("scale", ctypes.c_double),
        *((name, ctypes.c_void_p) for name in ("blocks", "slots", "origins")),
        ("origin_stride", ctypes.c_int64),
        *((name, ctypes.c_void_p) for name in ("first_blocks", "lengths", "memories", "memory_lengths")),
    ]


class _CAsked(ctypes.Structure):
    _fields_: ClassVar = [
        ("wanted", ctypes.c_int64),
        ("barred", ctypes.c_void_p),
        *((name, ctypes.c_int64) for name in ("barred_count", "renormalize")),
        *((name, ctypes.c_void_p) for name in ("totals", "forced")),
        ("end", ctypes.c_int64),
        *((name, ctypes.c_void_p) for name in ("best", "parents", "ids", "log_probs")),
    ]


class NativeTransformer:
    """A Transformer in C, for inference on a CPU.

    Args:
        model: In evaluation mode, on the CPU; `fits` must be true of its layers.
        kind: The type of the weights.
    """

    def __init__(self, model: Transformer, kind: Type) -> None:
        self._code = code()
        packing = begin_packing(kind)
        encoder, decoder = model.encoder, model.decoder
        layers = cast("list[DecoderLayer]", list(decoder.layers))
        output = model.output.weight.numel()
        self.encoder = NativeStack(
            packing, cast("list[EncoderLayer]", list(encoder.layers)), encoder.final_norm
        )
        self.decoder = NativeStack(packing, layers, decoder.final_norm, more_products=output)
        self.memory_maps = (CMap * len(layers))(
            *(packing.map(layer.cross_attention.key, layer.cross_attention.value) for layer in layers)
        )
        self.output = packing.map(model.output)
        self._embedding = encoder.embedding
        self._tokens = packing.numbers(decoder.embedding.tokens.weight)
        placed = decoder.embedding.position_vectors
        self._positions = None if placed is None else packing.numbers(placed)
        self._scale = decoder.embedding.scale
        self.vocab_size = model.output.out_features
        self.max_length = model.max_length
        self._d_model = model.output.in_features

    def encode(self, src: Packed) -> Float[Tensor, "src_tokens d_model"]:
        """Read the source.

        Args:
            src: Source ids.

        Returns:
            The memory: one vector a source token.
        """
        return self.encoder.run(cast("Tensor", self._embedding.embed(src)), src.lengths)

    def begin(self, memory: Hidden, lengths: Lengths) -> NativeState:
        """Begin a search with one empty hypothesis a sentence.

        Args:
            memory: What `encode` gave.
            lengths: Its sequences.

        Returns:
            The state before the first token.
        """
        memory = memory.float().contiguous()
        decoder = ctypes.byref(self.decoder.c)
        sizes = [self._code.memory_numbers(decoder, length) for length in lengths.values]
        starts = starts_of(lengths)
        kept = floats(sum(sizes))
        addresses = kept.data_ptr() + kept.element_size() * np.cumsum([0, *sizes[:-1]])
        threads = self.decoder.threads(lengths.total)
        room = self.decoder.room(lengths, threads)
        self._code.lay_out_memory(
            decoder,
            self.memory_maps,
            memory.data_ptr(),
            starts.data_ptr(),
            len(lengths),
            addresses.ctypes.data,
            room.data_ptr(),
            threads,
        )
        return NativeState.begin(Memories((kept,), addresses, np.array(lengths.values, np.int32)))

    def advance(
        self, state: NativeState, last_ids: Int[Tensor, " rows"]
    ) -> tuple[Float[Tensor, "rows vocab"], NativeState]:
        """Read one more token of each hypothesis.

        Args:
            state: The search so far.
            last_ids: The newest token of each row.

        Returns:
            Logits of the next token, and the state with this one read.
        """
        state, step, kept = self._step(state, last_ids.numpy().astype(np.int32))
        logits = floats(len(last_ids), self.vocab_size)
        threads = self.decoder.threads(len(last_ids))
        room = self._step_room(state, 0, threads)
        self._code.score_step(
            ctypes.byref(self.decoder.c),
            ctypes.byref(self.output),
            ctypes.byref(step),
            logits.data_ptr(),
            room.data_ptr(),
            threads,
        )
        del kept
        return logits, state

    def rank(
        self,
        state: NativeState,
        last_ids: Sequence[int],
        totals: Sequence[float],
        wanted: int,
        *,
        end: int,
        forced: Sequence[bool],
        barred: Sequence[int] = (),
        renormalize: bool = False,
    ) -> tuple[Continuations, NativeState]:
        """Read one more token of each hypothesis, and rank what may come next of each sentence.

        Args:
            state: The search so far.
            last_ids: The newest token of each row.
            totals: The sum of each row's log probabilities so far.
            wanted: How many continuations of each sentence; empty ones where there are no more.
            end: The end token.
            forced: For each row whether nothing but the end may come, with certainty.
            barred: Tokens that may not come.
            renormalize: Whether their probability goes to the others.

        Returns:
            The continuations, and the state with this token read.
        """
        rows = len(last_ids)
        state, step, kept = self._step(state, np.array(last_ids, np.int32))
        found = Continuations.empty(len(state.memories.lengths), wanted)
        given = (
            np.array(sorted(barred), np.int32),
            np.array(totals, np.float64),
            np.array(forced, np.uint8),
        )
        asked = _CAsked(
            wanted,
            address_of(given[0]),
            len(barred),
            renormalize,
            address_of(given[1]),
            address_of(given[2]),
            end,
            address_of(found.totals),
            address_of(found.parents),
            address_of(found.ids),
            address_of(found.log_probs),
        )
        threads = self.decoder.threads(rows)
        room = self._step_room(state, wanted, threads)
        self._code.rank_step(
            ctypes.byref(self.decoder.c),
            ctypes.byref(self.output),
            ctypes.byref(step),
            ctypes.byref(asked),
            room.data_ptr(),
            threads,
        )
        del kept, given
        return found, state

    def select(self, state: NativeState, rows: Int[Tensor, " chosen"]) -> NativeState:
        """Keep some hypotheses.

        Args:
            state: The search so far.
            rows: Which, hypotheses of a sentence side by side.

        Returns:
            The state of those.
        """
        return state.select(rows.numpy())

    def _step(
        self, state: NativeState, ids: NDArray[np.int32]
    ) -> tuple[NativeState, _CStep, tuple[object, ...]]:
        """Make room for a step; the last of the three must outlive the call."""
        rows = len(ids)
        if state.longest >= self.max_length:
            raise IndexError(
                f"a hypothesis may have at most {self.max_length} tokens for this model, and has them"
            )
        state = state.add(floats(self.decoder.c.num_layers, 2, rows, self._d_model))
        blocks = pointers([block.data_ptr() for block in state.blocks])
        step = _CStep(
            rows=rows,
            sentences=len(state.memories.lengths),
            first_rows=address_of(state.first_rows),
            ids=address_of(ids),
            tokens=self._tokens,
            positions=self._positions,
            scale=self._scale,
            blocks=ctypes.addressof(blocks),
            slots=address_of(state.slots),
            origins=address_of(state.origins),
            origin_stride=state.origins.shape[1],
            first_blocks=address_of(state.first_blocks),
            lengths=address_of(state.lengths),
            memories=address_of(state.memories.addresses),
            memory_lengths=address_of(state.memories.lengths),
        )
        return state, step, (ids, state, blocks)

    def _step_room(self, state: NativeState, wanted: int, threads: int) -> Tensor:
        longest = max(state.longest, int(state.memories.lengths.max()))
        size = self._code.step_room(
            ctypes.byref(self.decoder.c), len(state.lengths), longest, wanted, threads
        )
        return bytes_for(size)
