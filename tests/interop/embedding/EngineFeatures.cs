using System;
using System.Collections.Generic;
using System.Reflection;
using System.Threading;
using Python.Runtime;

/// <summary>What a C# program does with Kaa: one method a feature, run by test_dotnet_embedding.py.</summary>
public static class EngineFeatures
{
    private static string machine;

    /// <param name="words">The machine, then features.</param>
    public static void Main(string[] words)
    {
        machine = words[0];
        for (int index = 1; index < words.Length; index++)
        {
            var method = typeof(EngineFeatures).GetMethod(words[index], BindingFlags.NonPublic | BindingFlags.Static);
            try
            {
                using (var kaa = new Kaa.Engine(machine: machine))
                {
                    method.Invoke(null, new object[] { kaa });
                }
                Console.WriteLine("passed " + words[index]);
            }
            catch (TargetInvocationException fault)
            {
                Console.WriteLine("failed " + words[index] + "\n" + fault.InnerException);
            }
        }
    }

    private static void Values(Kaa.Engine kaa)
    {
        Same(kaa.Run<long>("1 + 2"), 3L);
        Same(kaa.Run<double>("1 / 4"), 0.25);
        Same(kaa.Run<bool>("1 < 2"), true);
        Same(kaa.Run<string>("'a' + 'b'"), "ab");
        Same(kaa.Run<object>("None"), null);
        Same(kaa.Run<object>("x = 1"), null);
        Same(kaa.Run<int>("x = 1\nx + 1"), 2);
        Same(string.Join(",", kaa.Run<int[]>("[n * n for n in range(4)]")), "0,1,4,9");
        Same(kaa.Run<List<int>>("from System.Collections.Generic import List\nList[int]([1, 2])").Count, 2);
    }

    private static void Names(Kaa.Engine kaa)
    {
        kaa["number"] = 20;
        kaa["word"] = "x";
        kaa.Run("total = number + 1; word = word * 2");
        Same(kaa.Get<int>("total"), 21);
        Same(kaa["word"], "xx");
        Throws("NameError", () => kaa.Get<int>("missing"));
        using (var other = new Kaa.Engine())
        {
            Throws("NameError", () => other.Get<int>("total"));
        }
    }

    private static void Functions(Kaa.Engine kaa)
    {
        kaa.Run("def add(a, b=10):\n    return a + b\n");
        Same(kaa.Call<int>("add", 1, 2), 3);
        Same(kaa.Call<int>("add", 1), 11);
        Same(kaa.Call<string>("add", "a", "b"), "ab");
    }

    private static void Exceptions(Kaa.Engine kaa)
    {
        try
        {
            kaa.Run("def f(x):\n    return 1 / x\n\nf(0)\n", "rules.py");
            throw new Exception("no exception");
        }
        catch (PythonException error)
        {
            Same(error.Type.Name, "ZeroDivisionError");
            Same(error.Message, "division by zero");
            Same(error.StackTrace.Contains("File \"rules.py\", line 2, in f"), true);
        }
        Throws("SyntaxError", () => kaa.Run("x = = 1"));
    }

    private static void Callbacks(Kaa.Engine kaa)
    {
        kaa["twice"] = new Func<int, int>(n => 2 * n);
        Same(kaa.Run<int>("sum(twice(n) for n in range(5))"), 20);
        var mine = new InvalidOperationException("mine");
        kaa["fail"] = new Action(() => throw mine);
        Same(kaa.Run<string>(
            "import System\ntry:\n    fail()\nexcept System.InvalidOperationException as error:\n    seen = error.Message\nseen"), "mine");
        try
        {
            kaa.Run("fail()");
            throw new Exception("no exception");
        }
        catch (InvalidOperationException error)
        {
            Same(ReferenceEquals(error, mine), true);
        }
    }

    private static void GuestClasses(Kaa.Engine kaa)
    {
        kaa.Run("from System.Collections import IComparer\nclass Backwards(IComparer):\n"
            + "    def Compare(self, left, right):\n        return right - left\n");
        var comparer = kaa.Run<System.Collections.IComparer>("Backwards()");
        var numbers = new[] { 1, 3, 2 };
        Array.Sort(numbers, comparer);
        Same(string.Join(",", numbers), "3,2,1");
    }

    private static void Threads(Kaa.Engine kaa)
    {
        kaa.Run("def work(n):\n    return sum(i * i for i in range(n))\n");
        var results = new int[20];
        var threads = new List<Thread>();
        for (int number = 0; number < results.Length; number++)
        {
            int n = number;
            threads.Add(new Thread(() => results[n] = kaa.Call<int>("work", n)));
        }
        threads.ForEach(thread => thread.Start());
        threads.ForEach(thread => thread.Join());
        for (int number = 0, sum = 0; number < results.Length; sum += number * number, number++)
        {
            Same(results[number], sum);
        }
    }

    private static void TheMachine(Kaa.Engine kaa)
    {
        kaa.Run("def f():\n    return 1\nf()");
        Same(kaa.Run<bool>(machine == "native"
            ? "from kaa.baseline.engine import load\nf.__code__ in load().code_objects()"
            : "import sys\n'kaa.reference.machine' in sys.modules and 'kaa.baseline' not in sys.modules"), true);
    }

    private static void Throws(string type, Action action)
    {
        try
        {
            action();
        }
        catch (PythonException error)
        {
            Same(error.Type.Name, type);
            return;
        }
        throw new Exception("no exception");
    }

    private static void Same(object found, object expected)
    {
        if (!Equals(found, expected))
        {
            throw new Exception(found + " and not " + expected);
        }
    }
}
