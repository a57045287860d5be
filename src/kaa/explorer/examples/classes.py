# Classes and super(): who is asked next depends on the class of the instance.
class Base:
    def __init__(self, name):
        self.name = name

    def greet(self):
        return ["Base " + self.name]


class Left(Base):
    def greet(self):
        return ["Left", *super().greet()]


class Right(Base):
    def greet(self):
        return ["Right", *super().greet()]


class Both(Left, Right):
    def greet(self):
        return ["Both", *super().greet()]


print(Both("kaa").greet())
print([cls.__name__ for cls in Both.__mro__])
