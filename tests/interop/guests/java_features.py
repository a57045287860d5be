"""What Kaa's users do with Java: one function a feature, run by `tests/interop/test_java.py` under `kaa`."""

import threading

from java.lang import (
    IllegalStateException,
    Integer,
    Math,
    NoSuchMethodError,
    NumberFormatException,
    Runnable,
    String,
    Thread,
)
from java.util import ArrayList, Collections, Comparator, HashMap, HashSet
from java.util.concurrent import Callable, Executors, FutureTask
from java.util.stream import Collectors
from jpype import JArray, JInt

from kaa.interop import java as kaa_java


def imports():
    import java
    import java.util.zip as archives
    from java.util.concurrent.atomic import AtomicInteger

    assert java.util.ArrayList is ArrayList and archives.CRC32 and AtomicInteger(3).incrementAndGet() == 4


def strings():
    assert String("ab").concat("c") == "abc" and type(String("ab").concat("c")) is str


def bean_properties():
    thread = Thread()
    thread.name, thread.daemon = "Mowgli", True
    assert thread.getName() == "Mowgli" and thread.name == "Mowgli" and thread.daemon and thread.isDaemon()
    assert ArrayList().empty


def bean_properties_of_two_classes():
    from javax.swing import JButton  # it overrides a setter whose getter is a superclass's

    button = JButton("go")
    button.enabled = False
    assert button.text == "go" and not button.enabled and not button.isEnabled()


def bean_events():
    from javax.swing import JButton

    button, seen = JButton("go"), []
    button.actionPerformed = lambda event: seen.append(event.source.text)
    button.doClick()
    assert seen == ["go"] and button.actionPerformed is not None
    button.actionPerformed = lambda event: seen.append("instead")
    button.mouseEntered = print  # one of several methods of its listener
    button.doClick()
    assert seen == ["go", "instead"] and button.mouseEntered is print and button.mouseExited is None
    button.actionPerformed = None
    button.doClick()
    assert len(seen) == 2 and button.actionPerformed is None


def properties_as_keywords():
    from javax.swing import JButton

    assert Thread(name="Mowgli", daemon=True).name == "Mowgli"
    seen = []
    JButton("go", actionPerformed=seen.append).doClick()
    assert len(seen) == 1
    try:
        Thread(nosuch=1)
    except AttributeError as error:
        assert "nosuch" in str(error)
    else:
        raise AssertionError("no error")


def lists():
    values = ArrayList([1, 2, 3])
    assert values == [1, 2, 3] and values != [1, 2] and values == ArrayList([1, 2, 3])
    assert (len(values), values[0], values[-1], list(values[1:]), 2 in values) == (3, 1, 3, [2, 3], True)
    assert [value * 2 for value in values] == [2, 4, 6]
    values[0] = 9
    del values[1]
    assert values == (9, 3)


def maps_and_sets():
    prices = HashMap({"a": 1})
    prices["b"] = 2
    assert prices == {"a": 1, "b": 2} and "b" in prices and sorted(prices) == ["a", "b"] and len(prices) == 2
    assert HashSet([1, 2]) == {1, 2} and 1 in HashSet([1])


def python_collections_to_java():
    assert Collections.max([1, 5, 2]) == 5 and ArrayList((1, 2)).containsAll([2, 1])
    assert Collections.unmodifiableMap({"a": 1})["a"] == 1


def arrays():
    numbers = JArray(JInt)([1, 2, 3])
    numbers[0] = 7
    assert (
        list(numbers) == [7, 2, 3] and len(numbers) == 3 and numbers[-1] == 3 and list(numbers[1:]) == [2, 3]
    )


def overloads():
    assert Math.abs(-3) == 3 and Math.abs(-2.5) == 2.5 and Math.max(1, 2.5) == 2.5
    assert String.valueOf(JInt(12)) == "12"


def implementing_interfaces():
    class Base:
        def label(self):
            return "base"

    class Task(Base, Runnable):
        def __init__(self, number):
            super().__init__()
            self.number, self.result = number, None

        def run(self):
            self.result = (self.label(), self.number + 1)

    class Louder(Task):
        def label(self):
            return super().label().upper()

    for kind, label in ((Task, "base"), (Louder, "BASE")):
        task = kind(4)
        assert isinstance(task, Runnable) and not isinstance(task, (Comparator, Thread))
        thread = Thread(task)
        thread.start()
        thread.join()
        assert task.result == (label, 5)

    class Backwards(Comparator):
        def compare(self, left, right):
            return (right > left) - (right < left)

    words = ArrayList(["a", "c", "b"])
    Collections.sort(words, Backwards())
    assert words == ["c", "b", "a"]


def missing_methods():
    class Lazy(Runnable):
        pass

    try:
        Thread(Lazy()).run()
    except NoSuchMethodError as error:
        assert "run" in str(error)
    else:
        raise AssertionError("no error")


def extending_classes_is_refused():
    try:

        class Mine(ArrayList):
            pass
    except TypeError as error:
        assert "interfaces only" in str(error)
    else:
        raise AssertionError("no error")


def functions_as_lambdas():
    stream = ArrayList([3, 1, 2]).stream().filter(lambda x: x > 1).map(lambda x: str(x)).sorted()
    assert stream.collect(Collectors.joining("-")) == "2-3"


def java_exceptions():
    try:
        Integer.parseInt("zz")
    except NumberFormatException as error:
        assert isinstance(error, Exception) and "zz" in error.getMessage() and "zz" in error.message
        assert "java.lang.Integer.parseInt" in error.stacktrace()
    else:
        raise AssertionError("no error")
    try:
        raise IllegalStateException("mine")
    except IllegalStateException as error:
        assert error.message == "mine"


def java_stack_in_the_traceback():
    import traceback

    try:
        Integer.parseInt("zz")
    except NumberFormatException:
        text = traceback.format_exc()
    assert "in java.lang.Integer.parseInt" in text and "in java_stack_in_the_traceback" in text


def python_exceptions_through_java():
    try:
        ArrayList([1]).forEach(lambda x: x / 0)
    except ZeroDivisionError as error:
        assert str(error) == "division by zero"
    else:
        raise AssertionError("no error")


def synchronized():
    counts = {"n": 0}
    lock = ArrayList()

    def add():
        for _ in range(200):
            with kaa_java.synchronized(lock):
                counts["n"] = counts["n"] + 1

    threads = [Thread(add) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert counts["n"] == 800
    assert kaa_java.make_synchronized(lambda monitor: Thread.holdsLock(monitor))(lock)


def threads_of_java():
    pool = Executors.newFixedThreadPool(4)
    names = set()

    def work(number):
        names.add(threading.get_ident())
        return sum(range(number))

    futures = [pool.submit(Callable @ (lambda n=n: work(n))) for n in range(40)]
    assert [future.get() for future in futures] == [sum(range(n)) for n in range(40)]
    pool.shutdown()
    assert threading.get_ident() not in names
    task = FutureTask(Callable @ (lambda: 42))
    task.run()
    assert task.get() == 42
