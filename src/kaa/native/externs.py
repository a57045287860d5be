"""The host's C functions and variables that native code uses, with their C signatures.

A name declared here without a value becomes an `Extern` (see `function.externs`). Functions of the C-API say
that they failed by NULL or -1, with an exception set in the thread. A `Ptr[Object]` variable holds an object
(`PyExc_*`). Names with an underscore are internal to CPython 3.13 but exported, as its own template JIT
needs them.
"""

from __future__ import annotations

from collections.abc import Callable

from kaa.native.function import externs
from kaa.native.layouts import (
    CodeObject,
    DictObject,
    Frame,
    FrameObject,
    FunctionObject,
    GeneratorObject,
    Interpreter,
    Object,
    ThreadState,
    TypeObject,
)
from kaa.native.types import CString, Ptr, f64, i32, i64, u8, u16, u64

type Unary = Callable[[Object], Object]
type Binary = Callable[[Object, Object], Object]
type Ternary = Callable[[Object, Object, Object], Object]
type Test = Callable[[Object], i32]
type Test2 = Callable[[Object, Object], i32]
type Store = Callable[[Object, Object, Object], i32]

# Reference counts and memory
_Py_Dealloc: Callable[[Object], None]
Py_DecRef: Callable[[Object], None]
PyObject_Malloc: Callable[[u64], Ptr[u8]]
PyObject_Free: Callable[[Ptr[u8]], None]
PyMem_Malloc: Callable[[u64], Ptr[u8]]
PyMem_RawMalloc: Callable[[u64], Ptr[u8]]
PyMem_RawFree: Callable[[Ptr[u8]], None]
mmap: Callable[[u64, u64, i32, i32, i32, i64], u64]
munmap: Callable[[u64, u64], i32]
mremap: Callable[[u64, u64, u64, i32, u64], u64]
mprotect: Callable[[u64, u64, i32], i32]
madvise: Callable[[u64, u64, i32], i32]
dprintf: Callable[..., i32]
PyUnicode_AsUTF8: Callable[[Object], Ptr[u8]]

# Evaluation
_PyEval_EvalFrameDefault: Callable[[ThreadState, Frame, i32], Object]
_PyEval_FrameClearAndPop: Callable[[ThreadState, Frame], None]
_PyThreadState_PopFrame: Callable[[ThreadState, Frame], None]
_PyEvalFramePushAndInit: Callable[[ThreadState, FunctionObject, Object, Ptr[Object], u64, Object], Frame]
_Py_HandlePending: Callable[[ThreadState], i32]
_Py_CheckRecursiveCall: Callable[[ThreadState, CString], i32]
_PyEval_MonitorRaise: Callable[[ThreadState, Frame, Ptr[u16]], None]
_PyMonitoring_FireLineEvent: Callable[[Ptr[u8], Object, i32, i32], i32]
_PyMonitoring_FirePyUnwindEvent: Callable[[Ptr[u8], Object, i32], i32]
PyCode_Addr2Line: Callable[[Object, i32], i32]
PyInterpreterState_Main: Callable[[], Interpreter]
PyThreadState_Get: Callable[[], ThreadState]
PyThreadState_GetFrame: Callable[[ThreadState], FrameObject]
PyCapsule_New: Callable[[Ptr[u8], CString, Callable[[Object], None]], Object]
PyTraceBack_Here: Callable[[FrameObject], i32]
PyUnstable_Code_SetExtra: Callable[[Object, i64, Ptr[u8]], i32]

# Exceptions
PyErr_SetString: Callable[[Object, CString], None]
PyErr_SetObject: Callable[[Object, Object], None]
PyErr_SetNone: Callable[[Object], None]
PyErr_ExceptionMatches: Test
PyErr_GivenExceptionMatches: Test2
PyErr_SetHandledException: Callable[[Object], None]
_PyErr_FormatFromCause: Callable[..., Object]
PyErr_Clear: Callable[[], None]
PyErr_SetRaisedException: Callable[[Object], None]
PyErr_GetRaisedException: Callable[[], Object]
PyErr_NoMemory: Callable[[], Object]
PyErr_WarnFormat: Callable[..., i32]
_PyErr_SetKeyError: Callable[[Object], None]
PyException_SetCause: Callable[[Object, Object], None]
PyException_SetContext: Callable[[Object, Object], None]
PyException_GetTraceback: Unary
PyException_SetTraceback: Test2
PyException_GetContext: Unary
_PyEval_FormatExcCheckArg: Callable[[ThreadState, Object, CString, Object], None]
_PyEval_FormatExcUnbound: Callable[[ThreadState, CodeObject, i32], None]
_PyEval_FormatKwargsError: Callable[[ThreadState, Object, Object], None]
_PyEval_FormatAwaitableError: Callable[[ThreadState, TypeObject, i32], None]
_PyEval_CheckExceptTypeValid: Callable[[ThreadState, Object], i32]
_PyEval_CheckExceptStarTypeValid: Callable[[ThreadState, Object], i32]
_PyEval_ExceptionGroupMatch: Callable[[Object, Object, Ptr[Object], Ptr[Object]], i32]

# Numbers
PyNumber_Negative: Unary
PyNumber_Positive: Unary
PyNumber_Invert: Unary
PyNumber_Add: Binary
PyNumber_And: Binary
PyNumber_FloorDivide: Binary
PyNumber_Lshift: Binary
PyNumber_MatrixMultiply: Binary
PyNumber_Multiply: Binary
PyNumber_Or: Binary
PyNumber_Remainder: Binary
PyNumber_Rshift: Binary
PyNumber_Subtract: Binary
PyNumber_TrueDivide: Binary
PyNumber_Xor: Binary
PyNumber_InPlaceAdd: Binary
PyNumber_InPlaceAnd: Binary
PyNumber_InPlaceFloorDivide: Binary
PyNumber_InPlaceLshift: Binary
PyNumber_InPlaceMatrixMultiply: Binary
PyNumber_InPlaceMultiply: Binary
PyNumber_InPlaceOr: Binary
PyNumber_InPlaceRemainder: Binary
PyNumber_InPlaceRshift: Binary
PyNumber_InPlaceSubtract: Binary
PyNumber_InPlaceTrueDivide: Binary
PyNumber_InPlaceXor: Binary
_PyEval_BinaryOps: Ptr[Binary]
PyNumber_Power: Ternary
PyNumber_InPlacePower: Ternary
PyLong_FromLong: Callable[[i64], Object]
PyLong_FromLongLong: Callable[[i64], Object]
PyLong_FromSsize_t: Callable[[i64], Object]
PyLong_AsLong: Callable[[Object], i64]
_PyLong_Add: Binary
_PyLong_Subtract: Binary
_PyLong_Multiply: Binary
PyFloat_FromDouble: Callable[[f64], Object]

# Any object
PyObject_RichCompare: Callable[[Object, Object, i32], Object]
PyObject_IsTrue: Test
PyObject_GetItem: Binary
PyObject_SetItem: Store
PyObject_DelItem: Test2
PyObject_GenericGetAttr: Binary
PyObject_GetAttr: Binary
PyObject_GetAttrString: Callable[[Object, CString], Object]
PyObject_SetAttr: Store
PyObject_GenericSetAttr: Store
PyType_IsSubtype: Callable[[TypeObject, TypeObject], i32]
PyUnstable_Type_AssignVersionTag: Callable[[TypeObject], i32]
PyObject_GetOptionalAttr: Callable[[Object, Object, Ptr[Object]], i32]
PyMapping_GetOptionalItem: Callable[[Object, Object, Ptr[Object]], i32]
PyMapping_Keys: Unary
PyObject_GetIter: Unary
PyObject_Size: Callable[[Object], i64]
PyObject_IsInstance: Test2
PyObject_Format: Binary
PyObject_Str: Unary
PyObject_Repr: Unary
PyObject_ASCII: Unary
PyObject_Vectorcall: Callable[[Object, Ptr[Object], u64, Object], Object]
PyObject_VectorcallMethod: Callable[[Object, Ptr[Object], u64, Object], Object]
PyObject_Call: Ternary
PyObject_CallNoArgs: Unary
PyObject_CallOneArg: Binary
PyObject_CallFunctionObjArgs: Callable[..., Object]
PyVectorcall_Function: Callable[[Object], Ptr[u8]]
_PyObject_MakeTpCall: Callable[[ThreadState, Object, Ptr[Object], i64, Object], Object]
_Py_CheckFunctionResult: Callable[[ThreadState, Object, Object, CString], Object]
_PyObject_GetMethod: Callable[[Object, Object, Ptr[Object]], i32]
_PyObject_LookupSpecial: Binary
_PyType_Lookup: Callable[[TypeObject, Object], Object]
_PyObject_FunctionStr: Unary
PySequence_Check: Test
PySequence_Contains: Test2
PySequence_Tuple: Unary
PySequence_List: Unary
PySlice_New: Ternary
PyUnicode_Substring: Callable[[Object, i64, i64], Object]
PyList_GetSlice: Callable[[Object, i64, i64], Object]
PyTuple_GetSlice: Callable[[Object, i64, i64], Object]
PyBytes_FromStringAndSize: Callable[[Ptr[u8], i64], Object]
PyIter_Check: Test
PyCallable_Check: Test
PyObject_SelfIter: Unary

# Containers
PyTuple_New: Callable[[i64], Object]
_PyTuple_FromArraySteal: Callable[[Ptr[Object], i64], Object]
PyTuple_GetItem: Callable[[Object, i64], Object]
PyList_New: Callable[[i64], Object]
_PyList_FromArraySteal: Callable[[Ptr[Object], i64], Object]
_PyList_Extend: Callable[[Object, Object], Object]
_PyList_AppendTakeRefListResize: Test2
PyList_Append: Test2
PySet_New: Unary
PySet_Add: Test2
_PySet_Update: Test2
PySet_Contains: Test2
PyDict_New: Callable[[], Object]
_PyDict_FromItems: Callable[[Ptr[Object], i64, Ptr[Object], i64, i64], Object]
PyDict_SetItem: Store
_PyDict_SetItem_Take2: Store
PyDict_DelItem: Test2
PyDict_Size: Callable[[Object], i64]
PyDict_Next: Callable[[Object, Ptr[i64], Ptr[Object], Ptr[Object]], i32]
PyDict_Pop: Callable[[Object, Object, Ptr[Object]], i32]
PyDict_Update: Test2
_PyDict_MergeEx: Callable[[Object, Object, i32], i32]
PyDict_GetItemRef: Callable[[Object, Object, Ptr[Object]], i32]
PyDict_GetItemWithError: Binary
PyDict_Contains: Test2
_PyDict_LoadGlobal: Callable[[DictObject, DictObject, Object], Object]
_PyUnicode_JoinArray: Callable[[Object, Ptr[Object], i64], Object]
PyUnicode_Concat: Binary
PyUnicode_Append: Callable[[Ptr[Object], Object], None]
PyUnicode_FromString: Callable[[CString], Object]
PyUnicode_InternFromString: Callable[[CString], Object]
PyUnicode_FromFormat: Callable[..., Object]
_PyUnicode_Equal: Test2
PyUnicode_New: Callable[[i64, u64], Object]
_PyEval_UnpackIterable: Callable[[ThreadState, Object, i32, i32, Ptr[Object]], i32]
_PyEval_MatchClass: Callable[[ThreadState, Object, Object, i64, Object], Object]
_PyEval_MatchKeys: Callable[[ThreadState, Object, Object], Object]
_PyEval_ConversionFuncs: Ptr[Unary]
_PyIntrinsics_UnaryFunctions: Ptr[u8]
_PyIntrinsics_BinaryFunctions: Ptr[u8]

# Names, imports, classes
PyEval_GetBuiltins: Callable[[], Object]
_PyEval_GetBuiltin: Unary
PyImport_GetModule: Unary
PyImport_ImportModuleLevelObject: Callable[[Object, Object, Object, Object, i32], Object]
PyModule_GetFilenameObject: Unary
PyFunction_New: Binary
PyFunction_SetVectorcall: Callable[[Object, Ptr[u8]], None]
_PyFunction_SetVersion: Callable[[Object, i32], None]
PyCell_New: Unary
_PySuper_Lookup: Callable[[TypeObject, Object, Object, Ptr[i32]], Object]
PySequence_Size: Callable[[Object], i64]
PyObject_Dir: Unary
PyErr_Format: Callable[..., Object]

# Generators and coroutines
_Py_MakeCoro: Callable[[FunctionObject], Object]
_PyGen_FetchStopIterationValue: Callable[[Ptr[Object]], i32]
_PyGen_SetStopIterationValue: Test
_PyGen_yf: Callable[[GeneratorObject], Object]
_PyCoro_GetAwaitableIter: Unary

# Objects. A type or a singleton is the variable itself; an exception class is what the variable holds.
_PyRuntime: Object
_Py_NoneStruct: Object
_Py_TrueStruct: Object
_Py_FalseStruct: Object
_Py_EllipsisObject: Object
PyLong_Type: TypeObject
PyBool_Type: TypeObject
PyFloat_Type: TypeObject
PyUnicode_Type: TypeObject
PyBytes_Type: TypeObject
PyList_Type: TypeObject
PyTuple_Type: TypeObject
PyDict_Type: TypeObject
PySet_Type: TypeObject
PyFrozenSet_Type: TypeObject
PyFunction_Type: TypeObject
PyMethod_Type: TypeObject
PyCFunction_Type: TypeObject
PyBaseObject_Type: TypeObject
PyMethodDescr_Type: TypeObject
PyMemberDescr_Type: TypeObject
PyGetSetDescr_Type: TypeObject
PyStaticMethod_Type: TypeObject
PyClassMethod_Type: TypeObject
PyType_Type: TypeObject
PySuper_Type: TypeObject
PyModule_Type: TypeObject
PyGen_Type: TypeObject
PyCoro_Type: TypeObject
PyAsyncGen_Type: TypeObject
PyRangeIter_Type: TypeObject
PyListIter_Type: TypeObject
PyTupleIter_Type: TypeObject
PySlice_Type: TypeObject
PyProperty_Type: TypeObject
PyCode_Type: TypeObject
PyCapsule_Type: TypeObject
PyExc_BaseException: Ptr[Object]
PyExc_AssertionError: Ptr[Object]
PyExc_AttributeError: Ptr[Object]
PyExc_ImportError: Ptr[Object]
PyExc_IndexError: Ptr[Object]
PyExc_KeyError: Ptr[Object]
PyExc_NameError: Ptr[Object]
PyExc_NotImplementedError: Ptr[Object]
PyExc_RecursionError: Ptr[Object]
PyExc_RuntimeError: Ptr[Object]
PyExc_StopAsyncIteration: Ptr[Object]
PyExc_StopIteration: Ptr[Object]
PyExc_SystemError: Ptr[Object]
PyExc_TypeError: Ptr[Object]
PyExc_UnboundLocalError: Ptr[Object]
PyExc_ValueError: Ptr[Object]

externs(globals())
