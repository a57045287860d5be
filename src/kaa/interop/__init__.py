"""Java and .NET classes as Python classes: a later step, nothing is here yet."""
