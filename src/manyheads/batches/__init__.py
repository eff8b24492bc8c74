"""Token ids to packed batches."""
