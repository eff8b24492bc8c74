"""Running a model that has learnt: from memory to hypotheses, from texts to answers."""
