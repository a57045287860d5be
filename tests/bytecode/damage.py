"""Damaged cache files: whole ones with flipped bits, cut ends, spliced instructions, swapped tables.

`case(number)` is always the same file for the same number. Half of the damage is done to the bytes, blindly; the other
half to the fields of the code objects, so that the file is well formed and only the code is wrong.
"""

import marshal
import struct
from functools import cache
from pathlib import Path
from random import Random

from kaa.bytecode import code_units, pyc
from kaa.bytecode.code_image import CodeImage, image_of
from kaa.bytecode.instructions import BY_NUMBER

PROGRAMS = Path(__file__).parent / "programs"


@cache
def images():
    """The programs' code images, all the way down. The last one is so large that arguments need EXTENDED_ARG."""
    sources = [path.read_text() for path in sorted(PROGRAMS.glob("*.py"))]
    body = "".join(f"    v{n} = f(v{n - 1}, {n}.5)\n" for n in range(1, 270))
    sources.append(f"def f(a, b):\n    return b\nfor v0 in range(3):\n{body}print(v269)\n")
    return [whole(compile(source, "<program>", "exec")) for source in sources]


def whole(code):
    image = image_of(code)
    return image._replace(consts=tuple(whole(c) if hasattr(c, "co_code") else c for c in image.consts))


def write(value):
    """Marshal data of an image, as the host would write its code object, but without asking the host to make one."""
    if isinstance(value, CodeImage):
        numbers = struct.pack("<5i", *value[:5])
        return (
            b"c"
            + numbers
            + b"".join(map(write, value[5:13]))
            + struct.pack("<i", value[13])
            + (write(value[14]) + write(value[15]))
        )
    if type(value) is tuple:
        return b"(" + struct.pack("<i", len(value)) + b"".join(map(write, value))
    return marshal.dumps(value, 2)


def file_of(image):
    return pyc.Header(1, 2).encode() + write(image)


def nested(image):
    """An image and all images in its constants."""
    yield image
    for constant in image.consts:
        if isinstance(constant, CodeImage):
            yield from nested(constant)


def replaced(image, old, new):
    """The same tree of images with one of them exchanged."""
    if image is old:
        return new
    if old not in image.consts and not any(isinstance(c, CodeImage) for c in image.consts):
        return image
    consts = tuple(replaced(c, old, new) if isinstance(c, CodeImage) else c for c in image.consts)
    return image._replace(consts=consts)


# Damage to bytes


def flip_bits(data, chance):
    for _ in range(chance.choice((1, 1, 1, 2, 3, 8))):
        data[chance.randrange(pyc.HEADER_SIZE, len(data))] ^= 1 << chance.randrange(8)
    return data


def overwrite(data, chance):
    for _ in range(chance.choice((1, 1, 2, 4))):
        data[chance.randrange(pyc.HEADER_SIZE, len(data))] = chance.choice(
            (0, 1, 0xFF, chance.randrange(256))
        )
    return data


def cut(data, chance):
    return data[: chance.randrange(len(data))]


def move_bytes(data, chance):
    start = chance.randrange(pyc.HEADER_SIZE, len(data))
    length = chance.choice((1, 2, 4, 20))
    if chance.random() < 0.5:
        del data[start : start + length]
    else:
        other = chance.randrange(pyc.HEADER_SIZE, len(data))
        data[start:start] = data[other : other + length]
    return data


# Damage to code objects


def change_instruction(image, other, chance):
    """Other opcodes and arguments in the places of instructions; their caches fit."""
    steps = [(step.opcode, step.oparg) for step in code_units.instructions(image.code)]
    known = [number for number, row in BY_NUMBER.items() if number < 256 and row.name != "EXTENDED_ARG"]
    for _ in range(chance.choice((1, 1, 1, 2, 4))):
        index = chance.randrange(len(steps))
        opcode, oparg = steps[index]
        match chance.randrange(6):
            case 0:
                steps[index] = chance.choice(known), oparg
            case 1:
                steps[index] = opcode, max(0, oparg + chance.choice((-2, -1, 1, 2)))
            case 2:
                steps[index] = opcode, chance.choice((0, 1, 2, 3, 255, 256, chance.randrange(1 << 16)))
            case 3:
                del steps[index]
            case 4:
                steps.insert(index, chance.choice(steps))
            case 5:
                at = chance.randrange(len(steps))
                steps[index], steps[at] = steps[at], steps[index]
        if not steps:
            break
    return image._replace(code=b"".join(code_units.encode(*step) for step in steps))


def splice_instructions(image, other, chance):
    """A stretch of another code object's instructions."""
    mine, theirs = code_units.instructions(image.code), code_units.instructions(other.code)
    first, last = sorted(chance.choices(range(len(theirs)), k=2))
    at, end = sorted(chance.choices(range(len(mine)), k=2))
    steps = mine[:at] + theirs[first : last + 1] + (mine[end:] if chance.random() < 0.5 else mine[at:])
    return image._replace(code=b"".join(code_units.encode(step.opcode, step.oparg) for step in steps))


SWAPPED = (
    "code",
    "consts",
    "names",
    "slots",
    "kinds",
    "linetable",
    "exceptiontable",
    "flags",
    "stacksize",
    "argcount",
)


def swap_fields(image, other, chance):
    """Fields of another code object: tables, names, constants."""
    fields = chance.sample(SWAPPED, chance.choice((1, 1, 2, 3)))
    return image._replace(**{field: getattr(other, field) for field in fields})


def change_numbers(image, other, chance):
    field = chance.choice(
        ("argcount", "posonlyargcount", "kwonlyargcount", "stacksize", "flags", "firstlineno")
    )
    change = chance.choice((-1, 1, 2, -5, 1 << 20, -(1 << 31), (1 << 31) - 1))
    number = getattr(image, field)
    changed = number ^ (1 << chance.randrange(30)) if field == "flags" else number + change
    return image._replace(**{field: min(max(changed, -(1 << 31)), (1 << 31) - 1)})


def change_constants(image, other, chance):
    pool = [*image.consts, *other.consts, None, -1, (), ("x",), "y", b""]
    consts = list(image.consts)
    if consts:
        consts[chance.randrange(len(consts))] = chance.choice(pool)
    return image._replace(consts=tuple(consts[: chance.choice((len(consts), len(consts), 1))]))


def change_table(image, other, chance):
    """The bytes of the exception table, the kinds of the variables, or the location table."""
    field = chance.choice(("exceptiontable", "exceptiontable", "kinds", "linetable"))
    table = bytearray(getattr(image, field))
    if table:
        at = chance.randrange(len(table))
        table[at] = (table[at] + chance.choice((-1, 1, 2, 0x40, 0x80, chance.randrange(256)))) & 0xFF
    return image._replace(**{field: bytes(table)})


OF_BYTES = (flip_bits, flip_bits, overwrite, cut, move_bytes)
OF_CODE = (
    *(change_instruction, change_instruction, change_instruction, splice_instructions, swap_fields),
    *(change_numbers, change_constants, change_table),
)


def case(number):
    """The name of the damage, and the damaged file."""
    chance = Random(number)
    image = chance.choice(images())
    if chance.random() < 0.5:
        hurt = chance.choice(OF_BYTES)
        return hurt.__name__, bytes(hurt(bytearray(file_of(image)), chance))
    hurt = chance.choice(OF_CODE)
    target = chance.choice(list(nested(image)))
    other = chance.choice(list(nested(chance.choice(images()))))
    return hurt.__name__, file_of(replaced(image, target, hurt(target, other, chance)))
