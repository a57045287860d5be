"""What `import stackless` teaches `pickle` and `copy`: suspended frames, and whatever else `dumps` takes.

In: the guest's modules. Out: the same, with a `Pickler`, `dump`, `dumps` and `deepcopy` that know tasklets, channels,
generators, and functions that no name leads to. What they write, `pickle.loads` reads, wherever Kaa is installed.

A pickle of `kaa.microthreads.dumps` may hold chains of any length; here the host's limit is in force.
"""

from __future__ import annotations

import copy
import io
import pickle
from collections.abc import Callable
from typing import Any

from kaa.microthreads.channels import channel
from kaa.microthreads.frozen import HOST_KINDS
from kaa.microthreads.pickling import Pickler, dumps, loads
from kaa.microthreads.tasklets import tasklet
from kaa.reference.generator import Resumable

_host_deepcopy = copy.deepcopy


class _Suspended(Exception):
    """A deep copy has come to something that only pickling can copy."""


class _Memo(dict[int, Any]):
    """Of a deep copy that began at `deepcopy` below."""


def dump_plain(
    obj: Any,
    file: Any,
    protocol: int | None = None,
    *,
    fix_imports: bool = True,
    buffer_callback: Callable[[pickle.PickleBuffer], Any] | None = None,
) -> None:
    """`pickle.dump`."""
    Pickler(file, protocol, fix_imports=fix_imports, buffer_callback=buffer_callback).dump(obj)


def dumps_plain(
    obj: Any,
    protocol: int | None = None,
    *,
    fix_imports: bool = True,
    buffer_callback: Callable[[pickle.PickleBuffer], Any] | None = None,
) -> bytes:
    """`pickle.dumps`."""
    file = io.BytesIO()
    dump_plain(obj, file, protocol, fix_imports=fix_imports, buffer_callback=buffer_callback)
    return file.getvalue()


def deepcopy[T](x: T, memo: dict[int, Any] | None = None, _nil: Any = []) -> T:  # noqa: B006  # its signature
    """`copy.deepcopy`. What holds something suspended is copied as a whole by pickling it."""
    if memo is not None:
        return _host_deepcopy(x, memo)
    try:
        return _host_deepcopy(x, _Memo())
    except _Suspended:
        copied: T = loads(dumps(x))
        return copied


def _copy_suspended(x: Any, memo: dict[int, Any]) -> Any:
    if type(memo) is _Memo:
        raise _Suspended
    return loads(dumps(x))


def install() -> None:
    """Teach them."""
    for module, name, new in (
        (pickle, "Pickler", Pickler),
        (pickle, "dump", dump_plain),
        (pickle, "dumps", dumps_plain),
        (copy, "deepcopy", deepcopy),
    ):
        setattr(module, name, new)
    dump_plain.__name__, dumps_plain.__name__ = "dump", "dumps"
    kinds: Any = vars(copy)["_deepcopy_dispatch"]
    for kind in (*HOST_KINDS, *Resumable.__subclasses__()):
        kinds[kind] = _copy_suspended
    for kind in (tasklet, channel):
        setattr(kind, "__deepcopy__", lambda self, memo: _copy_suspended(self, memo))  # noqa: B010  # it has none yet
