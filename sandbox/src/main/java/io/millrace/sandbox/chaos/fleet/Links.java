package io.millrace.sandbox.chaos.fleet;

import io.millrace.sandbox.chaos.spec.ChaosPorts;
import io.millrace.sandbox.chaos.spec.ChaosSettings;
import io.millrace.sandbox.chaos.spec.Role;
import io.millrace.sandbox.proxy.FaultProxy;
import io.millrace.sandbox.proxy.LinkState;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.List;

/**
 * The proxies of a run: each client's way to the broker where there is one broker, the workers' ways to each engine, and
 * the simulated trainer's to the trainer consumer. One owner.
 */
public final class Links implements AutoCloseable {
    private final List<Link> links = new ArrayList<>();

    /** A proxy whose process may be away too. */
    private static final class Link {
        final Role role;
        final int instance;
        final FaultProxy proxy;
        LinkState state = new LinkState.Clear();
        boolean shut;

        Link(Role role, int instance, FaultProxy proxy) {
            this.role = role;
            this.instance = instance;
            this.proxy = proxy;
        }

        void apply() {
            proxy.set(shut ? new LinkState.Refused() : state);
        }
    }

    public static Links open(ChaosSettings settings) throws IOException {
        Links links = new Links();
        ChaosPorts ports = new ChaosPorts(settings.basePort());
        try {
            links.add(Role.SIMULATED_TRAINER, 0, ports.trainerProxy(), ports.trainer());
            for (int i = 0; i < settings.engines(); i++) {
                links.add(Role.ENGINE, i, ports.engineProxy(i), ports.engine(i));
            }
            if (settings.brokers() == 1) {
                links.toBroker(ports, Role.PRODUCER, 0);
                links.toBroker(ports, Role.TRAINER, 0);
                for (int i = 0; i < settings.run().workers(); i++) {
                    links.toBroker(ports, Role.WORKER, i);
                }
            }
            return links;
        } catch (IOException e) {
            links.close();
            throw e;
        }
    }

    private void toBroker(ChaosPorts ports, Role role, int instance) throws IOException {
        add(role, instance, ports.brokerProxy(role, instance), ports.brokerListener(role, instance));
    }

    private void add(Role role, int instance, int port, int target) throws IOException {
        links.add(new Link(
                role,
                instance,
                FaultProxy.start(port, new InetSocketAddress(InetAddress.getLoopbackAddress(), target))));
    }

    /** The links of a process; all clients' for a broker. */
    private List<Link> of(Role role, int instance) {
        return links.stream()
                .filter(link -> role == Role.BROKER
                        ? link.role != Role.ENGINE && link.role != Role.SIMULATED_TRAINER
                        : link.role == role && link.instance == instance)
                .toList();
    }

    public void set(Role role, int instance, LinkState state) {
        for (Link link : of(role, instance)) {
            link.state = state;
            link.apply();
        }
    }

    public void reset(Role role, int instance) {
        of(role, instance).forEach(link -> link.proxy.reset());
    }

    /** Nothing goes through whatever the link's state is, until it is opened again. */
    void shut(Role role, int instance, boolean shut) {
        for (Link link : of(role, instance)) {
            if (link.shut != shut) {
                link.shut = shut;
                link.apply();
            }
        }
    }

    @Override
    public void close() {
        links.forEach(link -> link.proxy.close());
    }
}
