"""The names of axes, and aliases for the tensors that carry them.

| axis | counts |
| --- | --- |
| tokens | the tokens of all sequences of a batch, one after another |
| sequences | the sequences of a batch |
| query_len, key_len | the tokens of one sequence that look, and that are looked at |
| heads, head_dim | attention heads, and the width of one of them |
| d_model | the width of the residual stream |
| vocab | the vocabulary |
| rows | hypotheses under way in a search: a sentence has one or several |

Annotations are checked by beartype in every test run. A name that stands twice in one signature
means the same size.
"""

from jaxtyping import Bool, Float, Int
from torch import Tensor

TokenIds = Int[Tensor, " tokens"]
Hidden = Float[Tensor, "tokens d_model"]
Logits = Float[Tensor, "tokens vocab"]
Heads = Float[Tensor, "sequences heads length head_dim"]
Query = Float[Tensor, "sequences heads query_len head_dim"]
Key = Float[Tensor, "sequences heads key_len head_dim"]
Scores = Float[Tensor, "sequences heads query_len key_len"]
MayLook = Bool[Tensor, "*batch #query_len key_len"]
