import java.io.StringReader;
import java.io.StringWriter;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.function.Function;
import javax.script.Bindings;
import javax.script.Compilable;
import javax.script.CompiledScript;
import javax.script.Invocable;
import javax.script.ScriptEngine;
import javax.script.ScriptEngineManager;
import javax.script.ScriptException;
import javax.script.SimpleBindings;
import javax.script.SimpleScriptContext;
import kaa.PythonException;
import kaa.PythonObject;

/** What a Java program does with the script engine `kaa`: one method a feature, run by test_java_embedding.py. */
public final class ScriptEngineFeatures {
    private static final ScriptEngineManager manager = new ScriptEngineManager();

    public static void main(String[] names) throws Exception {
        for (String name : names) {
            try {
                ScriptEngineFeatures.class.getDeclaredMethod(name, ScriptEngine.class)
                        .invoke(null, manager.getEngineByName("kaa"));
                System.out.println("passed " + name);
            } catch (java.lang.reflect.InvocationTargetException fault) {
                System.out.println("failed " + name);
                fault.getCause().printStackTrace(System.out);
            }
        }
    }

    static void values(ScriptEngine kaa) throws Exception {
        same(kaa.eval("1 + 2"), 3L);
        same(kaa.eval("2 ** 100"), new java.math.BigInteger("1267650600228229401496703205376"));
        same(kaa.eval("1 / 4"), 0.25);
        same(kaa.eval("1 < 2"), true);
        same(kaa.eval("'a' + 'b'"), "ab");
        same(kaa.eval("None"), null);
        same(kaa.eval("x = 1"), null);
        same(kaa.eval("x = 1\nx + 1"), 2L);
        same(kaa.eval("[1, (2, 'a'), {'k': [True]}]"), List.of(1L, List.of(2L, "a"), Map.of("k", List.of(true))));
        same(kaa.eval("{1, 2}"), java.util.Set.of(1L, 2L));
        same(((byte[]) kaa.eval("b'ab'")).length, 2);
        same(kaa.eval(new StringReader("3 * 3")), 9L);
    }

    static void names(ScriptEngine kaa) throws Exception {
        kaa.put("number", 20);
        kaa.put("letter", 'x');
        kaa.put("words", new ArrayList<>(List.of("a", "b")));
        same(kaa.eval("(number + 1, letter * 2, len(words), words[1], words == ['a', 'b'])"),
                List.of(21L, "xx", 2L, "b", true));
        kaa.eval("words.add('c'); total = 5");
        same(kaa.get("words"), List.of("a", "b", "c"));
        same(kaa.get("total"), 5L);
        same(kaa.get("missing"), null);
        Bindings bindings = kaa.getBindings(javax.script.ScriptContext.ENGINE_SCOPE);
        same(bindings.keySet(), java.util.Set.of("number", "letter", "words", "total"));
        same(bindings.remove("total"), 5L);
        same(bindings.containsKey("total"), false);
        bindings.clear();
        same(bindings.size(), 0);
    }

    static void enginesAreApart(ScriptEngine kaa) throws Exception {
        ScriptEngine other = manager.getEngineByExtension("py");
        kaa.eval("x = 1");
        other.eval("x = 2");
        same(kaa.eval("x"), 1L);
        manager.put("everywhere", "seen");
        same(other.eval("everywhere"), "seen");
        same(other.get("everywhere"), null);
    }

    static void otherBindings(ScriptEngine kaa) throws Exception {
        Bindings bindings = new SimpleBindings(new HashMap<>(Map.of("n", 1, "gone", 0)));
        CompiledScript script = ((Compilable) kaa).compile("n += 1\nglobals().pop('gone', None)\nn");
        same(script.eval(bindings), 2L);
        same(script.eval(bindings), 3L);
        same(new HashMap<>(bindings), Map.of("n", 3L));
    }

    static void scriptExceptions(ScriptEngine kaa) throws Exception {
        kaa.put(ScriptEngine.FILENAME, "rules.py");
        try {
            kaa.eval("def f(x):\n    return 1 / x\n\nf(0)\n");
            throw new AssertionError("no exception");
        } catch (ScriptException error) {
            check(error.getMessage().startsWith("ZeroDivisionError: division by zero"));
            same(error.getLineNumber(), 2);
            same(error.getFileName(), "rules.py");
            PythonException cause = (PythonException) error.getCause();
            check(cause.getMessage().contains("File \"rules.py\", line 4, in <module>"));
            check(!cause.getMessage().contains("java_embedding"));
            same(cause.object().get("args"), List.of("division by zero"));
        }
        try {
            kaa.eval("x = = 1");
            throw new AssertionError("no exception");
        } catch (ScriptException error) {
            check(error.getMessage().startsWith("SyntaxError: invalid syntax"));
            same(error.getLineNumber(), 1);
            same(error.getColumnNumber(), 5);
        }
        try {
            kaa.eval("import sys; sys.exit(3)");
            throw new AssertionError("no exception");
        } catch (ScriptException error) {
            check(error.getMessage().startsWith("SystemExit: 3"));
        }
    }

    static void javaExceptionsThroughScripts(ScriptEngine kaa) throws Exception {
        IllegalStateException mine = new IllegalStateException("mine");
        Callable<Object> failing = () -> {
            throw mine;
        };
        kaa.put("failing", failing);
        same(kaa.eval("""
                from java.lang import IllegalStateException
                try:
                    failing.call()
                except IllegalStateException as error:
                    caught = error.message
                caught"""), "mine");
        try {
            kaa.eval("failing.call()");
            throw new AssertionError("no exception");
        } catch (ScriptException error) {
            check(error.getCause() == mine);
        }
    }

    static void callbacks(ScriptEngine kaa) throws Exception {
        Function<Object, Object> twice = value -> value + "" + value;
        kaa.put("twice", twice);
        same(kaa.eval("twice.apply('ab')"), "abab");
        same(kaa.eval("""
                from java.util import ArrayList
                from java.util.stream import Collectors
                ArrayList([1, 2, 3]).stream().map(lambda n: str(n * n)).collect(Collectors.joining('-'))"""), "1-4-9");
    }

    static void invocable(ScriptEngine kaa) throws Exception {
        Invocable invocable = (Invocable) kaa;
        kaa.eval("""
                class Task:
                    done = 0
                    def run(self):
                        self.done += 1
                    def add(self, n):
                        self.done += n
                        return self.done
                task = Task()
                def add(a, b=10):
                    return a + b
                def compare(a, b):
                    return b - a
                """);
        same(invocable.invokeFunction("add", 1, 2), 3L);
        same(invocable.invokeFunction("add", 1), 11L);
        same(invocable.invokeMethod(kaa.get("task"), "add", 5), 5L);
        invocable.getInterface(kaa.get("task"), Runnable.class).run();
        same(kaa.eval("task.done"), 6L);
        List<Integer> numbers = new ArrayList<>(List.of(1, 3, 2));
        @SuppressWarnings("unchecked")
        Comparator<Integer> backwards = invocable.getInterface(Comparator.class);
        numbers.sort(backwards);
        same(numbers, List.of(3, 2, 1));
        same(invocable.getInterface(Callable.class), null);
        try {
            invocable.invokeFunction("missing");
            throw new AssertionError("no exception");
        } catch (NoSuchMethodException error) {
            same(error.getMessage(), "missing");
        }
    }

    static void pythonObjects(ScriptEngine kaa) throws Exception {
        kaa.eval("""
                class Point:
                    def __init__(self, x):
                        self.x = x
                    def __eq__(self, other):
                        return self.x == other.x
                    def __hash__(self):
                        return self.x
                    def __repr__(self):
                        return f"Point({self.x})"
                """);
        PythonObject kind = (PythonObject) kaa.get("Point");
        PythonObject point = (PythonObject) kind.call(3);
        same(point.toString(), "Point(3)");
        check(point.equals(kind.call(3)) && !point.equals(kind.call(4)) && point.hashCode() == 3);
        point.set("x", 9);
        kaa.put("point", point);
        same(kaa.eval("(type(point) is Point, point.x)"), List.of(true, 9L));
        PythonObject square = (PythonObject) kaa.eval("lambda x: x * x");
        @SuppressWarnings("unchecked")
        Function<Object, Object> function = (Function<Object, Object>) square.implement(Function.class);
        same(function.apply(5), 25L);
        try {
            function.apply("a");
            throw new AssertionError("no exception");
        } catch (PythonException error) {
            check(error.getMessage().contains("TypeError: can't multiply sequence"));
        }
    }

    static void streams(ScriptEngine kaa) throws Exception {
        SimpleScriptContext context = new SimpleScriptContext();
        context.setBindings(kaa.createBindings(), javax.script.ScriptContext.ENGINE_SCOPE);
        StringWriter out = new StringWriter();
        StringWriter errors = new StringWriter();
        context.setWriter(out);
        context.setErrorWriter(errors);
        context.setReader(new StringReader("one\ntwo\n"));
        kaa.eval("import sys\nprint(input() + '!')\nprint(sys.stdin.readline().upper(), end='', file=sys.stderr)", context);
        same(out.toString(), "one!\n");
        same(errors.toString(), "TWO\n");
    }

    static void threads(ScriptEngine kaa) throws Exception {
        kaa.eval("def work(n):\n    return sum(i * i for i in range(n))");
        Invocable invocable = (Invocable) kaa;
        ExecutorService pool = Executors.newFixedThreadPool(4);
        List<Future<Object>> results = new ArrayList<>();
        for (int number = 0; number < 40; number++) {
            int n = number;
            results.add(pool.submit(() -> invocable.invokeFunction("work", n)));
        }
        for (int number = 0; number < 40; number++) {
            long sum = 0;
            for (long i = 0; i < number; i++) {
                sum += i * i;
            }
            same(results.get(number).get(), sum);
        }
        pool.shutdown();
    }

    static void theEngine(ScriptEngine kaa) throws Exception {
        kaa.eval("def f():\n    return 1\nf()");
        if (System.getProperty("kaa.engine").equals("native")) {
            same(kaa.eval("from kaa.baseline.engine import load\nf.__code__ in load().code_objects()"), true);
        } else {
            same(kaa.eval("import sys\n'kaa.reference.machine' in sys.modules and 'kaa.baseline' not in sys.modules"), true);
        }
        same(kaa.getFactory().getEngineName(), "Kaa");
        same(kaa.getFactory().getOutputStatement("it's"), "print('it\\'s')");
        same(kaa.eval(kaa.getFactory().getProgram("x = 1", "x + 1")), 2L);
    }

    private static void same(Object found, Object expected) {
        if (!java.util.Objects.equals(found, expected)) {
            throw new AssertionError(found + " and not " + expected);
        }
    }

    private static void check(boolean fact) {
        if (!fact) {
            throw new AssertionError("not so");
        }
    }
}
