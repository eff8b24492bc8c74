"""Models as files: written whole or not at all, read without running anything that stands in them.

atomic.py puts files on the disk safely, tensors.py is about tensors in a file, stored.py is what a model is
made of, store.py knows what a model folder holds, config.py checks what its config.json says, card.py writes
its README.md. huggingface.py reads and writes folders in Hugging Face's format: families.py has that format's
words for sizes, names.py those for parameters, sentence_transformers.py the settings beside an encoder.
hub.py finds a model by its name.
"""
