package io.millrace.common.wire;

import java.util.zip.CRC32C;

/**
 * One of the parts a large blob was cut into.
 *
 * @param number which one, 1 to count
 * @param count how many there are, 2 or more
 * @param blobCrc32c checksum of the whole blob, the same in all its parts
 * @param partCrc32c checksum of {@code data} as the sender saw it; {@link PartJoiner} compares
 * @param data not empty, not to be changed
 */
public record Part(PartKey key, int number, int count, int blobCrc32c, int partCrc32c, byte[] data) {
    /** @throws IllegalArgumentException when number, count or data is out of range */
    public Part {
        if (count < 2 || number < 1 || number > count) {
            throw new IllegalArgumentException(
                    "a part's number must be 1 to count, its count 2 or more, was " + number + "/" + count);
        }
        if (data.length == 0) {
            throw new IllegalArgumentException("part " + number + "/" + count + " of " + key + " is empty");
        }
    }

    static int crc32c(byte[] bytes) {
        CRC32C crc = new CRC32C();
        crc.update(bytes);
        return (int) crc.getValue();
    }
}
