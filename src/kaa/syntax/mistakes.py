"""The mistakes that CPython knows by name: what each looks like, where the caret goes, what is said.

One row a mistake, grouped by the place of the grammar where it is looked for, in the order in which it is
looked for there. What it looks like is in the notation of `kaa.syntax.grammar`. The first row that fits
decides what the user reads.

Where the caret goes (`Mistake.place`), in terms of the parts that the pattern names:

    a       under the part a                a-b     from the start of a to the end of b
    a-      from the start of a as far as the reader has come
    last    under the furthest token that was looked at
    next    under the token behind the pattern
    a$      under the end of a

In a message `{kind}` is what the expression a is called, `{text}` the text of the token a and `{line}`
the line it is on. `Mistake.check` names a method of `kaa.syntax.blame` that has a closer look.
"""

from typing import Final, NamedTuple


class Mistake(NamedTuple):
    pattern: str
    place: str
    message: str
    check: str = ""
    indentation: bool = False


def unindented(pattern: str, block: str) -> Mistake:
    """A block that should follow the pattern, which names the statement's keyword a."""
    message = f"expected an indented block after {block} on line {{line}}"
    return Mistake(f"{pattern} NEWLINE !INDENT", "last", message, indentation=True)


def clause(keyword: str, head: str) -> list[Mistake]:
    """A clause from its keyword, quoted as in the grammar, to the colon and the block that must follow."""
    return [
        Mistake(f"{keyword} {head} NEWLINE", "last", "expected ':'"),
        unindented(f"a:{keyword} {head} ':'", f"'{keyword[1:-1]}' statement"),
    ]


_COMMA_FORGOTTEN = "invalid syntax. Perhaps you forgot a comma?"
_EQUALITY_MEANT = "invalid syntax. Maybe you meant '==' or ':=' instead of '='?"
_GENERATOR = "Generator expression must be parenthesized"
_PARENTHESES_FORGOTTEN = "did you forget parentheses around the comprehension target?"
_NEGATION = "'not' after an operator must be parenthesized"
_STARRED_VALUE = "cannot use a starred expression in a dictionary value"
_VALUE_MISSING = "expression expected after dictionary key and ':'"
_NAMES_MISSING = "Expected one or more names after 'import'"
_DEFAULT_MISSING = "parameter without a default follows parameter with a default"
_AFTER_MAPPING = "arguments cannot follow var-keyword argument"
_TWO_KINDS = "cannot have both 'except' and 'except*' on the same 'try'"

# The head of a `with` statement, for the rows of mistakes in it.
_ITEMS = "with_item_of_mistake % ','"
_GROUPED_ITEMS = "'(' with_items_of_mistake % ',' [','] ')'"

# Rules that only the patterns below use.
RULES: Final = """
with_item_of_mistake = expression ['as' star_target]

with_items_of_mistake = expressions ['as' star_target]

bracketed_target = list | tuple | '(' bracketed_target ')'

positional_and_keywords = positional_argument % ',' ',' keyword_arguments

leading_arguments = argument_list ','

leading_patterns = pattern % ',' ','

trailing_patterns = pattern % ','

generator_or_arguments = argument_list | expression clause+

loop_targets = bitwise_or more_loop_target* [',']

more_loop_target = ',' bitwise_or

two_kinds_head = 'try' ':' block*

named_exception = expression ['as' NAME]

maybe_conversion = '!' NAME

keyword_opening = NAME '='

constant = 'True' | 'False' | 'None'

display = list | tuple | generator | 'True' | 'None' | 'False'

no_comma_after = NAME STRING | SOFT_KEYWORD

sum_operator = '+' | '-' | '*' | '/' | '%' | '//' | '@'

signs = '+' | '-' | '~'

equals = '=' | ':='

any_star = '*' | '**' | '/'

item_ending = '}' | ','

default_ending = ')' | ','

value_endings = '=' | '!' | ':' | '}'

debug_endings = '!' | ':' | '}'

conversion_endings = ':' | '}'

opening = '[' | '(' | '{'

display_opening = '[' | '{'

group_ending = NEWLINE | ':'

condition_ending = 'else' | ':'

handlers = 'except' | 'finally'
"""

PARAMETER_RULES: Final = """
X_up_to_slash = X_slash_plain | X_slash_default

X_defaults = X_slash_default | X_default+

X_bare_star_ending = X_end | ',' X_mapping_or_end

X_mapping_or_end = X_end | '**'

X_plain_or_comma = X_plain | ','
"""


def parameter_mistakes(prefix: str, function: str, bare_star: str) -> dict[str, list[Mistake]]:
    """The mistakes in a parameter list, `def_` or `lambda_`; `bare_star` is where the caret goes for `*` alone."""
    groups = {
        "X_parameters": [
            Mistake("a:'/' ','", "a", "at least one argument must precede /"),
            Mistake("X_up_to_slash X_maybe_default* a:'/'", "a", "/ may appear only once"),
            Mistake("[X_slash_plain] X_plain* X_defaults a:X_plain", "a", _DEFAULT_MISSING),
            Mistake(
                "X_plain* a:'(' X_parameter % ',' [','] b:')'",
                "a-b",
                f"{function} parameters cannot be parenthesized",
            ),
            Mistake(
                "[X_up_to_slash] X_maybe_default* '*' X_plain_or_comma X_maybe_default* a:'/'",
                "a",
                "/ must be ahead of *",
            ),
            Mistake("X_maybe_default+ '/' a:'*'", "a", "expected comma between / and *"),
        ],
        "X_star": [
            Mistake("a:'*' X_bare_star_ending", bare_star, "named arguments must follow bare *"),
            Mistake("'*' ',' X_comment", "last", "bare * has associated type comment"),
            Mistake("'*' X_parameter a:'='", "a", "var-positional argument cannot have default value"),
            Mistake(
                "'*' X_plain_or_comma X_maybe_default* a:'*' X_plain_or_comma",
                "a",
                "* argument may appear only once",
            ),
        ],
        "X_mapping": [
            Mistake("'**' X_parameter a:'='", "a", "var-keyword argument cannot have default value"),
            Mistake("'**' X_parameter ',' a:X_parameter", "a", _AFTER_MAPPING),
            Mistake("'**' X_parameter ',' a:any_star", "a", _AFTER_MAPPING),
        ],
    }
    return {
        name.replace("X_", prefix): [row._replace(pattern=row.pattern.replace("X_", prefix)) for row in rows]
        for name, rows in groups.items()
    }


MISTAKES: Final[dict[str, list[Mistake]]] = {
    # Statements
    "assignment": [
        Mistake("a:bracketed_target ':' expression", "a", "only single target (not {kind}) can be annotated"),
        Mistake(
            "a:star_named_expression ',' star_named_expressions* ':' expression",
            "a",
            "only single target (not tuple) can be annotated",
        ),
        Mistake("a:expression ':' expression", "a", "illegal target for annotation"),
        Mistake("assigned_target* a:star_expressions '='", "a", "cannot assign to {kind}", "assigned"),
        Mistake("assigned_target* a:yield '='", "a", "assignment to yield expression not possible"),
        Mistake(
            "a:star_expressions augmenting yield_or_star_expressions",
            "a",
            "'{kind}' is an illegal expression for augmented assignment",
        ),
    ],
    "delete": [Mistake("'del' a:star_expressions", "a", "cannot delete {kind}", "deleted")],
    "import": [
        Mistake(
            "a:'import' dotted_name % ',' 'from' dotted_name",
            "a-",
            "Did you mean to use 'from ... import ...' instead?",
        ),
        Mistake("'import' a:NEWLINE", "a-", _NAMES_MISSING),
    ],
    "imported": [
        Mistake(
            "imported_names ',' NEWLINE", "last", "trailing comma not allowed without surrounding parentheses"
        ),
        Mistake("a:NEWLINE", "a-", _NAMES_MISSING),
    ],
    "block": [Mistake("NEWLINE !INDENT", "last", "expected an indented block", indentation=True)],
    "class": [
        Mistake("'class' NAME [type_parameters] [bases] NEWLINE", "last", "expected ':'"),
        unindented("a:'class' NAME [type_parameters] [bases] ':'", "class definition"),
    ],
    "function": [
        unindented(
            "['async'] a:'def' NAME [type_parameters] '(' [def_parameters] ')' [returned] ':'",
            "function definition",
        ),
    ],
    "function_comment": [
        Mistake(
            "TYPE_COMMENT NEWLINE TYPE_COMMENT NEWLINE INDENT", "last", "Cannot have two type comments on def"
        ),
    ],
    "if": clause("'if'", "named_expression"),
    "elif": clause("'elif'", "named_expression"),
    "else": [unindented("a:'else' ':'", "'else' statement")],
    "while": clause("'while'", "named_expression"),
    "for": [
        Mistake("['async'] 'for' star_targets 'in' star_expressions NEWLINE", "last", "expected ':'"),
        unindented("['async'] a:'for' star_targets 'in' star_expressions ':'", "'for' statement"),
    ],
    "for_target": [Mistake("['async'] 'for' a:star_expressions", "a", "cannot assign to {kind}", "looped")],
    "with_indent": [
        unindented(f"['async'] a:'with' {_ITEMS} ':'", "'with' statement"),
        unindented(f"['async'] a:'with' {_GROUPED_ITEMS} ':'", "'with' statement"),
    ],
    "with": [
        Mistake(f"['async'] 'with' {_ITEMS} NEWLINE", "last", "expected ':'"),
        Mistake(f"['async'] 'with' {_GROUPED_ITEMS} NEWLINE", "last", "expected ':'"),
    ],
    "with_item": [
        Mistake("expression 'as' a:expression &with_item_ending", "a", "cannot assign to {kind}", "assigned")
    ],
    "try": [
        unindented("a:'try' ':'", "'try' statement"),
        Mistake("'try' ':' block !handlers", "last", "expected 'except' or 'finally' block"),
        Mistake("two_kinds_head except+ a:'except' b:'*' named_exception ':'", "a-b", _TWO_KINDS),
        Mistake("two_kinds_head except_star+ a:'except' [named_exception] ':'", "a", _TWO_KINDS),
    ],
    "except_indent": [
        unindented("a:'except' expression [named] ':'", "'except' statement"),
        unindented("a:'except' ':'", "'except' statement"),
    ],
    "except_star_indent": [unindented("a:'except' '*' expression [named] ':'", "'except*' statement")],
    "except": [
        Mistake(
            "'except' ['*'] a:expression ',' expressions [named] ':'",
            "a-",
            "multiple exception types must be parenthesized",
        ),
        Mistake("'except' ['*'] expression [named] NEWLINE", "last", "expected ':'"),
        Mistake("'except' NEWLINE", "last", "expected ':'"),
        Mistake("'except' '*' group_ending", "last", "expected one or more exception types"),
    ],
    "finally": [unindented("a:'finally' ':'", "'finally' statement")],
    "match": clause('"match"', "subject"),
    "case": clause('"case"', "patterns [guard]"),
    # Parameters
    **parameter_mistakes("def_", "Function", "a"),
    **parameter_mistakes("lambda_", "Lambda expression", "last"),
    "default": [Mistake("a:'=' &default_ending", "a", "expected default value expression")],
    "type_parameters": [Mistake("'[' a:']'", "a-", "Type parameter list cannot be empty")],
    "type_parameter": [
        Mistake("'*' NAME a:':' b:expression", "a-", "cannot use {bound} with TypeVarTuple", "bound"),
        Mistake("'**' NAME a:':' b:expression", "a-", "cannot use {bound} with ParamSpec", "bound"),
    ],
    # Patterns
    "as_pattern": [
        Mistake("or_pattern 'as' a:\"_\"", "a", "cannot use '_' as a target"),
        Mistake("or_pattern 'as' !NAME a:expression", "a", "invalid pattern target"),
    ],
    "class_pattern": [
        Mistake(
            "dotted_name '(' [leading_patterns] keyword_pattern % ',' ',' a:trailing_patterns",
            "a",
            "positional patterns follow keyword patterns",
        ),
    ],
    # Expressions
    "expression": [
        Mistake(
            "!no_comma_after a:disjunction b:expression_without_mistakes",
            "a-b",
            _COMMA_FORGOTTEN,
            "comma_forgotten",
        ),
        Mistake(
            "a:disjunction 'if' b:disjunction !condition_ending",
            "a-b",
            "expected 'else' after 'if' expression",
        ),
        Mistake(
            "a:'lambda' [lambda_parameters] b:':' &FSTRING_MIDDLE",
            "a-b",
            "f-string: lambda expressions are not allowed without parentheses",
        ),
    ],
    "legacy_statement": [
        Mistake(
            "a:NAME !'(' b:star_expressions",
            "a-b",
            "Missing parentheses in call to '{text}'. Did you mean {text}(...)?",
            "legacy",
        ),
    ],
    "named_expression": [
        Mistake("a:expression ':=' expression", "a", "cannot use assignment expressions with {kind}"),
        Mistake("a:NAME '=' b:bitwise_or !equals", "a-b", _EQUALITY_MEANT),
        Mistake(
            "!display a:bitwise_or '=' bitwise_or !equals",
            "a",
            "cannot assign to {kind} here. Maybe you meant '==' instead of '='?",
        ),
    ],
    "arithmetic": [Mistake("sum sum_operator a:'not' b:inversion", "a-b", _NEGATION)],
    "factor": [Mistake("signs a:'not' b:factor", "a-b", _NEGATION)],
    "group": [
        Mistake("'(' a:starred ')'", "a", "cannot use starred expression here"),
        Mistake("'(' a:'**' expression ')'", "a", "cannot use double starred expression here"),
    ],
    "comprehension": [
        Mistake("opening a:starred clause+", "a", "iterable unpacking cannot be used in comprehension"),
        Mistake(
            "display_opening a:star_named_expression ',' b:star_named_expressions clause+",
            "a-b",
            _PARENTHESES_FORGOTTEN,
            "without_comma",
        ),
        Mistake("display_opening a:star_named_expression b:',' clause+", "a-b", _PARENTHESES_FORGOTTEN),
    ],
    "dict_comprehension": [
        Mistake(
            "'{' a:'**' bitwise_or clause+ '}'", "a", "dict unpacking cannot be used in dict comprehension"
        ),
    ],
    "clause": [
        Mistake("['async'] 'for' loop_targets !'in'", "last", "'in' expected after for-loop variables")
    ],
    "dict": [
        Mistake("dict_item % ',' ',' a:expression !':'", "a$", "':' expected after dictionary key"),
        Mistake("dict_item % ',' ',' expression ':' a:'*' bitwise_or", "a-", _STARRED_VALUE),
        Mistake("dict_item % ',' ',' expression a:':' &item_ending", "a", _VALUE_MISSING),
        Mistake("expression ':' a:'*' bitwise_or", "a-", _STARRED_VALUE),
        Mistake("expression a:':' &item_ending", "a", _VALUE_MISSING),
    ],
    # Arguments
    "arguments": [
        Mistake(
            "positional_and_keywords a:',' starred % ','",
            "a-",
            "iterable argument unpacking follows keyword argument unpacking",
        ),
        Mistake(
            "keyword_arguments a:',' starred % ','",
            "a-",
            "iterable argument unpacking follows keyword argument unpacking",
        ),
        Mistake("a:expression b:clause+ ',' [generator_or_arguments]", "a-b", _GENERATOR),
        Mistake("a:NAME b:'=' expression clause+", "a-b", _EQUALITY_MEANT),
        Mistake(
            "[leading_arguments] a:NAME b:'=' &default_ending", "a-b", "expected argument value expression"
        ),
        Mistake("a:argument_list b:clause+", "a-b", _GENERATOR, "last_of_several"),
        Mistake("argument_list ',' a:expression b:clause+", "a-b", _GENERATOR),
        Mistake(
            "a:argument_list ',' argument_list",
            "last",
            "positional argument follows keyword argument{unpacking}",
            "late_positional",
        ),
    ],
    "keyword": [
        Mistake("a:constant b:'='", "a-b", "cannot assign to {text}"),
        Mistake("a:NAME b:'=' expression clause+", "a-b", _EQUALITY_MEANT),
        Mistake(
            "!keyword_opening a:expression b:'='",
            "a-b",
            'expression cannot contain assignment, perhaps you meant "=="?',
        ),
        Mistake("a:'**' expression '=' b:expression", "a-b", "cannot assign to keyword argument unpacking"),
    ],
    "starred_assignment": [
        Mistake("a:'*' expression '=' b:expression", "a-b", "cannot assign to iterable argument unpacking")
    ],
    "starred": [Mistake("'*'", "last", "Invalid star expression")],
    # Replacement fields
    "replacement_field": [
        *(
            Mistake(f"'{{' a:'{mark}'", "a", f"f-string: valid expression required before '{mark}'")
            for mark in "=!:"
        ),
        Mistake("'{' a:'}'", "a", "f-string: valid expression required before '}}'"),
        Mistake("'{' !annotated_value", "next", "f-string: expecting a valid expression after '{{'"),
        Mistake(
            "'{' annotated_value !value_endings", "next", "f-string: expecting '=', or '!', or ':', or '}}'"
        ),
        Mistake("'{' annotated_value '=' !debug_endings", "next", "f-string: expecting '!', or ':', or '}}'"),
        Mistake(
            "'{' annotated_value ['='] '!' &conversion_endings",
            "next",
            "f-string: missing conversion character",
        ),
        Mistake("'{' annotated_value ['='] '!' !NAME", "next", "f-string: invalid conversion character"),
        Mistake(
            "'{' annotated_value ['='] [maybe_conversion] !conversion_endings",
            "next",
            "f-string: expecting ':' or '}}'",
        ),
        Mistake(
            "'{' annotated_value ['='] [maybe_conversion] ':' specification_piece* !'}'",
            "next",
            "f-string: expecting '}}', or format specs",
        ),
        Mistake("'{' annotated_value ['='] [maybe_conversion] !'}'", "next", "f-string: expecting '}}'"),
    ],
}
