"""GRU and LSTM behind one face: a state is one vector a row, whatever a cell keeps in it.

Reference:
    Cho et al. 2014, "Learning phrase representations using RNN encoder-decoder"; Hochreiter and Schmidhuber
    1997, "Long short-term memory".
"""

from typing import Literal

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn.utils.rnn import PackedSequence

CellKind = Literal["gru", "lstm"]

Row = Float[Tensor, "rows width"]
"""A state: of a GRU what it puts out, of an LSTM that and the cell's memory behind it."""


class Cell(nn.Module):
    """One step of one layer.

    Args:
        kind: `gru` or `lstm`.
        input_size: Width of what is read.
        d_model: Width of what is put out.
    """

    def __init__(self, *, kind: CellKind, input_size: int, d_model: int) -> None:
        super().__init__()
        self.kind = kind
        self.d_model = d_model
        self.cell = (nn.GRUCell if kind == "gru" else nn.LSTMCell)(input_size, d_model)

    def forward(self, read: Float[Tensor, "rows input_size"], state: Row) -> Row:
        """Read one vector a row.

        Args:
            read: What is read.
            state: What was remembered.

        Returns:
            What is remembered now.
        """
        if self.kind == "gru":
            return self.cell(read, state)
        return torch.cat(self.cell(read, state.split(self.d_model, dim=1)), dim=1)

    def output(self, state: Row) -> Float[Tensor, "rows d_model"]:
        """Tell what a state puts out.

        Args:
            state: The state.

        Returns:
            Its visible part.
        """
        return state[:, : self.d_model]

    def begin(self, hidden: Float[Tensor, "layers rows d_model"]) -> Float[Tensor, "layers rows width"]:
        """Make states of what they put out.

        Args:
            hidden: The visible part of each.

        Returns:
            The states; what an LSTM keeps to itself is zero.
        """
        return hidden if self.kind == "gru" else torch.cat([hidden, torch.zeros_like(hidden)], dim=2)


class Layer(nn.Module):
    """One layer over whole sequences, or a step at a time.

    Args:
        kind: `gru` or `lstm`.
        d_model: Width of what is read, and of what is put out.
        both_ends: Whether half of that comes from a reading from the end.
    """

    def __init__(self, *, kind: CellKind, d_model: int, both_ends: bool = False) -> None:
        super().__init__()
        self.kind = kind
        network = nn.GRU if kind == "gru" else nn.LSTM
        self.network = network(d_model, d_model // 2 if both_ends else d_model, bidirectional=both_ends)

    def forward(self, read: PackedSequence, begun: Row | None = None) -> PackedSequence:
        """Read whole sequences.

        Args:
            read: Their vectors, the longest sequence first.
            begun: What is remembered before the first one; zero if it is not said.

        Returns:
            What is put out after each.
        """
        return self.network(read, self._begun(begun, read.data))[0]

    def block(
        self, read: Float[Tensor, "length sequences d_model"], begun: Row | None = None
    ) -> Float[Tensor, "length sequences d_model"]:
        """Read sequences of one length.

        Args:
            read: Their vectors.
            begun: What is remembered before the first one; zero if it is not said.

        Returns:
            What is put out after each.
        """
        return self.network(read, self._begun(begun, read))[0]

    def step(
        self, read: Float[Tensor, "rows d_model"], state: Row
    ) -> tuple[Float[Tensor, "rows d_model"], Row]:
        """Read one vector a row.

        Args:
            read: What is read.
            state: What was remembered.

        Returns:
            What is put out, and what is remembered now.
        """
        made, after = self.network(read[None], self._apart(state.to(read.dtype)))
        return made[0], after[0] if self.kind == "gru" else torch.cat(after, dim=2)[0]

    def _begun(self, begun: Row | None, read: Tensor) -> Tensor | tuple[Tensor, Tensor] | None:
        # torch wants the state in the type of what is read, which autocast may have changed.
        return None if begun is None else self._apart(begun.to(read.dtype))

    def _apart(self, state: Row) -> Tensor | tuple[Tensor, Tensor]:
        if self.kind == "gru":
            return state[None].contiguous()
        hidden, memory = state.chunk(2, dim=1)
        return hidden[None].contiguous(), memory[None].contiguous()
