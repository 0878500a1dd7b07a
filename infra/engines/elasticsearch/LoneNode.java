import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.elasticsearch.common.logging.LogConfigurator;
import org.elasticsearch.common.settings.Settings;
import org.elasticsearch.env.Environment;
import org.elasticsearch.node.InternalSettingsPreparer;
import org.elasticsearch.node.Node;
import org.elasticsearch.plugins.PluginsLoader;

/**
 * One Elasticsearch node in this JVM, for development: without the launcher of the distribution, whose checks of the machine
 * (kernel limits, not root) suit a server and not a laptop or a container.
 */
public final class LoneNode {
    public static void main(String[] args) {
        Path home = Path.of(args[0]);
        try {
            Environment environment = configure(home);
            var modules = PluginsLoader.loadModulesBundles(environment.modulesDir(), false);
            var plugins = PluginsLoader.loadPluginsBundles(environment.pluginsDir(), false);
            run(new Node(environment, PluginsLoader.createPluginsLoader(modules, plugins, Map.of(), false)));
        } catch (Throwable failure) {
            System.err.println("ERROR the node could not start: " + failure);
            failure.printStackTrace();
            Runtime.getRuntime().halt(3);
        }
    }

    private static Environment configure(Path home) throws Exception {
        LogConfigurator.registerErrorListener();
        Environment environment = InternalSettingsPreparer.prepareEnvironment(
            Settings.builder().put("path.home", home.toString()).build(), new HashMap<>(), home.resolve("config"), () -> "cdp");
        LogConfigurator.setNodeName("cdp");
        LogConfigurator.configure(environment, true);
        return environment;
    }

    private static void run(Node node) throws Exception {
        CountDownLatch closed = new CountDownLatch(1);
        Runtime.getRuntime().addShutdownHook(new Thread(() -> {
            try {
                node.close();
                node.awaitClose(20, TimeUnit.SECONDS);
            } catch (Exception failure) {
                failure.printStackTrace();
            } finally {
                closed.countDown();
            }
        }, "close"));
        node.start();
        closed.await();
    }
}
