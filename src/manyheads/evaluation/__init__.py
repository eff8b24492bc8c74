"""How good an answer is: the scores that people compare, always with the signature that says how to."""
