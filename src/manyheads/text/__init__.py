"""From text to token ids: files of pairs, cleaning, subwords, and long texts cut into sentences."""
