"""The Stackless API: a later step, nothing is here yet."""
