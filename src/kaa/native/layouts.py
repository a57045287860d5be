"""CPython 3.13's structs, as far as the native machine reads or writes them.

In: nothing. Out: `Struct` classes whose fields have the host's names, types and places. Sources:
`cpython/*.h` and `internal/pycore_*.h` of CPython 3.13 on x86-64, built with the GIL and without `Py_DEBUG`.
A test compiles a C file against the installed headers and compares every offset.

A class's name is Kaa's; `c=` gives the host's. Fields that nothing uses are left out, and `At` says where
the next one is.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Final

from kaa.native.types import Array, At, CString, Inline, Ptr, Struct, f64, i8, i32, i64, u8, u16, u32, u64

FRAME_SPECIALS: Final = 9
"""Words of a frame before its locals."""


class Object(Struct, c="PyObject"):
    """Any Python object. An immortal one has a negative low half in its count."""

    ob_refcnt: i64
    ob_type: TypeObject


class VarObject(Object, c="PyVarObject"):
    ob_size: i64


class AsyncMethods(Struct, c="PyAsyncMethods"):
    am_await: Callable[[Object], Object]
    am_aiter: Callable[[Object], Object]
    am_anext: Callable[[Object], Object]
    am_send: Callable[[Object, Object, Ptr[Object]], i32]


class NumberMethods(Struct, c="PyNumberMethods"):
    nb_bool: Annotated[Callable[[Object], i32], At(72)]


class SequenceMethods(Struct, c="PySequenceMethods"):
    sq_length: Callable[[Object], i64]


class MappingMethods(Struct, c="PyMappingMethods"):
    mp_length: Callable[[Object], i64]
    mp_subscript: Callable[[Object, Object], Object]
    mp_ass_subscript: Callable[[Object, Object, Object], i32]


class TypeObject(VarObject, c="PyTypeObject"):
    tp_name: CString
    tp_basicsize: i64
    tp_itemsize: i64
    tp_dealloc: Callable[[Object], None]
    tp_vectorcall_offset: i64
    tp_as_async: Annotated[AsyncMethods, At(80)]
    tp_as_number: Annotated[NumberMethods, At(96)]
    tp_as_sequence: SequenceMethods
    tp_as_mapping: MappingMethods
    tp_hash: Callable[[Object], i64]
    tp_call: Callable[[Object, Object, Object], Object]
    tp_getattro: Annotated[Callable[[Object, Object], Object], At(144)]
    tp_setattro: Callable[[Object, Object, Object], i32]
    tp_flags: Annotated[u64, At(168)]
    tp_richcompare: Annotated[Callable[[Object, Object, i32], Object], At(200)]
    tp_iter: Annotated[Callable[[Object], Object], At(216)]
    tp_iternext: Callable[[Object], Object]
    tp_dict: Annotated[Object, At(264)]
    tp_descr_get: Callable[[Object, Object, Object], Object]
    tp_descr_set: Callable[[Object, Object, Object], i32]
    tp_dictoffset: i64
    tp_init: Callable[[Object, Object, Object], i32]
    tp_alloc: Callable[[TypeObject, i64], Object]
    tp_new: Callable[[TypeObject, Object, Object], Object]
    tp_mro: Annotated[TupleObject, At(344)]
    tp_version_tag: Annotated[u32, At(384)]
    tp_vectorcall: Annotated[Callable[[Object, Ptr[Object], u64, Object], Object], At(400)]


class HeapType(TypeObject, c="PyHeapTypeObject"):
    ht_cached_keys: Annotated[DictKeys, At(880)]


class LongObject(Object, c="PyLongObject"):
    """An int; `lv_tag` is digits << 3 | sign, with sign 0 positive, 1 zero, 2 negative. Digits have 30
    bits.
    """

    lv_tag: u64
    ob_digit: Array[u32]


class FloatObject(Object, c="PyFloatObject"):
    ob_fval: f64


class ListObject(VarObject, c="PyListObject"):
    ob_item: Ptr[Object]
    allocated: i64


class TupleObject(VarObject, c="PyTupleObject"):
    ob_item: Array[Object]


class BytesObject(VarObject, c="PyBytesObject"):
    ob_shash: i64
    ob_sval: Array[u8]


class UnicodeObject(Object, c="PyASCIIObject"):
    length: i64
    hash: i64
    state: u32


class CellObject(Object, c="PyCellObject"):
    ob_ref: Object


class SliceObject(Object, c="PySliceObject"):
    start: Object
    stop: Object
    step: Object


class DictKeys(Struct, c="PyDictKeysObject"):
    dk_refcnt: i64
    dk_log2_size: u8
    dk_log2_index_bytes: u8
    dk_kind: u8
    dk_version: u32
    dk_usable: i64
    dk_nentries: i64
    dk_indices: Array[u8]


class UnicodeEntry(Struct, c="PyDictUnicodeEntry"):
    """A dict's entry where all keys are strings (`dk_kind` not 0)."""

    me_key: Object
    me_value: Object


class GeneralEntry(Struct, c="PyDictKeyEntry"):
    me_hash: i64
    me_key: Object
    me_value: Object


class DictValues(Struct, c="PyDictValues"):
    capacity: u8
    size: u8
    embedded: u8
    valid: u8
    values: Annotated[Array[Object], At(8)]


class DictObject(Object, c="PyDictObject"):
    ma_used: i64
    ma_version_tag: u64
    ma_keys: DictKeys
    ma_values: DictValues


class MethodDef(Struct, c="PyMethodDef"):
    ml_name: CString
    ml_meth: Ptr[u8]
    ml_flags: i32


class CFunctionObject(Object, c="PyCFunctionObject"):
    m_ml: MethodDef
    m_self: Object
    m_module: Object
    vectorcall: Annotated[Callable[[Object, Ptr[Object], u64, Object], Object], At(48)]


class MethodDescriptor(Object, c="PyMethodDescrObject"):
    d_type: Annotated[TypeObject, At(16)]
    d_name: Object
    d_method: Annotated[MethodDef, At(40)]
    vectorcall: Callable[[Object, Ptr[Object], u64, Object], Object]


class MethodObject(Object, c="PyMethodObject"):
    im_func: Object
    im_self: Object


class MemberDef(Struct, c="PyMemberDef"):
    name: CString
    type: i32
    offset: i64
    flags: i32


class MemberDescriptor(Object, c="PyMemberDescrObject"):
    d_type: TypeObject
    d_name: Object
    d_member: Annotated[MemberDef, At(40)]


class GetSetDef(Struct, c="PyGetSetDef"):
    name: CString
    get: Ptr[u8]


class GetSetDescriptor(Object, c="PyGetSetDescrObject"):
    d_getset: Annotated[GetSetDef, At(40)]


class PropertyObject(Object, c=""):
    """`property`: its C struct is private to the host's descrobject.c."""

    prop_get: Object
    prop_set: Object


class ModuleObject(Object, c="PyModuleObject"):
    md_dict: DictObject


class RangeIterator(Object, c="_PyRangeIterObject"):
    start: i64
    step: i64
    len: i64


class SequenceIterator(Object, c="_PyListIterObject"):
    """The iterator of a list, and that of a tuple."""

    it_index: i64
    it_seq: VarObject


class BaseException_(Object, c="PyBaseExceptionObject"):
    dict: Object
    args: Object
    notes: Object
    traceback: Object
    context: Object
    cause: Object
    suppress_context: i8


class StopIteration_(BaseException_, c="PyStopIterationObject"):
    value: Annotated[Object, At(72)]


class Monitors(Struct, c="_PyCoMonitoringData"):
    """A code object's monitoring: which tools want which event here, and here or anywhere."""

    local_monitors: Array[u8]
    active_monitors: Annotated[Array[u8], At(10)]
    line_tools: Annotated[Ptr[u8], At(40)]


class CodeExtra(Struct, c=""):
    """`co_extra`: its C struct is private to the host's codeobject.c."""

    ce_size: i64
    ce_extras: Array[Ptr[u8]]


class CodeObject(VarObject, c="PyCodeObject"):
    """Code; the instructions (`co_code_adaptive`) are 16-bit units: opcode, argument. `ob_size` counts
    them.
    """

    co_consts: TupleObject
    co_names: TupleObject
    co_exceptiontable: BytesObject
    co_flags: i32
    co_argcount: i32
    co_posonlyargcount: i32
    co_kwonlyargcount: i32
    co_stacksize: i32
    co_firstlineno: i32
    co_nlocalsplus: i32
    co_framesize: i32
    co_nlocals: i32
    co_ncellvars: i32
    co_nfreevars: i32
    co_version: u32
    co_localsplusnames: TupleObject
    co_localspluskinds: Object
    co_filename: Object
    co_name: Object
    co_qualname: Object
    co_linetable: Object
    co_weakreflist: Object
    co_executors: Ptr[u8]
    co_cached: Annotated[Ptr[u8], At(160)]
    co_instrumentation_version: Annotated[u64, At(168)]
    co_monitoring: Monitors
    co_firsttraceable: Annotated[i32, At(184)]
    co_extra: Annotated[CodeExtra, At(192)]
    co_code_adaptive: Array[u16]


class FunctionObject(Object, c="PyFunctionObject"):
    func_globals: DictObject
    func_builtins: DictObject
    func_name: Object
    func_qualname: Object
    func_code: CodeObject
    func_defaults: TupleObject
    func_kwdefaults: Object
    func_closure: TupleObject
    func_doc: Object
    func_dict: Object
    func_weakreflist: Object
    func_module: Object
    func_annotations: Object
    func_typeparams: Object
    vectorcall: Ptr[u8]
    func_version: u32


class FrameObject(Object, c="PyFrameObject"):
    f_back: FrameObject
    f_frame: Frame
    f_trace: Object
    f_lineno: i32
    f_trace_lines: i8
    f_trace_opcodes: i8


class Frame(Struct, c="_PyInterpreterFrame"):
    """An activation. `instr_ptr` is the current instruction; `stacktop` is valid while the frame does not
    run.
    """

    f_executable: CodeObject
    previous: Frame
    f_funcobj: FunctionObject
    f_globals: DictObject
    f_builtins: DictObject
    f_locals: Object
    frame_obj: FrameObject
    instr_ptr: Ptr[u16]
    stacktop: i32
    return_offset: u16
    owner: i8
    localsplus: Annotated[Array[Object], At(72)]


class ExceptionState(Struct, c="_PyErr_StackItem"):
    """The exception being handled, and the state of whoever runs this generator."""

    exc_value: Object
    previous_item: ExceptionState


class GeneratorObject(Object, c="PyGenObject"):
    """A generator, coroutine or async generator: they share this head, and the frame at its end."""

    gi_weakreflist: Object
    gi_name: Object
    gi_qualname: Object
    gi_exc_state: Inline[ExceptionState]
    gi_origin_or_finalizer: Object
    gi_hooks_inited: i8
    gi_closed: i8
    gi_running_async: i8
    gi_frame_state: i8
    gi_iframe: Annotated[Inline[Frame], At(72)]


class StackChunk(Struct, c="_PyStackChunk"):
    previous: StackChunk
    size: u64
    top: u64


class CollectorHead(Struct, c="PyGC_Head"):
    """A place in one of the collector's lists, in front of an object or at the list's beginning."""

    _gc_next: u64
    _gc_prev: u64


class Gil(Struct, c="struct _gil_runtime_state"):
    """The lock that a thread holds while it runs."""

    switch_number: Annotated[u64, At(24)]


class Interpreter(Struct, c="PyInterpreterState"):
    instrumentation_version: Annotated[u64, At(0)]
    gil: Annotated[Gil, At(16)]
    young: Annotated[Array[u64], At(7424)]
    permanent: Annotated[Array[u64], At(7504)]
    eval_frame: Annotated[Ptr[u8], At(8472)]
    spare_float_count: Annotated[i32, At(10952)]
    spare_floats: Annotated[Object, At(10960)]
    dict_version: Annotated[u64, At(82560)]
    next_keys_version: u32
    monitors: Annotated[Array[u8], At(193136)]


class ThreadState(Struct, c="PyThreadState"):
    """A thread. The low byte of `eval_breaker` holds requests, the rest is the monitoring version."""

    prev: ThreadState
    next: ThreadState
    interp: Interpreter
    eval_breaker: u64
    py_recursion_remaining: Annotated[i32, At(44)]
    py_recursion_limit: i32
    c_recursion_remaining: i32
    recursion_headroom: i32
    tracing: i32
    what_event: i32
    current_frame: Frame
    current_exception: Annotated[Object, At(112)]
    exc_info: ExceptionState
    thread_id: Annotated[u64, At(152)]
    context: Annotated[Object, At(208)]
    context_ver: u64
    datastack_chunk: Annotated[StackChunk, At(232)]
    datastack_top: Ptr[Object]
    datastack_limit: Ptr[Object]
    exc_state: Inline[ExceptionState]


MONITORED_EVENTS: Final = 15
"""Bytes of `Interpreter.monitors`: for each event, the set of tools that want it."""
LOCAL_EVENTS: Final = 10
"""Bytes of a code object's monitors."""
LINE_EVENT: Final = 5
UNWIND_EVENT: Final = 12
"""The places of lines, and of frames that exceptions leave, among them."""
