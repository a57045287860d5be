package kaa;

import java.util.Map;
import javax.script.ScriptContext;
import javax.script.ScriptException;

/** What an interpreter does for its script engines. Python implements it, in {@code kaa.interop.java_embedding}. */
public interface Guest {
    /** A new module's namespace. */
    PythonObject namespace();

    Object get(PythonObject namespace, String name);

    void set(PythonObject namespace, String name, Object value);

    /** Removes a name and returns what it had, or null. */
    Object remove(PythonObject namespace, String name);

    /** A copy of a namespace, without what Python itself puts there. */
    Map<String, Object> copy(PythonObject namespace);

    PythonObject compile(String source, String file) throws ScriptException;

    /** Runs what {@link #compile} made, with the context's streams; the value is that of its last expression. */
    Object run(PythonObject script, PythonObject namespace, ScriptContext context) throws ScriptException;

    /** Calls a function of an object or a namespace. */
    Object call(PythonObject owner, String name, Object[] arguments) throws ScriptException, NoSuchMethodException;

    /** An object of Java whose methods are those of a Python object or a namespace, or null if some are missing. */
    Object implement(PythonObject owner, Class<?> type);
}
