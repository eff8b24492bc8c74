"""A model, batches and a recipe to a trained model."""
