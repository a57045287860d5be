"""The grammar of Python 3.13 as data, for the reader that looks for mistakes (`kaa.syntax.diagnosis`).

The parser that makes trees has the grammar in its methods, for speed. When a source is wrong, what counts
is the order in which things are tried and how far ahead they look, because CPython's choice of message
depends on it. That order is written down here. Language reference, "Full Grammar specification".

Notation, one rule a paragraph: `name = alternative | alternative`; the first alternative that fits is
taken.

    'x'         the operator or keyword x            "x"      the soft keyword x
    NAME        a token of that kind                 rule     another rule
    [x]         x or nothing                         x* x+    as many x as there are, at least none or one
    x % ','     one or more x with commas between    &x !x    x must, or must not, follow; nothing is read
    ^'x'        x must follow, or the error is "expected 'x'"
    ~           from here on no other alternative of the rule is tried
    a:x         x, to which a mistake may refer as a
    <name>      the mistakes of that name (`kaa.syntax.mistakes`) are looked for
    <name!>     the same, also in a reading that does not look for mistakes
    @name       the check of that name: what the grammar cannot say, a literal's inside or the version of Python
"""

from typing import Final

# Rules whose results CPython remembers for a position, whether or not mistakes were looked for at the time: a mistake
# inside of one that was once read without looking stays unseen, and some messages depend on that.
REMEMBERED: Final = frozenset(
    (
        *("simple_statement", "block", "closed_pattern", "star_pattern", "type_parameter"),
        *("expression", "star_expression", "disjunction", "conjunction", "inversion"),
        *("bitwise_or", "bitwise_xor", "bitwise_and", "shift", "sum", "term", "factor", "awaited", "primary"),
        *("strings", "arguments", "star_target", "plain_target", "target_primary", "del_target"),
    )
)  # fmt: skip

MODES: Final = {
    "exec": "file",
    "single": "interactive",
    "eval": "expression_mode",
    "func_type": "function_type",
}

_RULES: Final = """
file = statement* ENDMARKER

interactive = compound_statement NEWLINE | simple_statements | NEWLINE

expression_mode = expressions NEWLINE* ENDMARKER

function_type = '(' [argument_types] ')' '->' expression NEWLINE* ENDMARKER

argument_types = expression % ',' ',' '*' expression ',' '**' expression
    | expression % ',' ',' '*' expression
    | expression % ',' ',' '**' expression
    | '*' expression ',' '**' expression
    | '*' expression
    | '**' expression
    | expression % ','

statement = compound_statement | simple_statements

simple_statements = simple_statement !';' NEWLINE | simple_statement % ';' [';'] NEWLINE

simple_statement = assignment
    | &"type" type_alias
    | star_expressions
    | &'return' return
    | &import_opening import
    | &'raise' raise
    | 'pass'
    | &'del' delete
    | &'yield' yield
    | &'assert' assert
    | 'break'
    | 'continue'
    | &'global' 'global' NAME % ','
    | &'nonlocal' 'nonlocal' NAME % ','

import_opening = 'import' | 'from'

compound_statement = &function_opening function
    | &'if' if
    | &class_opening class
    | &with_opening with
    | &for_opening for
    | &'try' try
    | &'while' while
    | match

function_opening = 'def' | '@' | 'async'

class_opening = 'class' | '@'

with_opening = 'with' | 'async'

for_opening = 'for' | 'async'


assignment = NAME ':' expression ['=' annotated_value] @since_annotations
    | annotatable ':' expression ['=' annotated_value] @since_annotations
    | assigned_targets yield_or_star_expressions !'=' [TYPE_COMMENT]
    | single_target augmenting ~ yield_or_star_expressions
    | <assignment>

annotatable = '(' single_target ')' | attribute_or_subscript_target

assigned_targets = assigned_target+

assigned_target = star_targets '='

annotated_value = yield | star_expressions

yield_or_star_expressions = yield | star_expressions

augmenting = '+=' | '-=' | '*=' | '@=' @since_matmul | '/=' | '%=' | '&=' | '|=' | '^=' | '<<=' | '>>=' | '**=' | '//='

return = 'return' [star_expressions]

raise = 'raise' expression ['from' expression] | 'raise'

delete = 'del' del_target % ',' [','] &delete_ending | <delete>

delete_ending = ';' | NEWLINE

assert = 'assert' expression [',' expression]

import = <import> | 'import' dotted_as_name % ',' | import_from

import_from = 'from' dots* dotted_name 'import' imported | 'from' dots+ 'import' imported

dots = '.' | '...'

imported = '(' imported_names [','] ')' | imported_names !',' | '*' | <imported>

imported_names = imported_name % ','

imported_name = NAME ['as' NAME]

dotted_as_name = dotted_name ['as' NAME]

dotted_name = NAME attribute*

attribute = '.' NAME

type_alias = "type" NAME [type_parameters] '=' expression @since_type_alias


block = NEWLINE INDENT statement+ DEDENT | simple_statements | <block>

decorators = decorator+

decorator = '@' named_expression NEWLINE

class = decorators plain_class | plain_class

plain_class = <class> | 'class' NAME [type_parameters] [bases] ':' block

bases = '(' [arguments] ')'

function = decorators plain_function | plain_function

plain_function = <function> | function_head block | 'async' function_head block @since_async_functions

function_head = 'def' NAME [type_parameters] ^'(' [def_parameters] ')' [returned] ^':' [function_comment]

returned = '->' expression

function_comment = NEWLINE TYPE_COMMENT &indented | <function_comment> | TYPE_COMMENT

indented = NEWLINE INDENT

def_parameter = NAME [annotation]

def_annotated = star_parameter ',' [TYPE_COMMENT] | star_parameter [TYPE_COMMENT] &')'

def_comment = TYPE_COMMENT

def_end = ')'

star_parameter = NAME ':' star_expression

annotation = ':' expression

default = '=' expression | <default>

if = <if> | 'if' named_expression ':' block elif | 'if' named_expression ':' block [else]

elif = <elif> | 'elif' named_expression ':' block elif | 'elif' named_expression ':' block [else]

else = <else> | 'else' ^':' block

while = <while> | 'while' named_expression ':' block [else]

for = <for>
    | 'for' star_targets 'in' ~ star_expressions ':' [TYPE_COMMENT] block [else]
    | 'async' 'for' star_targets 'in' ~ star_expressions ':' [TYPE_COMMENT] block [else] @since_async_loops
    | <for_target>

with = <with_indent>
    | 'with' '(' with_item % ',' [','] ')' ':' [TYPE_COMMENT] block
    | 'with' with_item % ',' ':' [TYPE_COMMENT] block
    | 'async' 'with' '(' with_item % ',' [','] ')' ':' block
    | 'async' 'with' with_item % ',' ':' [TYPE_COMMENT] block @since_async_with
    | <with>

with_item = expression 'as' star_target &with_item_ending | <with_item> | expression

with_item_ending = ',' | ')' | ':'

try = <try>
    | 'try' ^':' block finally
    | 'try' ^':' block except+ [else] [finally]
    | 'try' ^':' block except_star+ [else] [finally] @since_groups

except = <except_indent> | 'except' expression [named] ':' block | 'except' ':' block | <except>

except_star = <except_star_indent> | 'except' '*' expression [named] ':' block | <except>

named = 'as' NAME

finally = <finally> | 'finally' ^':' block

match = "match" subject ':' NEWLINE INDENT case+ DEDENT @since_match | <match>

subject = star_named_expression ',' [star_named_expressions] | named_expression

case = <case> | "case" patterns [guard] ':' block

guard = 'if' named_expression


patterns = open_sequence | pattern

pattern = or_pattern 'as' capture_target | <as_pattern> | or_pattern

or_pattern = closed_pattern % '|'

closed_pattern = literal_pattern
    | capture_target
    | "_"
    | dotted_value !value_ending
    | '(' pattern ')'
    | sequence_pattern
    | mapping_pattern
    | class_pattern

literal_pattern = signed_number !sign | complex_number | strings | 'None' | 'True' | 'False'

sign = '+' | '-'

signed_number = number | '-' number

complex_number = real_number sign imaginary_number

real_number = signed_number &sign @real

imaginary_number = number @imaginary

capture_target = !"_" NAME !value_ending

value_ending = '.' | '(' | '='

dotted_value = NAME attribute+

sequence_pattern = '[' [maybe_star_patterns] ']' | '(' [open_sequence] ')'

open_sequence = maybe_star_pattern ',' [maybe_star_patterns]

maybe_star_patterns = maybe_star_pattern % ',' [',']

maybe_star_pattern = star_pattern | pattern

star_pattern = '*' capture_target | '*' "_"

mapping_pattern = '{' '}'
    | '{' rest_pattern [','] '}'
    | '{' item_pattern % ',' ',' rest_pattern [','] '}'
    | '{' item_pattern % ',' [','] '}'

item_pattern = mapping_key ':' pattern

mapping_key = literal_pattern | dotted_value

rest_pattern = '**' capture_target

class_pattern = dotted_name '(' ')'
    | dotted_name '(' pattern % ',' [','] ')'
    | dotted_name '(' keyword_pattern % ',' [','] ')'
    | dotted_name '(' pattern % ',' ',' keyword_pattern % ',' [','] ')'
    | <class_pattern>

keyword_pattern = NAME '=' pattern

type_parameters = <type_parameters> | '[' type_parameter % ',' [','] ']' @since_type_parameters

type_parameter = NAME [bound] [type_default]
    | <type_parameter!>
    | '*' NAME [star_type_default]
    | '**' NAME [type_default]

bound = ':' expression

type_default = '=' expression @since_type_defaults

star_type_default = '=' star_expression @since_type_defaults


expressions = expression % ',' [',']

expression = <expression>
    | <legacy_statement>
    | disjunction 'if' disjunction 'else' expression
    | disjunction
    | lambda

expression_without_mistakes = disjunction 'if' disjunction 'else' expression | disjunction | lambda

yield = 'yield' 'from' expression | 'yield' [star_expressions]

star_expressions = star_expression % ',' [',']

star_expression = '*' bitwise_or | expression

star_named_expressions = star_named_expression % ',' [',']

star_named_expression = '*' bitwise_or | named_expression

assignment_expression = NAME ':=' ~ expression @since_assignment_expressions

named_expression = assignment_expression | <named_expression> | expression !':='

inversion = 'not' inversion | comparison

comparison = bitwise_or compared*

compared = '==' bitwise_or
    | unequal bitwise_or
    | '<=' bitwise_or
    | '<' bitwise_or
    | '>=' bitwise_or
    | '>' bitwise_or
    | 'not' 'in' bitwise_or
    | 'in' bitwise_or
    | 'is' 'not' bitwise_or
    | 'is' bitwise_or

unequal = '!=' @not_equal

factor = '+' factor | '-' factor | '~' factor | awaited '**' factor | awaited

awaited = 'await' primary @since_await | primary

primary = atom trailer*

trailer = '.' NAME | generator | '(' [arguments] ')' | '[' slices ']'

slices = slice !',' | slice_or_star % ',' [',']

slice_or_star = slice | starred

slice = [expression] ':' [expression] [slice_step] | named_expression

slice_step = ':' [expression]

atom = NAME
    | 'True'
    | 'False'
    | 'None'
    | &string_opening strings
    | number
    | &'(' parenthesized
    | &'[' bracketed
    | &'{' braced
    | '...'

string_opening = STRING | FSTRING_START

number = NUMBER @number

parenthesized = tuple | group | generator

bracketed = list | list_comprehension

braced = dict | set | dict_comprehension | set_comprehension

group = '(' grouped ')' | <group>

grouped = yield | named_expression

list = '[' [star_named_expressions] ']'

tuple = '(' [tuple_elements] ')'

tuple_elements = star_named_expression ',' [star_named_expressions]

set = '{' star_named_expressions '}'

dict = '{' [dict_items] '}' | '{' <dict!> '}'

dict_items = dict_item % ',' [',']

dict_item = '**' bitwise_or | key_and_value

key_and_value = expression ':' expression

list_comprehension = '[' named_expression clause+ ']' | <comprehension>

set_comprehension = '{' named_expression clause+ '}' | <comprehension>

generator = '(' generated clause+ ')' | <comprehension>

generated = assignment_expression | expression !':='

dict_comprehension = '{' key_and_value clause+ '}' | <dict_comprehension>

clause = 'async' 'for' star_targets 'in' ~ disjunction condition* @since_async_comprehensions
    | 'for' star_targets 'in' ~ disjunction condition*
    | <clause!>
    | <for_target>

condition = 'if' disjunction

lambda = 'lambda' [lambda_parameters] ':' expression

lambda_parameter = NAME

lambda_annotated = nothing

lambda_comment = nothing

lambda_end = ':'

nothing = !NAME NAME

arguments = argument_list [','] &')' | <arguments>

argument_list = positional_argument % ',' [more_keywords] | keyword_arguments

more_keywords = ',' keyword_arguments

positional_argument = starred | generated !'='

keyword_arguments = keyword_or_star % ',' ',' keyword_or_mapping % ','
    | keyword_or_star % ','
    | keyword_or_mapping % ','

keyword_or_star = <keyword> | NAME '=' expression | starred

keyword_or_mapping = <keyword> | NAME '=' expression | '**' expression

starred = <starred_assignment> | '*' expression | <starred!>


star_targets = star_target !',' | star_target more_star_target* [',']

more_star_target = ',' star_target

star_target = '*' unstarred_target | plain_target

unstarred_target = !'*' star_target

plain_target = target_primary '.' NAME !target_continues
    | target_primary '[' slices ']' !target_continues
    | NAME
    | '(' plain_target ')'
    | '(' [star_target_tuple] ')'
    | '[' [star_target_list] ']'

star_target_tuple = star_target more_star_target+ [','] | star_target ','

star_target_list = star_target % ',' [',']

single_target = attribute_or_subscript_target | NAME | '(' single_target ')'

attribute_or_subscript_target = target_primary '.' NAME !target_continues
    | target_primary '[' slices ']' !target_continues

target_primary = atom &target_continues target_trailer*

target_trailer = '.' NAME &target_continues
    | '[' slices ']' &target_continues
    | generator &target_continues
    | '(' [arguments] ')' &target_continues

target_continues = '(' | '[' | '.'

del_target = target_primary '.' NAME !target_continues
    | target_primary '[' slices ']' !target_continues
    | NAME
    | '(' del_target ')'
    | '(' [del_targets] ')'
    | '[' [del_targets] ']'

del_targets = del_target % ',' [',']


strings = string_piece+ @concatenation

string_piece = fstring | STRING @string

fstring = FSTRING_START fstring_piece* FSTRING_END @fstring

fstring_piece = replacement_field | FSTRING_MIDDLE

replacement_field = '{' annotated_value ['='] conversion [specification] '}' @conversion_letter
    | '{' annotated_value ['='] [specification] '}'
    | <replacement_field>

conversion = '!' NAME @conversion

specification = ':' specification_piece*

specification_piece = FSTRING_MIDDLE @specification | replacement_field
"""

# The binary operators, from loose to tight: rule, operand, operators, and the mistakes that are looked for first.
_OPERATORS: Final = (
    ("disjunction", "conjunction", "'or'", ""),
    ("conjunction", "inversion", "'and'", ""),
    ("bitwise_or", "bitwise_xor", "'|'", ""),
    ("bitwise_xor", "bitwise_and", "'^'", ""),
    ("bitwise_and", "shift", "'&'", ""),
    ("shift", "sum", "'<<' '>>'", "<arithmetic> | "),
    ("sum", "term", "'+' '-'", ""),
    ("term", "factor", "'*' '/' '//' '%' matmul", "<factor> | "),
)


def operators() -> str:
    """The rules of the binary operators."""
    rules = ["matmul = '@' factor @since_matmul"]
    for rule, operand, symbols, mistakes in _OPERATORS:
        rules.append(f"{rule} = {mistakes}{operand} {rule}_more*")
        operations = (symbol if symbol == "matmul" else f"{symbol} {operand}" for symbol in symbols.split())
        rules.append(f"{rule}_more = {' | '.join(operations)}")
    return "\n\n".join(rules)


_PARAMETERS: Final = """
X_parameters = <X_parameters> | X_list

X_list = X_slash_plain X_plain* X_default* [X_star] @since_positional_only
    | X_slash_default X_default* [X_star] @since_positional_only
    | X_plain+ X_default* [X_star]
    | X_default+ [X_star]
    | X_star

X_slash_plain = X_plain+ '/' X_slash_ending

X_slash_default = X_plain* X_default+ '/' X_slash_ending

X_slash_ending = ',' | &X_end

X_star = <X_star>
    | '*' X_plain X_maybe_default* [X_mapping]
    | '*' X_annotated X_maybe_default* [X_mapping]
    | '*' ',' X_maybe_default+ [X_mapping]
    | X_mapping

X_mapping = <X_mapping> | '**' X_plain

X_plain = X_parameter ',' [X_comment] | X_parameter [X_comment] &X_end

X_default = X_parameter default ',' [X_comment] | X_parameter default [X_comment] &X_end

X_maybe_default = X_parameter [default] ',' [X_comment] | X_parameter [default] [X_comment] &X_end
"""


def parameters(text: str) -> str:
    """Rules of parameter lists, twice: those of `def`, and those of `lambda`."""
    return "\n\n".join(text.replace("X_", prefix) for prefix in ("def_", "lambda_"))


GRAMMAR: Final = "\n\n".join((_RULES, operators(), parameters(_PARAMETERS)))
