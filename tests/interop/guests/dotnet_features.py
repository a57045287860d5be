"""What Kaa's users do with .NET: one function a feature, run by `tests/interop/test_dotnet.py` under `kaa`."""

import clr
import System
from System import Action, Array, DayOfWeek, Func
from System.Collections import IComparer
from System.Collections.Generic import Dictionary, List
from System.IO import FileAccess, MemoryStream

IS_MONO = System.Type.GetType("Mono.Runtime") is not None


def references():
    assert clr.AddReference("System.Core").GetName().Name == "System.Core"
    from System.Linq import Enumerable

    assert Enumerable.Count[int]([1, 2]) == 2
    clr.AddReference("System.Xml")  # after an import, which has pythonnet put its own function back
    from System.Xml import XmlNodeType

    assert int(XmlNodeType.Element) == 1
    clr.AddReferenceByName("System.Collections")


def a_reference_by_its_path():
    import os

    path = Array.CreateInstance(System.Int32, 0).GetType().Assembly.Location
    folder = os.path.join(os.path.dirname(path), "Facades" if IS_MONO else "")
    clr.AddReferenceToFileAndPath(os.path.join(folder, "System.Collections.Concurrent.dll"))
    from System.Collections.Concurrent import ConcurrentQueue

    queue = ConcurrentQueue[int]()
    queue.Enqueue(3)
    assert queue.Count == 1


def generics():
    numbers = List[int]()
    numbers.Add(3)
    assert list(numbers) == [3] and len(numbers) == 1 and numbers[0] == 3 and 3 in numbers


def indexers():
    ages = Dictionary[str, int]()
    ages["Kaa"] = 100
    assert ages["Kaa"] == 100 and "Kaa" in ages and ages.Count == 1


def delegates():
    assert Func[int, int](lambda x: x + 1)(3) == 4
    seen = []
    Action[str](seen.append)("x")
    assert seen == ["x"]


def events():
    clr.AddReference("System.ObjectModel")
    from System.Collections.ObjectModel import ObservableCollection

    seen = []

    def changed(sender, event):
        seen.append(str(event.Action))

    values = ObservableCollection[int]()
    values.CollectionChanged += changed
    values.Add(1)
    values.CollectionChanged -= changed
    values.Add(2)
    assert seen == ["Add"]


def enums_and_flags():
    assert int(DayOfWeek.Monday) == 1 and DayOfWeek.Monday != DayOfWeek.Friday
    both = FileAccess.Read | FileAccess.Write
    assert both == FileAccess.ReadWrite and str(both) == "ReadWrite"


def properties():
    builder = System.Text.StringBuilder("abc")
    builder.Length = 2
    assert builder.Length == 2 and builder.ToString() == "ab"


def implementing_interfaces():
    class Backwards(IComparer):
        def Compare(self, left, right):
            return right - left

    class Forwards(Backwards):
        def Compare(self, left, right):
            return super().Compare(right, left)

    numbers = Array[int]([3, 1, 2])
    Array.Sort(numbers, Backwards())
    assert list(numbers) == [3, 2, 1]
    Array.Sort(numbers, Forwards())
    assert list(numbers) == [1, 2, 3]


def two_interfaces():
    seen = []

    class Both(IComparer, System.IDisposable):
        def Compare(self, left, right):
            return 0

        def Dispose(self):
            seen.append("disposed")

    with Both() as both:
        assert isinstance(both, IComparer) and isinstance(both, System.IDisposable)
    assert seen == ["disposed"]


def extending_classes():
    for _ in range(2):  # the same name again is another class

        class Quiet(System.EventArgs):
            def ToString(self):
                return "quiet"

        assert System.Convert.ToString(Quiet()) == "quiet"

    class Named(System.EventArgs):
        __namespace__ = "Kaa.Tests"

    assert Named().GetType().FullName == "Kaa.Tests.Named"


def extending_classes_with_constructors():
    class Counting(System.IO.StringWriter):
        def __init__(self, *arguments):
            super().__init__(*arguments)
            self.calls = 0

        def Write(self, *arguments):
            self.calls += 1
            super().Write(*arguments)

    class Louder(Counting):
        def ToString(self):
            return super().ToString().upper()

    builder = System.Text.StringBuilder("> ")
    writer = Louder(builder)
    writer.Write("{0}-{1}", "a", "b")
    assert writer.calls == 2  # .NET's own method calls the one that it chose, too
    assert (builder.ToString(), System.Convert.ToString(writer)) == ("> a-b", "> A-B")


def constructors_are_inherited():
    class Plain(System.IO.StringWriter):
        def ToString(self):
            return "plain"

    builder = System.Text.StringBuilder()
    for writer in (Plain(), Plain(builder), Plain(sb=builder)):
        if IS_MONO:  # it gives the parameters of classes made at run time no names
            writer.Write("a")
        else:
            writer.Write(value="a")
        assert System.Convert.ToString(writer) == "plain"
    assert builder.ToString() == "aa"
    for call in (lambda: Plain(1, 2, 3), writer.Write):
        try:
            call()
        except TypeError as error:
            assert "given arguments" in str(error)
        else:
            raise AssertionError("no error")


def sealed_classes_and_exceptions():
    class Own(System.Text.StringBuilder):  # sealed: its subclass is Python's alone
        pass

    assert Own().Append("a").ToString() == "a"

    class Lost(System.ArgumentException):
        pass

    try:
        raise Lost("where")
    except System.ArgumentException as error:
        assert type(error) is Lost and error.Message == "where"
    try:

        class Seen(System.Exception):
            __namespace__ = "Kaa.Tests"
    except TypeError as error:
        assert "can have no __namespace__" in str(error)
    else:
        raise AssertionError("no error")


def xml_documents():
    clr.AddReference("System.Xml")
    from System.Xml import XmlDocument

    document = XmlDocument()
    document.LoadXml("<a><b>text</b></a>")
    assert document.DocumentElement.Name == "a" and document.SelectSingleNode("/a/b").InnerText == "text"


def random_bytes_without_openssl():
    from System.Security.Cryptography import RandomNumberGenerator

    drawn = set()
    for _ in range(2):
        values = Array[System.Byte](bytes(1000))
        RandomNumberGenerator.Create().GetBytes(values)
        assert len(set(values)) > 100
        drawn.add(bytes(values))
    assert len(drawn) == 2


def exceptions_of_dotnet():
    try:
        List[int]()[9]
    except System.ArgumentOutOfRangeException as error:
        assert isinstance(error, Exception) and "index" in error.Message
    else:
        raise AssertionError("no error")


def python_exceptions_through_dotnet():
    def fail():
        raise ValueError("from Python")

    try:
        Action(fail)()
    except ValueError as error:
        assert str(error) == "from Python"
    else:
        raise AssertionError("no error")


def disposables():
    with MemoryStream() as stream:
        stream.WriteByte(65)
        assert stream.Length == 1
    assert not stream.CanRead


def linq_over_python_iterables():
    clr.AddReference("System.Linq")
    from System.Linq import Enumerable

    assert Enumerable.Sum[int]([1, 2, 3], Func[int, int](lambda x: x * 2)) == 12
    assert list(Enumerable.Where[int](range(5), Func[int, bool](lambda x: x > 2))) == [3, 4]


def extension_methods():
    clr.AddReference("System.Core")
    clr.ImportExtensions(System.Linq)
    numbers = List[int](Array[int]([3, 1, 2, 3]))
    assert list(numbers.Where(lambda x: x > 1)) == [3, 2, 3]
    assert list(numbers.Where(lambda x, place: place > 1)) == [2, 3]  # the overload for two arguments
    assert list(numbers.Select(str)) == ["3", "1", "2", "3"]
    assert list(numbers.OrderBy(lambda x: x % 2).ThenByDescending(lambda x: x).Select(lambda x: (x,))) == [
        (2,),
        (3,),
        (3,),
        (1,),
    ]
    assert (numbers.First(), numbers.Last(lambda x: x < 3), numbers.Max(lambda x: -x)) == (3, 2, -1)
    assert (numbers.Sum(), numbers.Sum(lambda x: x / 2), numbers.Average()) == (9, 4.5, 2.25)
    assert (
        numbers.Count == 4 and numbers.Where(lambda x: x > 1).Count() == 3
    )  # its own property, and the method
    assert numbers.Any(lambda x: x == 2) and not numbers.All(lambda x: x > 1) and numbers.Contains(2)
    assert list(numbers.Distinct().Concat([7]).Skip(1)) == [1, 2, 7]
    assert numbers.Aggregate(10, lambda total, x: total + x) == 19
    assert [(group.Key, list(group)) for group in numbers.GroupBy(lambda x: x % 2)] == [
        (1, [3, 1, 3]),
        (0, [2]),
    ]
    assert list(numbers.Zip(List[str](Array[str](["a", "b"])), lambda x, y: y * x)) == ["aaa", "b"]
    assert type(numbers.ToList()) is List[int] and list(numbers.Cast[int]()) == [3, 1, 2, 3]
    assert numbers.Distinct().ToDictionary[int, int, int](lambda x: x, lambda x: x * x)[3] == 9
    ages = Dictionary[str, int]()
    ages["Kaa"] = 100
    assert list(ages.Where(lambda pair: pair.Value > 1).Select(lambda pair: pair.Key)) == ["Kaa"]


def extension_methods_that_do_not_fit():
    clr.AddReference("System.Core")
    clr.ImportExtensions(System.Linq.Enumerable)
    numbers = Array[int]([1])
    assert not hasattr(System.Object(), "Where")
    for call in (
        lambda: numbers.Where(3),
        lambda: numbers.Where(lambda: True),
        lambda: numbers.Where(),
        lambda: clr.ImportExtensions(System.Object),
        lambda: clr.ImportExtensions(System.IO),
    ):
        try:
            call()
        except TypeError as error:
            assert "no overload of Where" in str(error) or "no extension methods in" in str(error)
        else:
            raise AssertionError("no error")
    try:
        numbers.Select(lambda x: x / 0).ToList()
    except ZeroDivisionError:
        pass
    else:
        raise AssertionError("no error")


def threads_of_dotnet():
    seen = []
    threads = [
        System.Threading.Thread(System.Threading.ThreadStart(lambda n=n: seen.append(sum(range(n)))))
        for n in range(8)
    ]
    for thread in threads:
        thread.Start()
    for thread in threads:
        thread.Join()
    assert sorted(seen) == [sum(range(n)) for n in range(8)]
