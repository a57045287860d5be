"""Every field of every struct lies where the installed headers say, by the word of a C compiler."""

import shutil
import subprocess
import sysconfig

import pytest

from kaa.native import layouts
from kaa.native.types import Struct, layout

HEADERS = """
#define Py_BUILD_CORE
#include "Python.h"
#include <stddef.h>
#include <stdio.h>
#include "internal/pycore_frame.h"
#include "internal/pycore_interp.h"
#include "internal/pycore_gil.h"
#include "internal/pycore_code.h"
#include "internal/pycore_dict.h"
#include "internal/pycore_genobject.h"
#include "internal/pycore_range.h"
#include "internal/pycore_instruments.h"
#include "internal/pycore_list.h"
#include "internal/pycore_tuple.h"
#include "internal/pycore_moduleobject.h"
"""

# Where the host's header nests what a layout shows flat.
SPELLING = {
    ("LongObject", "lv_tag"): "long_value.lv_tag",
    ("LongObject", "ob_digit"): "long_value.ob_digit",
    ("MethodDescriptor", "d_type"): "d_common.d_type",
    ("MethodDescriptor", "d_name"): "d_common.d_name",
    ("MemberDescriptor", "d_type"): "d_common.d_type",
    ("MemberDescriptor", "d_name"): "d_common.d_name",
    ("Interpreter", "instrumentation_version"): "ceval.instrumentation_version",
    ("Interpreter", "gil"): "ceval.gil",
    ("Interpreter", "young"): "gc.generations[0].head",
    ("Interpreter", "permanent"): "gc.permanent_generation.head",
    ("Interpreter", "spare_float_count"): "object_state.freelists.floats.numfree",
    ("Interpreter", "spare_floats"): "object_state.freelists.floats.items",
    ("Interpreter", "dict_version"): "dict_state.global_version",
    ("Interpreter", "next_keys_version"): "dict_state.next_keys_version",
    ("CodeObject", "co_cached"): "_co_cached",
    ("CodeObject", "co_instrumentation_version"): "_co_instrumentation_version",
    ("CodeObject", "co_monitoring"): "_co_monitoring",
    ("CodeObject", "co_firsttraceable"): "_co_firsttraceable",
}


def structs():
    return [s for s in vars(layouts).values() if isinstance(s, type) and issubclass(s, Struct) and s.c_name]


@pytest.mark.skipif(not shutil.which("gcc"), reason="needs a C compiler")
def test_offsets(tmp_path):
    lines, expected = [], {}
    for struct in structs():
        own = struct.__annotations__
        for name, field in layout(struct).fields.items():
            if name not in own:
                continue
            spelling = SPELLING.get((struct.__name__, name), name)
            key = f"{struct.__name__}.{name}"
            lines.append(f'printf("{key} %zu\\n", offsetof({struct.c_name}, {spelling}));')
            expected[key] = field.offset
    source = tmp_path / "offsets.c"
    source.write_text(f"{HEADERS}int main(void) {{ {' '.join(lines)} return 0; }}")
    include = sysconfig.get_path("include")
    subprocess.run(
        ["gcc", f"-I{include}", f"-I{include}/internal", "-o", tmp_path / "offsets", source], check=True
    )
    output = subprocess.run([tmp_path / "offsets"], check=True, capture_output=True, text=True).stdout
    found = {key: int(offset) for key, offset in map(str.split, output.splitlines())}
    assert found == expected
