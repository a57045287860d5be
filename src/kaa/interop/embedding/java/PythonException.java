package kaa;

/** An exception of Python's; the message ends in Python's own, after its traceback. */
public class PythonException extends RuntimeException {
    private static final long serialVersionUID = 1;

    private final transient PythonObject object;

    public PythonException(String traceback, PythonObject object) {
        super(traceback);
        this.object = object;
    }

    /** The exception itself. */
    public PythonObject object() {
        return object;
    }
}
