// Python scripts in a C# program. Compile this file with the program, against pythonnet's Python.Runtime.dll.

using System;
using System.Diagnostics;
using Python.Runtime;

namespace Kaa
{
    /// <summary>
    /// The names of a Python module, and scripts that run on them, on Kaa's machine.
    /// All engines share the process's one interpreter; it may be used from several threads.
    /// </summary>
    public sealed class Engine : IDisposable
    {
        private static readonly object starting = new object();
        private static PyObject kaa;

        private readonly PyObject names;

        /// <summary>Starts the interpreter, if this is the first engine.</summary>
        /// <param name="python">The Python that Kaa is installed in; by default that of KAA_PYTHON, else python3.</param>
        /// <param name="machine">As after -X engine=: native, reference or host.</param>
        /// <exception cref="InvalidOperationException">That Python has no Kaa, or no shared library.</exception>
        public Engine(string python = null, string machine = "")
        {
            lock (starting)
            {
                if (kaa == null)
                {
                    Start(python ?? Environment.GetEnvironmentVariable("KAA_PYTHON") ?? "python3", machine);
                }
            }
            using (Py.GIL())
            {
                names = kaa.InvokeMethod("Names");
            }
        }

        /// <summary>A name's value, as pythonnet converts it.</summary>
        /// <exception cref="PythonException">NameError: there is no such name.</exception>
        public object this[string name]
        {
            get
            {
                return Get<object>(name);
            }
            set
            {
                using (Py.GIL())
                using (var text = new PyString(name))
                using (var python = value.ToPython())
                {
                    names.InvokeMethod("set", text, python).Dispose();
                }
            }
        }

        public T Get<T>(string name)
        {
            using (Py.GIL())
            using (var text = new PyString(name))
            {
                return Converted<T>(names.InvokeMethod("get", text));
            }
        }

        /// <summary>Runs a script.</summary>
        /// <returns>The value of the last expression, or null.</returns>
        /// <exception cref="PythonException">What the script raised; an exception of .NET's comes as itself.</exception>
        public T Run<T>(string source, string file = "<script>")
        {
            using (Py.GIL())
            using (var text = new PyString(source))
            using (var path = new PyString(file))
            {
                return Converted<T>(names.InvokeMethod("run", text, path));
            }
        }

        public void Run(string source, string file = "<script>")
        {
            Run<PyObject>(source, file)?.Dispose();
        }

        /// <summary>Calls a function of the scripts'.</summary>
        public T Call<T>(string function, params object[] arguments)
        {
            using (Py.GIL())
            using (var text = new PyString(function))
            using (var callee = names.InvokeMethod("get", text))
            {
                return Converted<T>(callee.Invoke(Array.ConvertAll(arguments, argument => argument.ToPython())));
            }
        }

        /// <summary>Forgets the names; the interpreter stays.</summary>
        public void Dispose()
        {
            using (Py.GIL())
            {
                names.Dispose();
            }
        }

        private static T Converted<T>(PyObject value)
        {
            if (value.IsNone())
            {
                return default(T);
            }
            return typeof(T) == typeof(PyObject) ? (T)(object)value : value.As<T>();
        }

        private static void Start(string python, string machine)
        {
            var question = new ProcessStartInfo(python, "-m kaa.interop.dotnet_embedding")
            {
                RedirectStandardOutput = true,
                UseShellExecute = false,
            };
            using (var process = Process.Start(question))
            {
                string[] answer = process.StandardOutput.ReadToEnd().Split('\n');
                process.WaitForExit();
                if (process.ExitCode != 0)
                {
                    throw new InvalidOperationException(python + " has no Kaa that can be embedded");
                }
                Python.Runtime.Runtime.PythonDLL = answer[0];
                PythonEngine.ProgramName = answer[1];
            }
            PythonEngine.Initialize(setSysArgv: false);
            using (var module = Py.Import("kaa.interop.dotnet_embedding"))
            using (var name = new PyString(machine))
            {
                kaa = module.InvokeMethod("take_over", name);
            }
            PythonEngine.BeginAllowThreads(); // this thread held Python's lock since Initialize
        }
    }
}
