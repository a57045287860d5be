"""Calls of Java's methods and constructors that JPype refuses, once more with arguments that it takes.

In: a chooser of Python's, asked when a call has raised and before anybody sees it. Out: the call's result with the
chooser's arguments; where it has none, the first error. JPype's types call by a function pointer (`tp_call`). The
function of `call_again` that stands there instead costs a call that works no more than a test of its result.
"""

from __future__ import annotations

import glob
import os
import subprocess
import sys
from collections.abc import Callable
from typing import Any

from kaa.native import cache
from kaa.native.host import UnsupportedHost, check_host
from kaa.native.host_library import word
from kaa.native.image import Image
from kaa.native.memory import LoadedImage

Chooser = Callable[[BaseException, Any, tuple[Any, ...]], tuple[Any, ...] | None]
"""What was raised, what was called and its arguments; the arguments that are to be tried, or None."""

_kept: list[Any] = []


def install(method_type: type, metaclass: type, choose: Chooser) -> None:
    """Ask the chooser when a method or a class of these types raises, from now on, where native code runs."""
    try:
        check_host()
    except UnsupportedHost:
        return
    image = _image()
    loaded = LoadedImage(image)
    _kept.append((loaded, choose))  # for as long as the process lives
    loaded.cell("CHOOSE").value = id(choose)
    offset = int.from_bytes(image.extra["tp_call"], "little")
    for kind, former, ours in (
        (method_type, "CALL_METHOD", "call_method"),
        (metaclass, "CALL_CLASS", "call_class"),
    ):
        place = word(id(kind) + offset)
        loaded.cell(former).value = place.value
        place.value = loaded.address(ours)


def _image() -> Image:
    own = os.path.join(os.path.dirname(__file__), "call_again.py")
    sources = glob.glob(os.path.join(os.path.dirname(cache.__file__), "*.py"))
    return cache.obtain(cache.key([own, *sources]), _compile)


def _compile() -> Image:
    """In another process, on the host's code: in this one the compiler would be a part of the program."""
    words = [sys.executable, "-X", "engine=host", "-m", "kaa.interop.call_again"]
    return Image.from_bytes(subprocess.run(words, stdout=subprocess.PIPE, check=True).stdout)
