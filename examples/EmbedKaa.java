import java.util.List;
import javax.script.Invocable;
import javax.script.ScriptEngine;
import javax.script.ScriptEngineManager;
import javax.script.ScriptException;

/**
 * A Java program with Python scripts in it. With a JDK, and Java 22 or newer to run it:
 *
 * <pre>
 * python -m kaa.interop.java_jar kaa.jar
 * javac EmbedKaa.java
 * java --enable-native-access=ALL-UNNAMED -cp kaa.jar:. EmbedKaa
 * </pre>
 */
public final class EmbedKaa {
    /** What the script decides. */
    public interface Pricing {
        double price(String article, int count);
    }

    public static void main(String[] words) throws Exception {
        ScriptEngine kaa = new ScriptEngineManager().getEngineByName("kaa");

        kaa.put("articles", List.of("coconut", "mango"));
        System.out.println("From Python: " + kaa.eval("[name.upper() for name in articles]"));

        kaa.eval("""
                prices = {"coconut": 2.5, "mango": 1.25}

                def price(article, count):
                    return prices[article] * count
                """);
        Pricing pricing = ((Invocable) kaa).getInterface(Pricing.class);
        System.out.println("Four mangos: " + pricing.price("mango", 4));

        Runnable bell = () -> System.out.println("Java rings");
        kaa.put("bell", bell);
        kaa.eval("bell.run()");

        try {
            kaa.eval("price('durian', 1)");
        } catch (ScriptException error) {
            System.out.println("Python says: " + error.getCause().getMessage().lines().reduce((a, b) -> b).get());
        }
    }
}
