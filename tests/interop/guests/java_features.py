"""What Kaa's users do with Java: one function a feature, run by `tests/interop/test_java.py` under `kaa`."""

import threading

from java.lang import (
    Character,
    IllegalStateException,
    Integer,
    Math,
    NoSuchMethodError,
    NumberFormatException,
    Runnable,
    String,
    StringBuilder,
    Thread,
)
from java.math import BigDecimal, BigInteger
from java.nio.file import Paths
from java.util import (
    ArrayList,
    Arrays,
    BitSet,
    Collections,
    Comparator,
    Date,
    HashMap,
    HashSet,
    List,
    Objects,
)
from java.util.concurrent import Callable, Executors, FutureTask
from java.util.stream import Collectors
from jpype import JArray, JDouble, JInt, JLong, JObject

from kaa.interop import java as kaa_java


def imports():
    import java
    import java.util.zip as archives
    from java.util.concurrent.atomic import AtomicInteger

    assert java.util.ArrayList is ArrayList and archives.CRC32 and AtomicInteger(3).incrementAndGet() == 4
    names = {}
    exec("from java.util import *", names)
    assert names["ArrayList"] is ArrayList and names["Locale"]


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
    assert seen == ["go"] and len(button.actionPerformed) == 1
    button.actionPerformed = lambda event: seen.append("instead")
    button.mouseEntered = print  # one of several methods of its listener
    button.doClick()
    assert seen == ["go", "instead"] and button.mouseEntered == [print] and not button.mouseExited
    button.actionPerformed = None
    button.doClick()
    assert len(seen) == 2 and not button.actionPerformed


def several_functions_for_an_event():
    from javax.swing import JButton

    button, seen = JButton("go"), []

    def first(event):
        seen.append("first")

    button.actionPerformed += first
    button.actionPerformed += lambda event: seen.append("second")
    button.doClick()
    assert seen == ["first", "second"] and button.actionPerformed[0] is first
    button.actionPerformed -= first
    button.doClick()
    assert seen == ["first", "second", "second"]
    try:
        button.actionPerformed -= first
    except ValueError:
        assert len(button.actionPerformed) == 1
    else:
        raise AssertionError("no error")


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
    assert values == (9, 3) and repr(values) == "[9, 3]"


def methods_of_lists():
    """Each step is done to a list of Java's and a list of Python's."""
    java, python = ArrayList([5, 6, 7, 8]), [5, 6, 7, 8]
    for step in (
        lambda values: values.extend(n * n for n in range(3)),
        lambda values: values.insert(-100, "first"),
        lambda values: values.insert(100, "last"),
        lambda values: values.append("x"),
        lambda values: values.remove("last"),
        lambda values: values.pop(),
        lambda values: values.pop(0),
        lambda values: values.__iadd__([3, 1]),
        lambda values: values.__setitem__(slice(1, 3), [0]),
        lambda values: values.__setitem__(slice(None, None, 4), [9, 9]),
        lambda values: values.__delitem__(slice(None, None, 3)),
        lambda values: values.__delitem__(-1),
        lambda values: values.sort(),
        lambda values: values.sort(reverse=True),
        lambda values: values.sort(key=lambda n: n % 3),
        lambda values: values.reverse(),
    ):
        step(java)
        step(python)
        assert java == python, (java, python)
    for place in (slice(1, 3), slice(None, None, -1), slice(-2, None), slice(9, 2), slice(None, None, 2)):
        assert java[place] == python[place]
    assert (java.index(9), java.count(9)) == (python.index(9), python.count(9))
    for call in (lambda: java.index("no"), lambda: java.remove("no")):
        try:
            call()
        except ValueError as error:
            assert "no" in str(error) or not str(error)
        else:
            raise AssertionError("no error")
    assert ArrayList([5, 6, 7]).remove(1) == 6  # Java's: by the place


def maps_and_sets():
    prices = HashMap({"a": 1})
    prices["b"] = 2
    assert prices == {"a": 1, "b": 2} and "b" in prices and sorted(prices) == ["a", "b"] and len(prices) == 2
    assert HashSet([1, 2]) == {1, 2} and 1 in HashSet([1])


def methods_of_maps_and_sets():
    prices = HashMap({"a": 1})
    prices.update({"b": 2}, c=3)
    assert prices.pop("c") == 3 and prices.pop("c", 0) == 0 and prices.setdefault("d", 4) == 4
    assert dict(prices.items()) == {"a": 1, "b": 2, "d": 4} and sorted(prices.keys()) == ["a", "b", "d"]
    for call in (lambda: prices.pop("no"), lambda: prices.__delitem__("no"), lambda: prices["no"]):
        try:
            call()
        except KeyError as error:
            assert "no" in str(error)
        else:
            raise AssertionError("no error")
    some = HashSet({1, 2, 3})
    assert (
        some & {2, 3, 9} == {2, 3}
        and some | {7} == {1, 2, 3, 7}
        and some - {1} == {2, 3}
        and some ^ {1} == {2, 3}
    )
    assert {1, 2} <= some < {1, 2, 3, 4} and some.isdisjoint([7])
    some |= {8}
    some.discard(1)
    assert some == {2, 3, 8}


def python_collections_to_java():
    assert Collections.max([1, 5, 2]) == 5 and ArrayList((1, 2)).containsAll([2, 1])
    assert Collections.unmodifiableMap({"a": 1})["a"] == 1
    assert Collections.unmodifiableList([1, 2]) == [1, 2] and Collections.unmodifiableSet({1}) == {1}
    assert ArrayList([[1], {"k": (1, 2)}, {3}]) == [[1], {"k": [1, 2]}, {3}]
    assert ArrayList([1]).stream().map(lambda x: [x, [x]]).toList() == [[1, [1]]]


def python_objects_in_java():
    class Point:
        def __init__(self, x):
            self.x = x

        def __eq__(self, other):
            return isinstance(other, Point) and self.x == other.x

        def __hash__(self):
            return self.x

        def __str__(self):
            return f"<{self.x}>"

    class Unhashable(Point):
        __hash__ = None

    point = Point(-3)
    values = ArrayList([point, len, Point])
    assert values[0] is point and values[1] is len and values[2] is Point
    assert Point(-3) in values and Point(4) not in values and values.indexOf(Point(-3)) == 0
    names = HashMap({point: "it"})
    assert names[Point(-3)] == "it" and next(iter(names)) is point
    assert Objects.toString(point) == "<-3>" and str(Arrays.asList(point, None)) == "[<-3>, null]"
    assert HashSet([Unhashable(1)]).size() == 1 and not ArrayList([None]).contains(point)
    assert ArrayList([String])[0] == String.class_


def arrays():
    numbers = JArray(JInt)([1, 2, 3])
    numbers[0] = 7
    assert (
        list(numbers) == [7, 2, 3] and len(numbers) == 3 and numbers[-1] == 3 and list(numbers[1:]) == [2, 3]
    )


def arrays_by_code():
    from jarray import array, zeros

    assert Arrays.toString(array([1, 2], "i")) == "[1, 2]" and list(zeros(2, "d")) == [0.0, 0.0]
    assert [type(array([], code)) for code in "zcbhlf"] == [type(zeros(0, code)) for code in "zcbhlf"]
    assert list(array(["a"], String)) == ["a"] and list(zeros(1, String)) == [None]
    try:
        array(["a"], "i")
    except TypeError:
        pass
    else:
        raise AssertionError("no error")


def overloads():
    """What Jython's order of overloads chooses: `ReflectedArgs.precedence` in its source."""
    assert Math.abs(-3) == 3 and Math.abs(-2.5) == 2.5 and Math.max(1, 2.5) == 2.5 and Math.abs(True) == 1
    assert [String.valueOf(x) for x in (12, 1.5, True, "a", "abc")] == ["12", "1.5", "true", "a", "abc"]
    assert [Math.abs(-(2**40)), Math.max(2**40, 2), Math.floorMod(2**40, 3)] == [2**40, 2**40, 1]
    assert str(
        StringBuilder().append(12).append(0.5).append(False).append("x").append("yz").append(None)
    ) == ("120.5falsexyznull")
    assert str(StringBuilder("abc").insert(1, 12).insert(0, "x").insert(0, True)) == "truexa12bc"
    assert BigDecimal(12) == BigDecimal("12") and BigDecimal.valueOf(0.5) == BigDecimal("0.5")
    assert BigDecimal.valueOf(12) == BigDecimal(12) and BigDecimal(2**80) == BigDecimal(str(2**80))
    assert BigInteger.valueOf(2**40) == BigInteger(str(2**40)) and BigInteger("2").add(2**80).bitCount() == 2
    assert String("abcb").indexOf("b") == 1 and String("abcb").indexOf(98) == 1
    assert String("abcb").indexOf("b", 2) == 3 and String("abcb").indexOf(98, 2) == 3
    assert Integer.toString(12) == "12" and Integer.toString(12, 2) == "1100" and Integer.valueOf("7") == 7
    assert Character.isDigit("1") and Character.isDigit(49) and Character.toString("a") == "a"
    bits = BitSet()
    bits.set(1, True)
    bits.set(3, 5)
    assert str(bits) == "{1, 3, 4}"


def overloads_of_arrays():
    assert (Arrays.toString([1, 2]), Arrays.toString([0.5]), Arrays.toString(["a"])) == (
        "[1, 2]",
        "[0.5]",
        "[a]",
    )
    assert Arrays.toString([2**40]) == "[1099511627776]" and Arrays.toString([1, "a"]) == "[1, a]"
    assert (
        Arrays.equals([1, 2], [1, 2]) and not Arrays.equals(["a"], ["b"]) and Arrays.stream([1, 2]).sum() == 3
    )
    for kind, value in ((JInt, 7), (JLong, 7), (JDouble, 0.5), (JObject, "x")):
        array = JArray(kind)(2)
        Arrays.fill(array, value)
        Arrays.fill(array, 0, 1, value)
        assert list(array) == [value, value]
    assert (
        String([97, 98], 0, 2) == "ab" and String.join("-", ["a", "b"]) == String.join("-", "a", "b") == "a-b"
    )


def overloads_with_any_number_of_arguments():
    assert List.of(1) == [1] and List.of(1, 2) == [1, 2] and List.of(*range(20)) == list(range(20))
    assert Arrays.asList("a", 1) == ["a", 1] and String.format("%d %s", 1, "a") == "1 a"
    assert Paths.get("a", "b", "c").toString() == "a/b/c" and Objects.hash(1, 2) == Objects.hash(1, 2)


def overloads_of_functions():
    seen = []
    thread = Thread(lambda: seen.append(1), "named")
    thread.start()
    thread.join()
    assert seen == [1] and thread.name == "named" and Thread("other").name == "other"
    pool = Executors.newSingleThreadExecutor()
    assert pool.submit(lambda: 42).get() == 42  # as a Callable, which keeps the result
    assert pool.submit(lambda: seen.append(2), "result").get() == "result" and seen == [1, 2]  # as a Runnable
    pool.shutdown()
    words = ArrayList(["bb", "a"])
    words.sort(Comparator.comparing(len))
    assert words == ["a", "bb"]


def overloads_that_do_not_fit():
    for call in (
        lambda: Math.abs("a"),
        lambda: String.valueOf(),
        lambda: Integer.toString(1, 2, 3),
        lambda: Date([]),
    ):
        try:
            call()
        except TypeError as error:
            assert "No matching overloads found" in str(error)
        else:
            raise AssertionError("no error")

    def fail(value):
        raise OverflowError("Cannot convert value to Java int")  # as JPype says it, but this is the program's

    calls = []
    try:
        ArrayList([1, 2]).forEach(lambda value: (calls.append(value), fail(value)))
    except OverflowError:
        assert calls == [1]  # and so nothing is called twice
    else:
        raise AssertionError("no error")


def overloads_of_random_values():
    import random

    choose = random.Random(7)
    makers = [
        (lambda: choose.randrange(-(2**31), 2**31), str),
        (lambda: choose.randrange(-(2**63), 2**63), str),
        (lambda: choose.random() < 0.5, lambda value: str(value).lower()),
        (lambda: choose.choice("abcé"), str),
        (lambda: choose.choice(["", "ab", "xyz"]), str),
        (lambda: choose.randrange(100) / 4, str),
        (lambda: None, lambda value: "null"),
        (lambda: [choose.randrange(9), "ab"], lambda value: f"[{value[0]}, ab]"),
    ]
    for _ in range(300):
        builder, expected = StringBuilder(), ""
        for _ in range(choose.randrange(4)):
            make, text = choose.choice(makers)
            value = make()
            builder.append(value)
            expected += text(value)
        assert str(builder) == expected == String.valueOf(builder)


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
