"""Watch every stage of a program in a browser: a later step, nothing is here yet."""
