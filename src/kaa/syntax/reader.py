"""A reader for `kaa.syntax.grammar`: does what stands at a token fit a rule, and where does it end?

In: the grammar and the table of mistakes, as text. Out: `rules()`, a matcher for every rule. A matcher
takes a `Reader` and the index of a token and gives the index behind what fits, or `NOTHING`. It makes no
tree. It remembers what it found at each token (a packrat parser), so its time grows with the length of
the source however much is tried. What cannot begin with the token that is there is not tried at all.

The `Reader` keeps what decides about CPython's messages: the furthest token that was looked at, and
whether mistakes are looked for. What to do about a mistake, or a check that fails, is left to the
reader's subclass in `kaa.syntax.diagnosis`.
"""

import functools
import re
import sys
from collections.abc import Callable
from typing import Final, NamedTuple

from kaa.syntax import terminals as t
from kaa.syntax.grammar import GRAMMAR, REMEMBERED, parameters
from kaa.syntax.mistakes import MISTAKES, PARAMETER_RULES, RULES, Mistake
from kaa.syntax.terminals import BY_TEXT, NAME

NOTHING: Final = -1
_NO_OTHER: Final = -2  # nothing fits, and the rule's other alternatives are not to be tried

# Where CPython asks for any soft keyword, it takes the start of one for the whole.
_SOFT_KEYWORD_STARTS: Final = frozenset(
    word[:length] for word in ("_", "case", "match", "type") for length in range(1, len(word) + 1)
)
_KINDS: Final = {
    "NAME": t.NAME,
    "NUMBER": t.NUMBER,
    "STRING": t.STRING,
    "NEWLINE": t.NEWLINE,
    "INDENT": t.INDENT,
    "DEDENT": t.DEDENT,
    "ENDMARKER": t.ENDMARKER,
    "FSTRING_START": t.FSTRING_START,
    "FSTRING_MIDDLE": t.FSTRING_MIDDLE,
    "FSTRING_END": t.FSTRING_END,
    "TYPE_COMMENT": t.TYPE_COMMENT,
}


class Part(NamedTuple):
    """A named part of a pattern: the rule it fits, the index of its first token and of the one behind it."""

    rule: str
    start: int
    end: int


type Parts = dict[str, Part]


class Reader:
    """A reading of a token list."""

    def __init__(self, kinds: list[int], texts: list[str]) -> None:
        self.kinds = kinds
        self.texts = texts
        self.furthest = -1  # the furthest token that was looked at
        self.looking = False  # whether mistakes are looked for
        # What is known about each rule, by its number: from token to end. One list for each state of
        # `looking`.
        self.memories: list[list[dict[int, int]]] = []
        self.memory: list[dict[int, int]] = []
        self.forget({})

    def forget(self, statements: dict[int, int]) -> None:
        """Forget everything but these statements, from first token to end."""
        shared = {name: dict[int, int]() for name in REMEMBERED} | {"statement": statements}
        self.memories = [[shared.get(name, {}) for name in rules().names] for _ in range(2)]
        self.look(self.looking)

    def look(self, looking: bool) -> None:
        """Look for mistakes from here on, or do not."""
        self.looking = looking
        self.memory = self.memories[looking]

    def fetch(self, pos: int) -> None:
        """Token `pos` is looked at for the first time."""
        self.furthest = pos

    def missing(self, text: str, pos: int) -> None:
        """The operator `text` must stand at `pos`, and does not."""

    def check(self, name: str, start: int, end: int) -> int:
        """What the grammar cannot say about what fits from `start` to `end`."""
        return end

    def report(self, mistake: Mistake, end: int, parts: Parts) -> None:
        """A mistake was found; `end` is behind its pattern."""


type Matcher = Callable[[Reader, int], int]
type First = Callable[[], frozenset[int] | None]
"""The kinds of the tokens that something can begin with: at any other one it fails, and looks no further. None if it
need not look at a token, or does something when it fails."""


class Rules(NamedTuple):
    names: list[str]
    matchers: dict[str, Matcher]


@functools.cache
def rules() -> Rules:
    """The matchers of all rules, made when the first wrong source comes."""
    return _Compiler().rules()


_WORD: Final = re.compile(r"""'[^']*'|"[^"]*"|<\w+!?>|@\w+|\w+:(?=\S)|\w+|\S""")


class _Alternative(NamedTuple):
    """A sequence of elements, and what the notation says about it."""

    elements: list[Matcher]
    first: First
    labels: list[tuple[str, str]]  # of each element: its label or "", and the rule that it names
    cut: int | None  # the number of elements in front of a `~`
    check: str | None


class _Choices(dict[int, tuple[list[Matcher], bool]]):
    """From the kind of the next token to the matchers that can begin with it, and whether there are others.

    If there are, that token has been looked at.
    """

    def __init__(self) -> None:
        self.all: list[tuple[First, Matcher]] = []

    def __missing__(self, kind: int) -> tuple[list[Matcher], bool]:
        possible = [matcher for first, matcher in self.all if (kinds := first()) is None or kind in kinds]
        self[kind] = possible, len(possible) < len(self.all)
        return self[kind]

    def first(self) -> frozenset[int] | None:
        """What any of them can begin with."""
        return _union([first for first, _ in self.all])


def _union(firsts: list[First]) -> frozenset[int] | None:
    kinds: frozenset[int] = frozenset()
    for first in firsts:
        more = first()
        if more is None:
            return None
        kinds |= more
    return kinds


class _Element(NamedTuple):
    """An element of a sequence: the rule that it names, what it does, and what it can begin with.

    `empty` if it may fit no token at all, so that the next element's first token is one of its own as well.
    """

    rule: str
    matcher: Matcher
    first: First
    empty: bool = False


class _Compiler:
    """From the notation to matchers."""

    def __init__(self) -> None:
        self.matchers: dict[str, Matcher] = {}
        self.choices: dict[str, _Choices] = {}
        self.mistakes: dict[str, _Choices] = {name: _Choices() for name in MISTAKES}
        self.words: list[str] = []
        self.place = 0

    def rules(self) -> Rules:
        definitions: dict[str, str] = {}
        for text in (GRAMMAR, RULES, parameters(PARAMETER_RULES)):
            for paragraph in filter(str.strip, text.split("\n\n")):
                name, _, alternatives = paragraph.partition("=")
                definitions[name.strip()] = alternatives
        self.choices = {name: _Choices() for name in definitions}
        for number, name in enumerate(definitions):
            self.matchers[name] = _rule(number, self.choices[name])
        without = "expression_without_mistakes"
        self.matchers[without] = _without_mistakes(self.matchers[without])
        for name, text in definitions.items():
            self.choices[name].all += [
                (alternative.first, _matcher(alternative)) for alternative in self.alternatives(text)
            ]
        for name, mistakes in MISTAKES.items():
            for mistake in mistakes:
                (alternative,) = self.alternatives(mistake.pattern)
                self.mistakes[name].all.append((alternative.first, _reported(alternative, mistake)))
        return Rules(list(definitions), self.matchers)

    def alternatives(self, text: str) -> list[_Alternative]:
        self.words = [*_WORD.findall(text), ""]
        self.place = 0
        found = [self.sequence()]
        while self.words[self.place] == "|":
            self.place += 1
            found.append(self.sequence())
        return found

    def sequence(self) -> _Alternative:
        """The elements up to the end of an alternative."""
        elements: list[_Element] = []
        labels: list[tuple[str, str]] = []
        cut = check = None
        while (word := self.words[self.place]) not in ("|", "]", ""):
            if word == "~":
                cut = len(elements)
                self.place += 1
            elif word[0] == "@":
                check = word[1:]
                self.place += 1
            else:
                label = ""
                if word[-1] == ":":
                    label = word[:-1]
                    self.place += 1
                elements.append(self.element())
                labels.append((label, elements[-1].rule))
        return _Alternative([element.matcher for element in elements], _first(elements), labels, cut, check)

    def element(self) -> _Element:
        """One element with what stands before and behind it."""
        word = self.words[self.place]
        self.place += 1
        if word in ("&", "!"):
            inner = self.element()
            # `!x` looks at a token, and lets pass what does not fit.
            return _Element(
                inner.rule,
                _ahead(inner.matcher, wanted=word == "&"),
                inner.first,
                empty=word == "!" or inner.empty,
            )
        if word == "^":
            text = self.words[self.place][1:-1]
            self.place += 1
            return _Element("", _forced(BY_TEXT[text], text), _anything)
        if word == "[":
            optional = self.sequence()
            self.place += 1
            return _Element(
                "", _repeated(_matcher(optional), at_least=0, at_most=1), optional.first, empty=True
            )
        matcher, first = self.primary(word)
        following = self.words[self.place]
        if following in ("*", "+"):
            self.place += 1
            matcher = _repeated(matcher, at_least=int(following == "+"))
            return _Element(word, matcher, first, empty=following == "*")
        if following == "%":
            separator = BY_TEXT[self.words[self.place + 1][1:-1]]
            self.place += 2
            matcher = _separated(matcher, _terminal(separator))
        return _Element(word, matcher, first)

    def primary(self, word: str) -> tuple[Matcher, First]:
        if word[0] == "'":
            kind = BY_TEXT[word[1:-1]]
            return _terminal(kind), _only(kind)
        if word[0] == '"':
            return _soft(frozenset((word[1:-1],))), _only(NAME)
        if word[0] == "<":
            mistakes = self.mistakes[word.strip("<!>")]
            return _mistaken(mistakes, always=word[-2] == "!"), mistakes.first
        if word == "SOFT_KEYWORD":
            return _soft(_SOFT_KEYWORD_STARTS), _only(NAME)
        if word in _KINDS:
            return _terminal(_KINDS[word]), _only(_KINDS[word])
        return self.matchers[word], self.choices[word].first


def _only(kind: int) -> First:
    kinds = frozenset((kind,))
    return lambda: kinds


def _anything() -> None:
    return None


def _first(elements: list[_Element]) -> First:
    """What a sequence can begin with."""

    @functools.cache
    def first() -> frozenset[int] | None:
        firsts = []
        for element in elements:
            firsts.append(element.first)
            if not element.empty:
                return _union(firsts)
        return None

    return first


def _rule(number: int, choices: _Choices) -> Matcher:
    """The first alternative that fits, looked for once at each token."""

    def match(reader: Reader, pos: int) -> int:
        memory = reader.memory[number]
        if pos in memory:
            return memory[pos]
        possible, others = choices[reader.kinds[pos]]
        if others and pos > reader.furthest:
            reader.fetch(pos)
        end = NOTHING
        for alternative in possible:
            end = alternative(reader, pos)
            if end != NOTHING:
                break
        if end == _NO_OTHER:
            end = NOTHING
        memory[pos] = end
        return end

    return match


def _without_mistakes(matcher: Matcher) -> Matcher:
    def match(reader: Reader, pos: int) -> int:
        looking = reader.looking
        reader.look(False)
        end = matcher(reader, pos)
        reader.look(looking)
        return end

    return match


def _mistaken(mistakes: _Choices, always: bool) -> Matcher:
    def match(reader: Reader, pos: int) -> int:
        if always or reader.looking:
            possible, others = mistakes[reader.kinds[pos]]
            if others and pos > reader.furthest:
                reader.fetch(pos)
            for mistake in possible:
                mistake(reader, pos)
        return NOTHING

    return match


def _matcher(alternative: _Alternative) -> Matcher:
    elements, _, _, cut, check = alternative
    if check is not None:
        return _checked(alternative, check)
    if cut is None and len(elements) == 1:
        return elements[0]

    def match(reader: Reader, pos: int) -> int:
        for number, element in enumerate(elements):
            pos = element(reader, pos)
            if pos < 0:
                return NOTHING if cut is None or number < cut else _NO_OTHER
        return pos

    return match


def _checked(alternative: _Alternative, check: str) -> Matcher:
    def match(reader: Reader, pos: int) -> int:
        end, _ = _parts(alternative, reader, pos)
        return reader.check(check, pos, end) if end >= 0 else end

    return match


def _reported(alternative: _Alternative, mistake: Mistake) -> Matcher:
    def match(reader: Reader, pos: int) -> int:
        end, parts = _parts(alternative, reader, pos)
        if end >= 0:
            reader.report(mistake, end, parts)
        return NOTHING

    return match


def _parts(alternative: _Alternative, reader: Reader, pos: int) -> tuple[int, Parts]:
    """Where the elements end, and the parts of them that have labels."""
    elements, _, labels, cut, _ = alternative
    parts: Parts = {}
    for number, element in enumerate(elements):
        end = element(reader, pos)
        if end < 0:
            return NOTHING if cut is None or number < cut else _NO_OTHER, parts
        label, rule = labels[number]
        if label:
            parts[label] = Part(rule, pos, end)
        pos = end
    return pos, parts


def _terminal(kind: int) -> Matcher:
    def match(reader: Reader, pos: int) -> int:
        if pos > reader.furthest:
            reader.fetch(pos)
        return pos + 1 if reader.kinds[pos] == kind else NOTHING

    return match


def _soft(texts: frozenset[str]) -> Matcher:
    """A soft keyword: a name with one of these texts."""

    def match(reader: Reader, pos: int) -> int:
        if pos > reader.furthest:
            reader.fetch(pos)
        return pos + 1 if reader.kinds[pos] == NAME and reader.texts[pos] in texts else NOTHING

    return match


def _forced(kind: int, text: str) -> Matcher:
    def match(reader: Reader, pos: int) -> int:
        if pos > reader.furthest:
            reader.fetch(pos)
        if reader.kinds[pos] == kind:
            return pos + 1
        if reader.looking:
            reader.missing(text, pos)
        return NOTHING

    return match


def _ahead(matcher: Matcher, wanted: bool) -> Matcher:
    def match(reader: Reader, pos: int) -> int:
        return pos if (matcher(reader, pos) >= 0) == wanted else NOTHING

    return match


def _repeated(matcher: Matcher, at_least: int, at_most: int = sys.maxsize) -> Matcher:
    def match(reader: Reader, pos: int) -> int:
        count = 0
        while count < at_most and (end := matcher(reader, pos)) >= 0:
            pos = end
            count += 1
        return pos if count >= at_least else NOTHING

    return match


def _separated(matcher: Matcher, separator: Matcher) -> Matcher:
    def match(reader: Reader, pos: int) -> int:
        end = last = matcher(reader, pos)
        while last >= 0:
            end = last
            last = separator(reader, end)
            if last >= 0:
                last = matcher(reader, last)
        return end

    return match
