/** Samples of a run as rows of a file, for people and data sets; reads topics only. */
@NullMarked
package io.millrace.ops.export;

import org.jspecify.annotations.NullMarked;
