/** What a worker answers to over HTTP beside metrics, health and status. */
@NullMarked
package io.millrace.worker.serve;

import org.jspecify.annotations.NullMarked;
