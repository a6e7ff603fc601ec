/** What people ask a run: its topics, how far each stage is behind, and what stands in a record. Reads only, but for topics. */
@NullMarked
package io.millrace.common.ops;

import org.jspecify.annotations.NullMarked;
