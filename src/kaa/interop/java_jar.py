"""Make `kaa.jar`, with which a Java program runs Python scripts: `python -m kaa.interop.java_jar kaa.jar`.

In: the sources in `embedding/java` and a JDK's compiler, that of `JAVA_HOME` or of the path. Out: a jar with the script
engine, which knows the Python that made it: its library, its executable, and JPype's own jar.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

import kaa
from kaa.interop.python_library import library

SOURCES = Path(__file__).parent / "embedding" / "java"

RELEASE = "11"
"""The Java that the classes are compiled for."""

SERVICE = "META-INF/services/javax.script.ScriptEngineFactory"


def build(jar: Path) -> None:
    """Compile the classes and put them into a jar.

    Raises:
        FileNotFoundError: there is no compiler, no JPype, or no library of this Python's.
        subprocess.CalledProcessError: the compiler refused.
    """
    with tempfile.TemporaryDirectory() as folder:
        sources = map(str, sorted(SOURCES.glob("*.java")))
        subprocess.run([compiler(), "--release", RELEASE, "-d", folder, *sources], check=True)
        with zipfile.ZipFile(jar, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr("META-INF/MANIFEST.MF", _manifest())
            archive.writestr(SERVICE, "kaa.KaaScriptEngineFactory\n")
            archive.writestr("kaa/python.properties", _settings())
            for file in sorted(Path(folder).rglob("*.class")):
                archive.write(file, file.relative_to(folder))


def compiler() -> str:
    """The path of `javac`. Raises FileNotFoundError if there is none."""
    home = os.environ.get("JAVA_HOME", "")
    found = shutil.which("javac", path=os.path.join(home, "bin")) if home else shutil.which("javac")
    if not found:
        raise FileNotFoundError("no javac: it comes with a JDK; set JAVA_HOME to one, or put it on the path")
    return found


def _manifest() -> str:
    """The manifest, whose class path has JPype's jar. Its lines have at most 72 bytes, and go on after a blank."""
    line = "Class-Path: " + _jpype_jar().as_uri()
    pieces = [line[:72], *(" " + line[start : start + 71] for start in range(72, len(line), 71))]
    return "Manifest-Version: 1.0\n" + "\n".join(pieces) + "\n"


def _jpype_jar() -> Path:
    import _jpype

    jar = Path(_jpype.__file__).parent / "org.jpype.jar"
    if not jar.is_file():
        raise FileNotFoundError(f"no {jar}: pip install 'kaa[java]'")
    return jar


def _settings() -> str:
    """`python.properties`, in ASCII with Java's escapes."""
    values = {"library": library(), "executable": sys.executable, "version": kaa.version}
    return "".join(f"{name}={_escaped(value)}\n" for name, value in values.items())


def _escaped(value: str) -> str:
    units = value.replace("\\", "\\\\").encode("utf-16-be")
    numbers = (int.from_bytes(units[place : place + 2]) for place in range(0, len(units), 2))
    return "".join(chr(number) if number < 128 else f"\\u{number:04x}" for number in numbers)


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit("usage: python -m kaa.interop.java_jar kaa.jar")
    try:
        build(Path(sys.argv[1]))
    except (FileNotFoundError, subprocess.CalledProcessError) as fault:
        sys.exit(str(fault))
