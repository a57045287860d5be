package kaa;

import java.lang.invoke.MethodHandle;
import java.lang.reflect.Array;
import java.lang.reflect.Method;
import java.nio.charset.StandardCharsets;
import java.util.Optional;

/**
 * The functions of libpython that start an interpreter, called by {@code java.lang.foreign}.
 *
 * <p>That package is there from Java 22 on. It is reached by reflection, so that any JDK can compile this class, and an
 * older Java says what it lacks.
 */
final class PythonLibrary {
    private static final String FOREIGN = "java.lang.foreign.";

    /** For {@code dlopen}: extension modules find Python's functions among the process's own. */
    private static final int RTLD_NOW_GLOBAL = 0x102;

    private final Object arena;
    private final Object linker;
    private final Object symbols;

    PythonLibrary(String file) throws Throwable {
        try {
            arena = call("Arena", "global", null);
        } catch (ClassNotFoundException fault) {
            throw new IllegalStateException("it needs Java 22 or newer, this is " + Runtime.version());
        }
        linker = call("Linker", "nativeLinker", null);
        function(call("Linker", "defaultLookup", linker), "dlopen", "ADDRESS", "ADDRESS", "JAVA_INT")
                .invokeWithArguments(text(file), RTLD_NOW_GLOBAL);
        symbols = call("SymbolLookup", "libraryLookup", null, file, arena);
    }

    /** Starts the interpreter as if it were the executable, so that it finds its libraries. Signals stay Java's. */
    void initialize(String executable) throws Throwable {
        int[] characters = (executable + "\0").codePoints().toArray(); // wchar_t has 32 bits
        function(symbols, "Py_SetProgramName", null, "ADDRESS").invokeWithArguments(copy("JAVA_INT", characters));
        function(symbols, "Py_InitializeEx", null, "JAVA_INT").invokeWithArguments(0);
    }

    /** Runs a program; one that fails says so on the error stream. */
    void run(String program) throws Throwable {
        function(symbols, "PyRun_SimpleString", "JAVA_INT", "ADDRESS").invokeWithArguments(text(program));
    }

    /** A function of C's with parameters and a result of these layouts; null for no result. */
    private MethodHandle function(Object symbols, String name, String result, String... parameters) throws Throwable {
        Object address = ((Optional<?>) call("SymbolLookup", "find", symbols, name)).orElseThrow();
        Object layouts = Array.newInstance(type("MemoryLayout"), parameters.length);
        for (int index = 0; index < parameters.length; index++) {
            Array.set(layouts, index, layout(parameters[index]));
        }
        Object descriptor =
                result == null
                        ? call("FunctionDescriptor", "ofVoid", null, layouts)
                        : call("FunctionDescriptor", "of", null, layout(result), layouts);
        Object options = Array.newInstance(type("Linker$Option"), 0);
        return (MethodHandle) call("Linker", "downcallHandle", linker, address, descriptor, options);
    }

    private Object text(String text) throws Throwable {
        return copy("JAVA_BYTE", (text + "\0").getBytes(StandardCharsets.UTF_8));
    }

    private Object copy(String layout, Object array) throws Throwable {
        return call("SegmentAllocator", "allocateFrom", arena, layout(layout), array);
    }

    private static Object layout(String name) throws Throwable {
        return type("ValueLayout").getField(name).get(null);
    }

    private static Class<?> type(String name) throws ClassNotFoundException {
        return Class.forName(FOREIGN + name);
    }

    /** Calls the method of an interface of {@code java.lang.foreign} that takes such arguments. */
    private static Object call(String type, String name, Object owner, Object... arguments) throws Throwable {
        for (Method method : type(type).getMethods()) {
            if (method.getName().equals(name) && takes(method.getParameterTypes(), arguments)) {
                return method.invoke(owner, arguments);
            }
        }
        throw new NoSuchMethodException(type + "." + name);
    }

    private static boolean takes(Class<?>[] parameters, Object[] arguments) {
        boolean fit = parameters.length == arguments.length;
        for (int index = 0; fit && index < arguments.length; index++) {
            fit = parameters[index].isInstance(arguments[index]);
        }
        return fit;
    }
}
