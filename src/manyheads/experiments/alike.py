"""How alike heads are: in where they look, and in what they carry away."""

import math
from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import torch
from jaxtyping import Float
from torch import Tensor, nn

from manyheads.errors import InputError
from manyheads.model.tap import Site, observe

Contexts = dict[tuple[str, int], list[Tensor]]


def rows_divergence(
    one: Float[Tensor, "rows key_len"], other: Float[Tensor, "rows key_len"]
) -> Float[Tensor, " rows"]:
    """Compute how far apart two heads look, row by row: the Jensen-Shannon divergence, in bits.

    JS(p, q) = H((p + q) / 2) - (H(p) + H(q)) / 2, with H the entropy. It is 0 where both heads look alike,
    and 1 where no key has weight from both.

    Args:
        one: A head's weights; each row sums to one.
        other: Another head's, for the same queries and keys.

    Returns:
        One divergence a row, between 0 and 1.

    Reference:
        Lin 1991, "Divergence Measures Based on the Shannon Entropy", section IV; between heads: Clark et al.
        2019, "What Does BERT Look At?", section 6.
    """
    one, other = one.double(), other.double()
    divergence = _bits((one + other) / 2) - (_bits(one) + _bits(other)) / 2
    return divergence.clamp(0.0, 1.0)


def _bits(shares: Float[Tensor, "rows key_len"]) -> Float[Tensor, " rows"]:
    """Entropy in bits; a share of 0 adds nothing."""
    return -torch.special.xlogy(shares, shares).sum(dim=-1) / math.log(2)


def weights_divergence(
    maps: Sequence[Float[Tensor, "heads _ _"]],
) -> Float[Tensor, "heads heads"]:
    """Compute the mean divergence between every two heads of a layer, over all rows of all sequences.

    Args:
        maps: The layer's weights, sequence by sequence, as `record_attention` gives them.

    Returns:
        In bits, between 0 and 1; 0 on the diagonal.

    Raises:
        InputError: There is no sequence.
    """
    if not maps:
        raise InputError("heads can be compared on at least one sequence, but none was given")
    heads = len(maps[0])
    total = torch.zeros(heads, heads, dtype=torch.float64)
    for weights in maps:
        for head in range(heads):
            for other in range(head):
                total[head, other] += rows_divergence(weights[head], weights[other]).sum()
    return (total + total.T) / sum(weights.shape[1] for weights in maps)


def linear_cka(one: Float[Tensor, "tokens features"], other: Float[Tensor, "tokens others"]) -> float:
    """Compute how alike two sets of vectors for the same tokens are: linear centred kernel alignment.

    With the columns of X and Y centred it is |YᵀX|² / (|XᵀX| |YᵀY|), norms Frobenius. Turning either set of
    vectors, or stretching it evenly, changes nothing. It comes out too high unless there are many more tokens
    than features.

    Args:
        one: A vector a token.
        other: Another vector for each of the same tokens, of any width.

    Returns:
        Between 0, nothing in common, and 1, the same but for turning and stretching. Vectors that are the
        same for all tokens have nothing in common with any others.

    Reference:
        Kornblith et al. 2019, "Similarity of Neural Network Representations Revisited", section 3.
    """
    one, other = _centred(one), _centred(other)
    norms = torch.linalg.matrix_norm(one.T @ one) * torch.linalg.matrix_norm(other.T @ other)
    if norms == 0:
        return 0.0
    alike = torch.linalg.matrix_norm(other.T @ one) ** 2 / norms
    return min(alike.item(), 1.0)


def _centred(vectors: Float[Tensor, "tokens features"]) -> Float[Tensor, "tokens features"]:
    """Take the mean away and stretch what is left to 1; what is no more than rounding is nothing."""
    centred = vectors.double() - vectors.double().mean(dim=0)
    largest = centred.abs().max()
    rounding = vectors.abs().max() * torch.finfo(vectors.dtype).eps
    return torch.zeros_like(centred) if largest <= rounding else centred / largest


def outputs_alike(outputs: Float[Tensor, "heads tokens head_dim"]) -> Float[Tensor, "heads heads"]:
    """Compute how alike what every two heads carry away is.

    Args:
        outputs: What each head carries away for each token.

    Returns:
        Linear CKA of each pair.
    """
    alike = [[linear_cka(one, other) for other in outputs] for one in outputs]
    return torch.tensor(alike, dtype=torch.float64)


def mean_of_pairs(matrix: Float[Tensor, "heads heads"]) -> float:
    """Average what stands beside the diagonal: a head compared with itself says nothing.

    Args:
        matrix: What every two heads were found to be; two heads at least.

    Returns:
        The mean over the pairs.

    Raises:
        InputError: There is one head alone.
    """
    heads = len(matrix)
    if heads < 2:
        raise InputError(f"a pair needs at least two heads, but there is {heads}")
    return ((matrix.sum() - matrix.trace()) / (heads * (heads - 1))).item()


@contextmanager
def record_contexts(model: nn.Module) -> Iterator[Contexts]:
    """Collect what every head carries away, before heads are put side by side and projected.

    Args:
        model: The model that will run.

    Yields:
        `contexts[kind, layer]`, a list of [heads, tokens, head_dim] that is filled while the model runs; laid
        end to end (`torch.cat(..., dim=1)`) they are the tokens of all batches in order.
    """
    contexts: Contexts = defaultdict(list)

    def record(site: Site, tensor: Tensor) -> None:
        if site.point == "context":
            packed = tensor.detach().transpose(0, 1).flatten(1, 2)
            contexts[site.kind, site.layer].append(packed.to(torch.float32, copy=True))

    with observe(model, record):
        yield contexts
