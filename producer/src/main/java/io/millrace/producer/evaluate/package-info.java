/** Which evaluations are asked for, which are issued, and the tasks they consist of. No thread, clock or client inside. */
@NullMarked
package io.millrace.producer.evaluate;

import org.jspecify.annotations.NullMarked;
