package io.millrace.it;

import io.millrace.common.config.SettingsBinder;
import io.millrace.ops.acl.AclCommand;
import io.millrace.sandbox.broker.BrokerSettings;
import io.millrace.sandbox.broker.EmbeddedBroker;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.ScramCredentialInfo;
import org.apache.kafka.clients.admin.ScramMechanism;
import org.apache.kafka.clients.admin.UserScramCredentialAlteration;
import org.apache.kafka.clients.admin.UserScramCredentialUpsertion;

/**
 * A broker that asks who everyone is and what they may do: with a password at one port, with a certificate at another. At a
 * third everyone is its administrator, as nobody is outside of a test.
 */
final class GuardedBroker implements AutoCloseable {
    private static final String STORE_PASSWORD = "only-a-test";
    private static final int LIMIT_SECONDS = 60;
    private static final int ITERATIONS = 4_096;

    private final Path folder;
    private final int port;
    private final EmbeddedBroker broker;
    private final Admin admin;

    GuardedBroker(Path folder) throws Exception {
        this.folder = folder;
        this.port = MillraceProcess.freePorts(4);
        certificates();
        String host = "127.0.0.1:";
        String listeners = "PLAINTEXT://" + host + port + ",PASSWORDS://" + host + (port + 1) + ",CERTIFICATES://"
                + host + (port + 2);
        Map<String, String> properties = new HashMap<>();
        properties.put("listeners", listeners + ",CONTROLLER://" + host + (port + 3));
        properties.put("advertised.listeners", listeners);
        properties.put(
                "listener.security.protocol.map",
                "PLAINTEXT:PLAINTEXT,PASSWORDS:SASL_PLAINTEXT,CERTIFICATES:SSL,CONTROLLER:PLAINTEXT");
        properties.put("controller.quorum.voters", "1@" + host + (port + 3));
        properties.put("authorizer.class.name", "org.apache.kafka.metadata.authorizer.StandardAuthorizer");
        properties.put("super.users", "User:ANONYMOUS");
        properties.put("listener.name.passwords.sasl.enabled.mechanisms", "SCRAM-SHA-256");
        properties.put(
                "listener.name.passwords.scram-sha-256.sasl.jaas.config",
                "org.apache.kafka.common.security.scram.ScramLoginModule required;");
        String certificates = "listener.name.certificates.ssl.";
        properties.put(certificates + "client.auth", "required");
        properties.put(certificates + "keystore.location", store("server"));
        properties.put(certificates + "keystore.password", STORE_PASSWORD);
        properties.put(certificates + "truststore.location", store("trusted"));
        properties.put(certificates + "truststore.password", STORE_PASSWORD);
        properties.put("ssl.principal.mapping.rules", "RULE:^CN=([^,]+).*$/$1/,DEFAULT");
        broker = EmbeddedBroker.start(
                new BrokerSettings("127.0.0.1", port, List.of(), 1, List.of(), folder.resolve("guarded"), false),
                properties);
        admin = Admin.create(Map.of("bootstrap.servers", administration()));
    }

    /** Where everyone may do everything. */
    String administration() {
        return "127.0.0.1:" + port;
    }

    /** A user of this name, whose password is the name again. */
    void users(String... names) throws Exception {
        List<UserScramCredentialAlteration> made = new ArrayList<>();
        for (String name : names) {
            made.add(new UserScramCredentialUpsertion(
                    name, new ScramCredentialInfo(ScramMechanism.SCRAM_SHA_256, ITERATIONS), name));
        }
        admin.alterUserScramCredentials(made).all().get(LIMIT_SECONDS, TimeUnit.SECONDS);
    }

    /** Grants or revokes as an operator does. */
    void change(String action, String run, String... rolesAndNames) throws Exception {
        Map<String, String> flags = new HashMap<>(Map.of("run", run, "bootstrap", administration(), "action", action));
        for (int i = 0; i < rolesAndNames.length; i += 2) {
            flags.put(rolesAndNames[i], "User:" + rolesAndNames[i + 1]);
        }
        try (PrintStream nowhere = new PrintStream(OutputStream.nullOutputStream())) {
            new AclCommand(nowhere).run(SettingsBinder.of(AclCommand.Settings.class, flags));
        }
    }

    Admin admin() {
        return admin;
    }

    /** How a user comes with a password. */
    Map<String, String> as(String name) throws IOException {
        return at(
                port + 1,
                name,
                Map.of(
                        "security.protocol",
                        "SASL_PLAINTEXT",
                        "sasl.mechanism",
                        "SCRAM-SHA-256",
                        "sasl.jaas.config",
                        "org.apache.kafka.common.security.scram.ScramLoginModule required username=\"" + name
                                + "\" password=\"" + name + "\";"));
    }

    /** How the trainer consumer comes with its certificate. */
    Map<String, String> byCertificate() throws IOException {
        return at(
                port + 2,
                "certificate",
                Map.of(
                        "security.protocol",
                        "SSL",
                        "ssl.keystore.location",
                        store("trainer"),
                        "ssl.keystore.password",
                        STORE_PASSWORD,
                        "ssl.truststore.location",
                        store("trusted"),
                        "ssl.truststore.password",
                        STORE_PASSWORD));
    }

    private Map<String, String> at(int listener, String name, Map<String, String> properties) throws IOException {
        Path file = folder.resolve(name + ".properties");
        Files.writeString(
                file,
                properties.entrySet().stream()
                        .map(entry -> entry.getKey() + "=" + entry.getValue() + "\n")
                        .collect(Collectors.joining()));
        return Map.of("bootstrap", "127.0.0.1:" + listener, "kafka-file", file.toString());
    }

    private String store(String name) {
        return folder.resolve(name + ".p12").toString();
    }

    private void certificates() throws Exception {
        for (String name : List.of("server", "trainer")) {
            keytool(
                    "-genkeypair",
                    "-alias",
                    name,
                    "-dname",
                    "CN=" + name,
                    "-ext",
                    "SAN=ip:127.0.0.1",
                    "-keyalg",
                    "EC",
                    "-keystore",
                    store(name));
            String certificate = folder.resolve(name + ".crt").toString();
            keytool("-exportcert", "-alias", name, "-file", certificate, "-keystore", store(name));
            keytool("-importcert", "-noprompt", "-alias", name, "-file", certificate, "-keystore", store("trusted"));
        }
    }

    private static void keytool(String... arguments) throws Exception {
        List<String> command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "keytool").toString()));
        command.addAll(List.of(arguments));
        command.addAll(List.of("-storepass", STORE_PASSWORD, "-storetype", "PKCS12"));
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        if (process.waitFor() != 0) {
            throw new AssertionError(said);
        }
    }

    @Override
    public void close() {
        admin.close();
        broker.close();
    }
}
