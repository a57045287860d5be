package kaa;

import java.io.IOException;
import java.io.InputStream;
import java.util.Properties;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;

/**
 * The Python interpreter of this process, which Kaa has taken over.
 *
 * <p>It is started by the first script engine, in a thread of its own that then waits for ever: Python wants a main
 * thread that stays. Scripts run in the threads of their callers. The jar says which Python it is
 * ({@code python.properties}); the property {@code kaa.engine} chooses the machine, as {@code kaa -X engine=} does.
 */
public final class Interpreter {
    /** Bytes of stack for Python's main thread, as much as a process's main thread has. */
    private static final long STACK_SIZE = 8 << 20;

    private static final CompletableFuture<Guest> guest = new CompletableFuture<>();
    private static boolean started;

    private Interpreter() {}

    /** The interpreter, which is started if there is none. */
    static Guest guest() {
        synchronized (guest) {
            if (!started) {
                started = true;
                Thread thread = new Thread(null, Interpreter::run, "kaa", STACK_SIZE);
                thread.setDaemon(true);
                thread.start();
            }
        }
        try {
            return guest.get();
        } catch (InterruptedException fault) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted while Kaa started", fault);
        } catch (ExecutionException fault) {
            throw new IllegalStateException("Kaa does not start: " + fault.getCause().getMessage(), fault.getCause());
        }
    }

    /** For Python only: says that the interpreter is there. */
    public static void ready(Guest started) {
        guest.complete(started);
    }

    /** What the jar knows of its Python: library, executable, version. */
    static Properties settings() {
        Properties settings = new Properties();
        try (InputStream file = Interpreter.class.getResourceAsStream("python.properties")) {
            settings.load(file);
        } catch (IOException fault) {
            throw new IllegalStateException("kaa.jar is damaged", fault);
        }
        return settings;
    }

    private static void run() {
        try {
            Properties settings = settings();
            PythonLibrary python = new PythonLibrary(settings.getProperty("library"));
            python.initialize(settings.getProperty("executable"));
            python.run(
                    "from kaa.interop import java_embedding\njava_embedding.serve("
                            + quoted(System.getProperty("java.home")) + ", "
                            + quoted(System.getProperty("kaa.engine", "")) + ")\n");
            guest.completeExceptionally(new IllegalStateException("Python says why on the error stream"));
        } catch (Throwable fault) {
            System.err.println("Kaa does not start: " + fault.getMessage()); // the manager of engines keeps it to itself
            guest.completeExceptionally(fault);
        }
    }

    private static String quoted(String text) {
        return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'";
    }
}
