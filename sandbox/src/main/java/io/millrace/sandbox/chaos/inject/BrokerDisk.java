package io.millrace.sandbox.chaos.inject;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A file system of limited size, in memory, under a broker's data, so that it can be filled without harm to anything
 * else. Mounting one needs the rights of root; without them the disk cannot be filled. One owner.
 */
public record BrokerDisk(Path folder, boolean mounted) {
    private static final Logger log = LoggerFactory.getLogger(BrokerDisk.class);
    private static final String SIZE = "size=2g";
    private static final int BLOCK_BYTES = 1 << 20;
    private static final long MOUNT_LIMIT_SECONDS = 10;

    private Path filler() {
        return folder.resolve("filler");
    }

    /** @param wanted whether the disk is to be filled at all */
    public static BrokerDisk mount(Path folder, boolean wanted) throws IOException, InterruptedException {
        if (!wanted) {
            return new BrokerDisk(folder, false);
        }
        Files.createDirectories(folder);
        boolean done = run("mount", "-t", "tmpfs", "-o", SIZE, "millrace-chaos", folder.toString());
        log.info("{} {}", folder, done ? "is a file system of its own" : "cannot be mounted: no disk will be full");
        return new BrokerDisk(folder, done);
    }

    private static boolean run(String... command) throws InterruptedException {
        try {
            Process process = new ProcessBuilder(command)
                    .redirectErrorStream(true)
                    .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                    .start();
            return process.waitFor(MOUNT_LIMIT_SECONDS, TimeUnit.SECONDS) && process.exitValue() == 0;
        } catch (IOException e) {
            log.debug("no {} here", command[0], e);
            return false;
        }
    }

    /** Takes every byte that is left. */
    void fill() throws IOException {
        byte[] block = new byte[BLOCK_BYTES];
        try (OutputStream out = Files.newOutputStream(filler())) {
            while (true) {
                out.write(block);
            }
        } catch (IOException e) {
            log.debug("the disk is full", e);
        }
        if (Files.size(filler()) == 0) {
            throw new IOException("could not fill " + folder);
        }
    }

    /** Gives them back. */
    void free() throws IOException {
        Files.deleteIfExists(filler());
    }

    /** @param keep whether what stands there is copied to where it stood */
    public void unmount(boolean keep) throws IOException, InterruptedException {
        if (!mounted) {
            return;
        }
        free();
        Path aside = folder.resolveSibling(folder.getFileName() + "-kept");
        if (keep && !run("cp", "-r", folder.toString(), aside.toString())) {
            log.warn("{} cannot be kept", folder);
        }
        if (!run("umount", folder.toString())) {
            run("umount", "-l", folder.toString());
        }
    }

    /** @param root of a data folder */
    public static void unmountLeft(Path root) throws InterruptedException {
        Path left = root.resolve("kafka").resolve("node-1");
        if (Files.isDirectory(left) && run("mountpoint", "-q", left.toString())) {
            run("umount", "-l", left.toString());
        }
    }
}
