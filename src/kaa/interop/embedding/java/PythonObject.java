package kaa;

/** A Python object that has no counterpart among Java's own classes: a function, say, or an object of a Python class. */
public interface PythonObject {
    /** The value of an attribute. */
    Object get(String attribute);

    void set(String attribute, Object value);

    /** Calls it; Python's exceptions are {@link PythonException}s. */
    Object call(Object... arguments);

    /** An object of an interface of Java's, whose methods are this object's; a function will do where there is one method. */
    Object implement(Class<?> type);
}
