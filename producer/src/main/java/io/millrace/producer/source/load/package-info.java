/**
 * Data sets, read once and fingerprinted. Only {@link io.millrace.producer.source.load.DataSetLoader} opens a file; the
 * rest owns no thread, clock or client.
 */
@NullMarked
package io.millrace.producer.source.load;

import org.jspecify.annotations.NullMarked;
