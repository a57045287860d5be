"""Watch a program go through Python: the road from source text to bytecode, and its run, in a browser.

`road` makes data of every stage of the compiler, `recorder` of a run on the reference machine; `sandbox` runs the
recorder in a process of its own, `recording` knows the state at every step, `page` shows it all. `text` prints the
road in a terminal.
"""
