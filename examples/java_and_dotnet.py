"""Java and .NET in one program: `pip install 'kaa[java,dotnet]'`, then `kaa examples/java_and_dotnet.py`."""

import clr
from java.lang import Integer, NumberFormatException, Runnable, Thread
from java.util import ArrayList, HashMap
from java.util.stream import Collectors

clr.AddReference("System.Linq")
import System  # noqa: E402  # .NET's namespaces are there once `clr` is
from System.Collections.Generic import List  # noqa: E402
from System.Linq import Enumerable  # noqa: E402

# Java's collections are Python's, and Python's functions are Java's.
names = ArrayList(["Kaa", "Bagheera", "Baloo"])
print("Java:", names, len(names), names[-1], "Kaa" in names, names == ["Kaa", "Bagheera", "Baloo"])
print(
    "A stream:", names.stream().filter(lambda name: name.startswith("B")).collect(Collectors.joining(" and "))
)
print("A map:", dict(HashMap({"python": 4})))


class Hunt(Runnable):
    """A Python class that Java runs in a thread of its own."""

    def run(self):
        print("Running in the thread", Thread.currentThread().name)


thread = Thread(Hunt())
thread.name = "jungle"
thread.start()
thread.join()

try:
    Integer.parseInt("seven")
except NumberFormatException as error:
    print("Java says:", error.message)

# .NET has its generics, and its delegates are Python's functions.
numbers = List[int]()
for number in range(5):
    numbers.Add(number)
print(".NET:", list(numbers), numbers.Count)
print("LINQ:", Enumerable.Sum[int](numbers, System.Func[int, int](lambda n: n * n)))
print("From Java to .NET:", Enumerable.Count[str](list(names)))
