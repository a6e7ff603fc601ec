/** A run as files: Kafka's own record batches, a manifest, checksums. */
@NullMarked
package io.millrace.ops.backup.files;

import org.jspecify.annotations.NullMarked;
