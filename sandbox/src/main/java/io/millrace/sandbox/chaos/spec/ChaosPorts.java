package io.millrace.sandbox.chaos.spec;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Which port is whose. Instances count from 0. */
public record ChaosPorts(int base) {
    /** All lie below {@code base + COUNT}. */
    static final int COUNT = 48;

    static final int WORKERS_MAX = 8;
    private static final int ENGINES_MAX = 4;

    /** Past the proxies. */
    public int broker(int instance) {
        return base + instance;
    }

    int controller(int instance) {
        return base + 3 + instance;
    }

    public int trainer() {
        return base + 6;
    }

    public int trainerProxy() {
        return base + 7;
    }

    public int engine(int instance) {
        return base + 8 + instance;
    }

    public int engineProxy(int instance) {
        return base + 8 + ENGINES_MAX + instance;
    }

    /** Metrics, health and status. */
    public int ops(Role role, int instance) {
        return client(role, instance);
    }

    /** Where the broker listens for this client's proxy. */
    public int brokerListener(Role role, int instance) {
        return client(role, instance) + 1;
    }

    /** Where this client finds the broker. */
    public int brokerProxy(Role role, int instance) {
        return client(role, instance) + 2;
    }

    private int client(Role role, int instance) {
        int place = switch (role) {
            case PRODUCER -> 0;
            case TRAINER -> 1;
            case WORKER -> 2 + instance;
            default -> throw new IllegalArgumentException(role + " is no client of the broker");
        };
        return base + 8 + 2 * ENGINES_MAX + 3 * place;
    }

    /** All, for the check that they are free. */
    public Map<String, Integer> all() {
        List<Integer> ports = new ArrayList<>();
        for (int i = 0; i < COUNT; i++) {
            ports.add(base + i);
        }
        Map<String, Integer> all = new LinkedHashMap<>();
        ports.forEach(port -> all.put("--base-port + " + (port - base), port));
        return all;
    }
}
