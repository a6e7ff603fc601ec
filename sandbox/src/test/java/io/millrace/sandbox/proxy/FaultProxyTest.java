package io.millrace.sandbox.proxy;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.common.testing.Await;
import java.io.DataInputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.net.ConnectException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketException;
import java.net.SocketTimeoutException;
import java.time.Duration;
import java.util.Random;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Real sockets on loopback; the target is a server whose connections the test holds. */
class FaultProxyTest {
    private static final int SILENCE_MS = 200;
    private static final Duration LIMIT = Duration.ofSeconds(20);

    private final BlockingQueue<Socket> accepted = new LinkedBlockingQueue<>();
    private ServerSocket server;
    private FaultProxy proxy;

    @BeforeEach
    void start() throws IOException {
        server = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
        Thread.startVirtualThread(() -> {
            while (!server.isClosed()) {
                try {
                    accepted.add(server.accept());
                } catch (IOException e) {
                    return;
                }
            }
        });
        proxy = FaultProxy.start(0, new InetSocketAddress(InetAddress.getLoopbackAddress(), server.getLocalPort()));
    }

    @AfterEach
    void stop() throws IOException {
        proxy.close();
        server.close();
        for (Socket socket : accepted) {
            socket.close();
        }
    }

    private Socket client() throws IOException {
        Socket socket = new Socket(InetAddress.getLoopbackAddress(), proxy.port());
        socket.setSoTimeout((int) LIMIT.toMillis());
        return socket;
    }

    private Socket served() throws Exception {
        Socket socket = accepted.poll(LIMIT.toSeconds(), TimeUnit.SECONDS);
        assertTrue(socket != null, "the proxy made no connection");
        socket.setSoTimeout((int) LIMIT.toMillis());
        return socket;
    }

    private static void send(Socket socket, int value) throws IOException {
        socket.getOutputStream().write(value);
    }

    private static int receive(Socket socket) throws IOException {
        return socket.getInputStream().read();
    }

    private static void assertSilent(Socket socket) throws IOException {
        socket.setSoTimeout(SILENCE_MS);
        assertThrows(SocketTimeoutException.class, () -> receive(socket));
        socket.setSoTimeout((int) LIMIT.toMillis());
    }

    @Test
    void bytesGoBothWaysAndAnEndIsPassedOn() throws Exception {
        byte[] sent = new byte[1 << 20];
        new Random(1).nextBytes(sent);
        try (Socket client = client();
                Socket served = served()) {
            Thread writer = Thread.startVirtualThread(() -> {
                try {
                    client.getOutputStream().write(sent);
                    client.shutdownOutput();
                } catch (IOException e) {
                    throw new AssertionError(e);
                }
            });
            assertArrayEquals(sent, served.getInputStream().readAllBytes());
            assertTrue(writer.join(LIMIT));
            send(served, 7);
            served.shutdownOutput();
            assertEquals(7, receive(client));
            assertEquals(-1, receive(client));
        }
        Await.until("the proxy to forget the connection", () -> proxy.open() == 0, LIMIT);
    }

    @Test
    void aDelayHoldsBytesBackAndLosesNone() throws Exception {
        try (Socket client = client();
                Socket served = served()) {
            proxy.set(new LinkState.Delayed(Duration.ofMillis(4 * SILENCE_MS)));
            send(client, 1);
            assertSilent(served);
            assertEquals(1, receive(served));
            proxy.set(new LinkState.Clear());
            send(served, 2);
            assertEquals(2, receive(client));
        }
    }

    @Test
    void aResetBreaksBothSidesAndNewConnectionsWork() throws Exception {
        try (Socket client = client();
                Socket served = served()) {
            send(client, 1);
            assertEquals(1, receive(served));
            proxy.reset();
            assertEquals(
                    "Connection reset",
                    assertThrows(SocketException.class, () -> receive(client)).getMessage());
            assertThrows(SocketException.class, () -> receive(served));
        }
        try (Socket client = client();
                Socket served = served()) {
            send(client, 2);
            assertEquals(2, receive(served));
        }
    }

    @Test
    void aCutLetsExactlySoManyBytesThroughOnEachConnection() throws Exception {
        proxy.set(new LinkState.CutAfter(1_000));
        for (int i = 0; i < 2; i++) {
            try (Socket client = client();
                    Socket served = served()) {
                client.getOutputStream().write(new byte[1_500]);
                DataInputStream in = new DataInputStream(served.getInputStream());
                byte[] got = new byte[1_000];
                int count = 0;
                try {
                    int read = in.read(got, 0, got.length);
                    while (read > 0) {
                        count += read;
                        read = in.read(got, count, got.length - count);
                    }
                } catch (SocketException e) {
                    // A reset may overtake what was sent before it.
                    assertTrue(count <= 1_000, "got " + count);
                }
                assertThrows(SocketException.class, () -> receive(client));
            }
        }
    }

    @Test
    void aBlackHoleTakesConnectionsAndBytesAndGivesThemBackWhenItClears() throws Exception {
        try (Socket client = client();
                Socket served = served()) {
            proxy.set(new LinkState.BlackHole());
            send(client, 3);
            assertSilent(served);
            try (Socket second = client()) {
                send(second, 4);
                assertEquals(null, accepted.poll(SILENCE_MS, TimeUnit.MILLISECONDS));
                proxy.set(new LinkState.Clear());
                assertEquals(3, receive(served));
                try (Socket secondServed = served()) {
                    assertEquals(4, receive(secondServed));
                }
            }
        }
    }

    @Test
    void aReceiverThatDoesNotReadStopsItsSender() throws Exception {
        try (Socket client = client();
                Socket served = served()) {
            proxy.set(new LinkState.BlackHole());
            AtomicLong written = new AtomicLong();
            Thread writer = Thread.startVirtualThread(() -> {
                byte[] chunk = new byte[1 << 16];
                try {
                    OutputStream out = client.getOutputStream();
                    while (true) {
                        out.write(chunk);
                        written.addAndGet(chunk.length);
                    }
                } catch (IOException e) {
                    // Ends with the connection.
                    assertTrue(written.get() > 0);
                }
            });
            AtomicLong before = new AtomicLong(-1);
            AtomicInteger looks = new AtomicInteger();
            Await.until(
                    "the writer to stand still over ten looks",
                    () -> {
                        long now = written.get();
                        boolean still = now > 0 && before.getAndSet(now) == now;
                        return (still ? looks.incrementAndGet() : looks.getAndSet(0)) >= 10;
                    },
                    LIMIT);
            // The proxy's own share is one buffer; the rest stands in the kernel.
            assertTrue(written.get() < 64L << 20, "took " + written.get());
            proxy.reset();
            assertTrue(writer.join(LIMIT));
            assertThrows(SocketException.class, () -> {
                while (receive(served) >= 0) {
                    Thread.onSpinWait();
                }
                throw new SocketException("ended");
            });
        }
    }

    @Test
    void aRefusingLinkBreaksConnectionsAndListensAgainOnItsPort() throws Exception {
        try (Socket client = client();
                Socket served = served()) {
            proxy.set(new LinkState.Refused());
            assertThrows(SocketException.class, () -> receive(client));
            assertThrows(SocketException.class, () -> receive(served));
            assertThrows(ConnectException.class, this::client);
        }
        proxy.set(new LinkState.Clear());
        try (Socket client = client();
                Socket served = served()) {
            send(client, 5);
            assertEquals(5, receive(served));
        }
    }

    @Test
    void aTargetThatIsNotThereBreaksTheClientsConnection() throws Exception {
        server.close();
        try (Socket client = client()) {
            assertThrows(SocketException.class, () -> receive(client));
        }
    }
}
