"""Models as files: written whole or not at all, read without running anything that stands in them.

atomic.py puts files on the disk safely, tensors.py is about tensors in a file, store.py knows what a model
folder holds, card.py writes its README.md.
"""
