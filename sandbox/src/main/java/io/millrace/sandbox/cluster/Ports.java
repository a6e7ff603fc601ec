package io.millrace.sandbox.cluster;

import io.millrace.common.config.SettingException;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** Whether the ports of a run are free, asked before anything starts. */
public final class Ports {
    private Ports() {}

    /**
     * @param ports by what decides them
     * @param pids where a killed run left the ids of its processes
     * @throws SettingException naming every port that is taken
     */
    public static void requireFree(Map<String, Integer> ports, Path pids) {
        List<String> taken = new ArrayList<>();
        ports.forEach((flag, port) -> {
            if (!free(port)) {
                taken.add(port + " (" + flag + ")");
            }
        });
        if (!taken.isEmpty()) {
            String hint = Files.exists(pids)
                    ? "; one runs already, or one was killed and left the processes listed in " + pids
                    : "";
            throw new SettingException("already in use: port " + String.join(", port ", taken)
                    + "; stop what listens there or choose other ports" + hint);
        }
    }

    private static boolean free(int port) {
        try (ServerSocket socket = new ServerSocket()) {
            socket.setReuseAddress(true);
            socket.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), port));
            return true;
        } catch (IOException e) {
            return false;
        }
    }

    /** Whether something listens on a port of this machine. */
    public static boolean answers(int port) {
        try (Socket socket = new Socket()) {
            socket.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), port), 500);
            return true;
        } catch (IOException e) {
            return false;
        }
    }
}
