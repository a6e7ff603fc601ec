/** Reading back what another worker has left unfinished. */
@NullMarked
package io.millrace.worker.partial;

import org.jspecify.annotations.NullMarked;
