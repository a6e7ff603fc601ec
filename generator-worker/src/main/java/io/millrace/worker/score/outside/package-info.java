/** Rewards whose judges are outside this process: programs that answer lines of JSON, and servers that answer a POST. */
@NullMarked
package io.millrace.worker.score.outside;

import org.jspecify.annotations.NullMarked;
