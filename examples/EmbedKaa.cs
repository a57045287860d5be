using System;
using Python.Runtime;

/// <summary>
/// A C# program with Python scripts in it. Its project has this file, Kaa's src/kaa/interop/embedding/dotnet/Kaa.cs, and
/// the package pythonnet, or the Python.Runtime.dll that is installed with it. KAA_PYTHON is the Python that has Kaa.
/// </summary>
public static class EmbedKaa
{
    public static void Main()
    {
        using (var kaa = new Kaa.Engine())
        {
            Console.WriteLine("From Python: " + string.Join(",", kaa.Run<int[]>("[n * n for n in (1, 2, 3)]")));

            kaa.Run("prices = {'coconut': 2.5, 'mango': 1.25}\n\n"
                + "def price(article, count):\n    return prices[article] * count\n");
            Console.WriteLine("Four mangos: " + kaa.Call<double>("price", "mango", 4));

            kaa["bell"] = new Action(() => Console.WriteLine("C# rings"));
            kaa.Run("bell()");

            try
            {
                kaa.Call<double>("price", "durian", 1);
            }
            catch (PythonException error)
            {
                Console.WriteLine("Python says: " + error.Type.Name + ": " + error.Message);
            }
        }
    }
}
