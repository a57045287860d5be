"""A reader for `kaa.syntax.grammar`: does what stands at a token fit a rule, and where does it end?

In: the grammar and the table of mistakes, as text. Out: `rules()`, a matcher for every rule. A matcher
takes a `Reader` and the index of a token and gives the index behind what fits, or `NOTHING`. It makes no
tree. It remembers what it found at each token (a packrat parser), so its time grows with the length of
the source however much is tried.

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
    labels: list[tuple[str, str]]  # of each element: its label or "", and the rule that it names
    cut: int | None  # the number of elements in front of a `~`
    check: str | None


class _Compiler:
    """From the notation to matchers."""

    def __init__(self) -> None:
        self.matchers: dict[str, Matcher] = {}
        self.mistakes: dict[str, list[Matcher]] = {name: [] for name in MISTAKES}
        self.words: list[str] = []
        self.place = 0

    def rules(self) -> Rules:
        definitions: dict[str, str] = {}
        for text in (GRAMMAR, RULES, parameters(PARAMETER_RULES)):
            for paragraph in filter(str.strip, text.split("\n\n")):
                name, _, alternatives = paragraph.partition("=")
                definitions[name.strip()] = alternatives
        bodies: dict[str, list[Matcher]] = {name: [] for name in definitions}
        for number, name in enumerate(definitions):
            self.matchers[name] = _rule(number, bodies[name])
        without = "expression_without_mistakes"
        self.matchers[without] = _without_mistakes(self.matchers[without])
        for name, text in definitions.items():
            bodies[name] += map(_matcher, self.alternatives(text))
        for name, mistakes in MISTAKES.items():
            for mistake in mistakes:
                (alternative,) = self.alternatives(mistake.pattern)
                self.mistakes[name].append(_reported(alternative, mistake))
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
        elements: list[Matcher] = []
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
                rule, matcher = self.element()
                elements.append(matcher)
                labels.append((label, rule))
        return _Alternative(elements, labels, cut, check)

    def element(self) -> tuple[str, Matcher]:
        """One element with what stands before and behind it; and the rule that it names."""
        word = self.words[self.place]
        self.place += 1
        if word in ("&", "!"):
            rule, matcher = self.element()
            return rule, _ahead(matcher, wanted=word == "&")
        if word == "^":
            text = self.words[self.place][1:-1]
            self.place += 1
            return "", _forced(BY_TEXT[text], text)
        if word == "[":
            matcher = _matcher(self.sequence())
            self.place += 1
            return "", _repeated(matcher, at_least=0, at_most=1)
        matcher = self.primary(word)
        following = self.words[self.place]
        if following in ("*", "+"):
            self.place += 1
            matcher = _repeated(matcher, at_least=int(following == "+"))
        elif following == "%":
            separator = BY_TEXT[self.words[self.place + 1][1:-1]]
            self.place += 2
            matcher = _separated(matcher, _terminal(separator))
        return word, matcher

    def primary(self, word: str) -> Matcher:
        if word[0] == "'":
            return _terminal(BY_TEXT[word[1:-1]])
        if word[0] == '"':
            return _soft(frozenset((word[1:-1],)))
        if word[0] == "<":
            return _mistaken(self.mistakes[word.strip("<!>")], always=word[-2] == "!")
        if word == "SOFT_KEYWORD":
            return _soft(_SOFT_KEYWORD_STARTS)
        return _terminal(_KINDS[word]) if word in _KINDS else self.matchers[word]


def _rule(number: int, alternatives: list[Matcher]) -> Matcher:
    """The first alternative that fits, looked for once at each token."""

    def match(reader: Reader, pos: int) -> int:
        memory = reader.memory[number]
        if pos in memory:
            return memory[pos]
        end = NOTHING
        for alternative in alternatives:
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


def _mistaken(mistakes: list[Matcher], always: bool) -> Matcher:
    def match(reader: Reader, pos: int) -> int:
        if always or reader.looking:
            for mistake in mistakes:
                mistake(reader, pos)
        return NOTHING

    return match


def _matcher(alternative: _Alternative) -> Matcher:
    elements, _, cut, check = alternative
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
    elements, labels, cut, _ = alternative
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
