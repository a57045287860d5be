# Recursion, and a cycle in the heap: only the collector can free it.
import gc


class Node:
    def __init__(self, name, below):
        self.name = name
        self.above = None
        self.below = below
        for node in below:
            node.above = self


def tree(name, depth):
    if depth == 0:
        return Node(name, [])
    return Node(name, [tree(name + side, depth - 1) for side in "lr"])


def height(node):
    return 1 + max([height(child) for child in node.below], default=0)


root = tree("t", 2)
print("height", height(root))
root = None
print("freed", gc.collect() > 0)
