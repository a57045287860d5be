package kaa;

import java.io.IOException;
import java.io.Reader;
import java.io.StringWriter;
import java.util.Map;
import javax.script.AbstractScriptEngine;
import javax.script.Bindings;
import javax.script.Compilable;
import javax.script.CompiledScript;
import javax.script.Invocable;
import javax.script.ScriptContext;
import javax.script.ScriptEngine;
import javax.script.ScriptEngineFactory;
import javax.script.ScriptException;

/** Runs Python scripts on Kaa's machine, in the one interpreter of the process. */
public final class KaaScriptEngine extends AbstractScriptEngine implements Compilable, Invocable {
    private final Guest guest = Interpreter.guest();
    private final ScriptEngineFactory factory;

    KaaScriptEngine(ScriptEngineFactory factory) {
        this.factory = factory;
        setBindings(createBindings(), ScriptContext.ENGINE_SCOPE);
    }

    @Override
    public ScriptEngineFactory getFactory() {
        return factory;
    }

    @Override
    public Bindings createBindings() {
        return new Namespace(guest);
    }

    @Override
    public Object eval(String source, ScriptContext context) throws ScriptException {
        return compile(source).eval(context);
    }

    @Override
    public Object eval(Reader source, ScriptContext context) throws ScriptException {
        return compile(source).eval(context);
    }

    @Override
    public CompiledScript compile(Reader source) throws ScriptException {
        StringWriter text = new StringWriter();
        try {
            source.transferTo(text);
        } catch (IOException fault) {
            throw new ScriptException(fault);
        }
        return compile(text.toString());
    }

    @Override
    public CompiledScript compile(String source) throws ScriptException {
        Object file = get(ScriptEngine.FILENAME);
        PythonObject script = guest.compile(source, file == null ? "<script>" : file.toString());
        return new CompiledScript() {
            @Override
            public Object eval(ScriptContext context) throws ScriptException {
                return run(script, context);
            }

            @Override
            public ScriptEngine getEngine() {
                return KaaScriptEngine.this;
            }
        };
    }

    /** Runs a script on a context's names; for bindings that are not Python's, on a copy that is written back. */
    private Object run(PythonObject script, ScriptContext context) throws ScriptException {
        Bindings bindings = context.getBindings(ScriptContext.ENGINE_SCOPE);
        if (bindings instanceof Namespace) {
            return guest.run(script, ((Namespace) bindings).names, context);
        }
        Namespace copy = new Namespace(guest);
        copy.putAll(bindings);
        try {
            return guest.run(script, copy.names, context);
        } finally {
            Map<String, Object> names = guest.copy(copy.names);
            bindings.keySet().retainAll(names.keySet());
            bindings.putAll(names);
        }
    }

    @Override
    public Object invokeFunction(String name, Object... arguments) throws ScriptException, NoSuchMethodException {
        return guest.call(names(), name, arguments);
    }

    @Override
    public Object invokeMethod(Object owner, String name, Object... arguments)
            throws ScriptException, NoSuchMethodException {
        return guest.call(python(owner), name, arguments);
    }

    @Override
    public <T> T getInterface(Class<T> type) {
        return implement(names(), type);
    }

    @Override
    public <T> T getInterface(Object owner, Class<T> type) {
        return implement(python(owner), type);
    }

    private <T> T implement(PythonObject owner, Class<T> type) {
        if (type == null || !type.isInterface()) {
            throw new IllegalArgumentException("not an interface: " + type);
        }
        return type.cast(guest.implement(owner, type));
    }

    private PythonObject names() {
        Bindings bindings = getBindings(ScriptContext.ENGINE_SCOPE);
        if (!(bindings instanceof Namespace)) {
            throw new IllegalStateException("the engine's bindings are not its own: createBindings() makes some");
        }
        return ((Namespace) bindings).names;
    }

    private static PythonObject python(Object owner) {
        if (!(owner instanceof PythonObject)) {
            throw new IllegalArgumentException("not an object of Python's: " + owner);
        }
        return (PythonObject) owner;
    }
}
