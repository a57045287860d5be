"""The command line of `kaa`: CPython's options, read by CPython's rules.

In: the words after the command's name. Out: a `CommandLine` that says what to run and how. Nothing is done
here; the `launcher` acts on it. The rules are those of CPython's own scanner: options may be clustered (`-OBc
code`), an option's value may follow at once or as the next word, `-c` and `-m` end the options, and so do
`-`, `--` and the first other word.

The same scanner reads the words that the *host* was started with (`sys.orig_argv`), so that Kaa knows which
options the host has already seen.
"""

from __future__ import annotations

#: Option letters that count how often they were given, and the fields of `sys.flags` that they raise.
COUNTED: dict[str, tuple[str, ...]] = {
    "b": ("bytes_warning",),
    "B": ("dont_write_bytecode",),
    "d": ("debug",),
    "E": ("ignore_environment",),
    "i": ("inspect", "interactive"),
    "I": ("isolated", "ignore_environment", "no_user_site", "safe_path"),
    "O": ("optimize",),
    "P": ("safe_path",),
    "q": ("quiet",),
    "R": ("hash_randomization",),
    "s": ("no_user_site",),
    "S": ("no_site",),
    "t": (),  # accepted and without effect, as in CPython
    "u": (),  # changes the streams
    "v": ("verbose",),
    "x": (),  # changes how the script is read
}

#: Letters that take a value.
VALUED = frozenset("cmWX")

#: Letters and words that make Kaa print something and leave, and the name of what is printed.
ANSWERED: dict[str, str] = {
    "h": "help",
    "?": "help",
    "V": "version",
    "help": "help",
    "version": "version",
    "help-all": "help-all",
    "help-env": "help-env",
    "help-xoptions": "help-xoptions",
}

CHECK_HASH_POLICIES = ("default", "always", "never")


class UsageError(Exception):
    """The command line cannot be understood; the text is what CPython prints above its usage line."""


class CommandLine:
    """What a command line asks for.

    Attributes:
        counts: for each counted letter that was given, how often.
        warnings: the values of `-W`, in order.
        x_options: the values of `-X`, in order, as given (`name` or `name=value`).
        check_hash: the value of `--check-hash-based-pycs`, or None.
        answer: "help", "version" and so on when Kaa is only asked to print something, else None.
        command, module, file: what to run; at most one is not None, and `file` may be "-".
        arguments: the words after it; for `-c` and `-m` without the code or the name.
        consumed: how many words the options took, values included.
    """

    __slots__ = (
        "answer",
        "arguments",
        "check_hash",
        "command",
        "consumed",
        "counts",
        "file",
        "module",
        "warnings",
        "x_options",
    )

    def __init__(self) -> None:
        self.counts: dict[str, int] = {}
        self.warnings: list[str] = []
        self.x_options: list[str] = []
        self.check_hash: str | None = None
        self.answer: str | None = None
        self.command: str | None = None
        self.module: str | None = None
        self.file: str | None = None
        self.arguments: list[str] = []
        self.consumed = 0

    def given(self, letter: str) -> int:
        """How often a counted letter was given."""
        return self.counts.get(letter, 0)

    def raised_flags(self, letters: str) -> dict[str, int]:
        """By how much these letters raise which fields of `sys.flags`."""
        raised: dict[str, int] = {}
        for letter in letters:
            for field in COUNTED[letter]:
                if self.given(letter):
                    raised[field] = raised.get(field, 0) + self.given(letter)
        return raised

    def x_option(self, name: str) -> str | None:
        """The value of the last `-X name=value`; "" for `-X name`, None when it was not given."""
        found = None
        for option in self.x_options:
            key, _, value = option.partition("=")
            if key == name:
                found = value
        return found


def parse(words: list[str]) -> CommandLine:
    """Read a command line (without the command's own name).

    Raises:
        UsageError: an option is unknown or lacks its value.
    """
    line = CommandLine()
    position = 0
    while position < len(words):
        word = words[position]
        if word == "--":
            position += 1
            break
        if word == "-" or not word.startswith("-"):
            break
        position += 1
        if word.startswith("--"):
            position = _long_option(line, word[2:], words, position)
        else:
            position = _cluster(line, word[1:], words, position)
        if line.command is not None or line.module is not None:
            line.arguments = words[position:]
            line.consumed = position
            return line
    line.consumed = position
    if position < len(words):
        line.file = words[position]
        line.arguments = words[position + 1 :]
    return line


def _long_option(line: CommandLine, name: str, words: list[str], position: int) -> int:
    """Read `--name`; `position` is that of the next word, and the answer the position after the option."""
    if name == "check-hash-based-pycs":
        if position >= len(words):
            raise UsageError(f"Argument expected for the --{name} options")
        if words[position] not in CHECK_HASH_POLICIES:
            raise UsageError("--check-hash-based-pycs must be one of 'default', 'always', or 'never'")
        line.check_hash = words[position]
        return position + 1
    if name not in ANSWERED:
        raise UsageError(f"unknown option --{name}")
    _answer(line, ANSWERED[name])
    return position


def _cluster(line: CommandLine, letters: str, words: list[str], position: int) -> int:
    """Read the letters of one word such as `-OBc`; the answer is the position after them and their value."""
    for index, letter in enumerate(letters):
        if letter in COUNTED:
            line.counts[letter] = line.counts.get(letter, 0) + 1
        elif letter in ANSWERED:
            _answer(line, ANSWERED[letter])
        elif letter in VALUED:
            value = letters[index + 1 :]
            if not value:
                if position >= len(words):
                    raise UsageError(f"Argument expected for the -{letter} option")
                value = words[position]
                position += 1
            _take_value(line, letter, value)
            return position
        elif letter == "J":
            raise UsageError("-J is reserved for Jython")
        else:
            raise UsageError(f"Unknown option: -{letter}")
    return position


def _answer(line: CommandLine, subject: str) -> None:
    """Note that `subject` is asked for: help goes before the version, and -V given twice says more."""
    if line.answer == "version" == subject:
        line.answer = "full-version"
    elif line.answer is None or subject.startswith("help"):
        line.answer = subject


def _take_value(line: CommandLine, letter: str, value: str) -> None:
    match letter:
        case "c":
            line.command = value
        case "m":
            line.module = value
        case "W":
            line.warnings.append(value)
        case "X":
            line.x_options.append(value)
