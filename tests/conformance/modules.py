"""Which of CPython's test modules are run, by what they speak of."""

LANGUAGE = """
test_grammar test_syntax test_generators test_genexps test_listcomps test_setcomps test_dictcomps test_scope
test_class test_with test_contextlib test_contextlib_async test_decorators test_patma test_coroutines test_asyncgen
test_fstring test_unpack test_unpack_ex test_extcall test_keywordonlyarg test_positional_only_arg test_augassign
test_compare test_opcodes test_raise test_except_star test_exception_variations test_baseexception
test_exception_hierarchy test_type_params test_type_aliases test_named_expressions test_global
test_string_literals test_funcattrs test_property test_super test_metaclass test_subclassinit test_iter
test_enumerate test_richcmp test_contains test_bool test_binop test_operator test_pep646_syntax
test_generator_stop test_functools test_dataclasses test_enum test_json test_collections
""".split()
"""The language and the pure-Python library closest to it: the bar of the reference machine."""

ERRORS = """
test_syntax test_exceptions test_fstring test_eof test_tokenize test_source_encoding test_codeop
test_string_literals test_unicode_identifiers
""".split()
"""What the compiler says about broken sources."""

COMPILER = """
test_ast test_compile test_code test_dis test_peepholer test_compiler_assemble test_compiler_codegen test_symtable
test_future_stmt test_unparse test_type_comments test_py_compile test_compileall test_cmd_line_script test_import
test_importlib test_pkgutil test_runpy test_zipimport
""".split()
"""The compiler's results, and the modules that find, load and cache code."""

SUITES: dict[str, list[str]] = {
    "reference": LANGUAGE,
    "host": list(dict.fromkeys(LANGUAGE + ERRORS + COMPILER)),
    "native": list(dict.fromkeys(LANGUAGE + ERRORS + COMPILER)),
}
"""The modules that each engine is held to when none are named."""


def whole_suite() -> list[str]:
    """Every test module and package of the host's `test` package."""
    from test.libregrtest.findtests import findtests

    return [name.removeprefix("test.") for name in findtests()]
