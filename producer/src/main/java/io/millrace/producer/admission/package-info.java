/**
 * What may be issued now: training groups by how far training has come, evaluations by the weights there are, and in which
 * order their data sets are read. No thread, clock or client inside.
 */
@NullMarked
package io.millrace.producer.admission;

import org.jspecify.annotations.NullMarked;
