"""Damaged caches never crash what reads them with care; `python -m tests.bytecode.fuzz` feeds a hundred thousand."""

import marshal
import warnings

from kaa.bytecode import pyc, reader
from kaa.bytecode.code_image import DamagedCode

from . import damage
from .fuzz import fuzz, run_all, totals
from .test_reader import same


def test_the_writer_writes_what_marshal_reads():
    for image in damage.images():
        assert marshal.loads(damage.write(image)) == pyc.load(damage.file_of(image))


def test_what_was_verified_is_what_runs():
    """Where our reader and the verifier are content, the host reads the same code object as we did."""
    accepted = 0
    for number in range(300):
        _, data = damage.case(number)
        try:
            code = pyc.load(data)
        except DamagedCode:
            continue
        accepted += 1
        assert same(reader.read(data, pyc.HEADER_SIZE)[0], code), number
    assert accepted > 30


def test_damaged_caches():
    """Neither Kaa nor, once a file has been proved, the host's own trusting loop crashes or hangs."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # a fork, in a process with pytest's threads
        counts, errors = fuzz(["reference", "verified"], first=313_000_000, count=500)
    assert errors == {"reference": [], "verified": []}
    for found in counts.values():
        outcomes = totals(found)
        assert min(outcomes["refused"], outcomes["ran"], outcomes["raised"]) > 5
        assert sum(outcomes.values()) == 500


def test_crashes_are_seen():
    """The harness itself: a file that crashes the host is counted, and those after it are run."""
    image = damage.images()[0]
    whole, broken = damage.file_of(image), damage.file_of(image._replace(code=b"\x20\x00" * 60))
    assert run_all("host", [whole, broken, whole]) == ["ran", "crashed", "ran"]
    assert run_all("verified", [whole, broken, whole]) == ["ran", "refused", "ran"]
