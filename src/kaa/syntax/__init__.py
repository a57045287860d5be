"""Source text to tokens to tree: decoding, the tokenizer, the parser and its errors."""
