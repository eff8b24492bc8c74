"""Packed batches to hidden states, attention and logits."""
