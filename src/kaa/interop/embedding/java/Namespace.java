package kaa;

import java.util.AbstractMap;
import java.util.Collections;
import java.util.Map;
import java.util.Set;
import javax.script.Bindings;

/** The names of a Python module as {@code Bindings}: what either side sets, the other sees. */
final class Namespace extends AbstractMap<String, Object> implements Bindings {
    final PythonObject names;
    private final Guest guest;

    Namespace(Guest guest) {
        this.guest = guest;
        this.names = guest.namespace();
    }

    @Override
    public Object get(Object name) {
        return guest.get(names, (String) name);
    }

    @Override
    public Object put(String name, Object value) {
        if (name.isEmpty()) {
            throw new IllegalArgumentException("an empty name");
        }
        Object old = get(name);
        guest.set(names, name, value);
        return old;
    }

    @Override
    public Object remove(Object name) {
        return guest.remove(names, (String) name);
    }

    @Override
    public void clear() {
        for (String name : guest.copy(names).keySet()) {
            remove(name);
        }
    }

    /** A copy that cannot be changed. */
    @Override
    public Set<Map.Entry<String, Object>> entrySet() {
        return Collections.unmodifiableMap(guest.copy(names)).entrySet();
    }
}
