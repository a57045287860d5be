"""`from module import name` where there is no such name: what the error says and holds."""

import sys
from types import ModuleType, SimpleNamespace


def failing(module: object) -> None:
    sys.modules["strange"] = module  # type: ignore[assignment]
    try:
        from strange import nothing  # type: ignore[import-not-found]  # noqa: F401
    except ImportError as error:
        print(error, "|", error.name, "|", error.path, "|", error.name_from)
    finally:
        del sys.modules["strange"]


def module(**attributes: object) -> ModuleType:
    made = ModuleType("made")
    for name, value in attributes.items():
        setattr(made, name, value)
    return made


begun = SimpleNamespace(_initializing=True, origin="/origin.py", has_location=True)
done = SimpleNamespace(_initializing=False, origin="/origin.py", has_location=True)

failing(module())
failing(module(__file__="/file.py"))
failing(module(__file__=3))
failing(module(__name__=3, __file__="/file.py"))
failing(module(__spec__=begun))
failing(module(__spec__=begun, __file__="/file.py"))
failing(module(__spec__=done, __file__="/file.py"))
failing(module(__spec__=begun, __file__=f"{sys.path[0]}/made.py"))
failing(SimpleNamespace())
failing(SimpleNamespace(__name__="simple", __file__="/file.py"))
del module().__name__
bare = module(__file__="/file.py")
del bare.__name__
failing(bare)
