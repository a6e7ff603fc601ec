/** Whether and when a request that failed is made again. */
@NullMarked
package io.millrace.worker.retry;

import org.jspecify.annotations.NullMarked;
