/** The JSON control records of every topic but results; one Java record per type. */
@NullMarked
package io.millrace.common.record;

import org.jspecify.annotations.NullMarked;
