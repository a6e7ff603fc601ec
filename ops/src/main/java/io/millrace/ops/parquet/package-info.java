/** Writes Parquet files of flat rows and lists, without anybody's library. */
@NullMarked
package io.millrace.ops.parquet;

import org.jspecify.annotations.NullMarked;
