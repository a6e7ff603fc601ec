/** Text for people: tables in columns, long values cut. Pure. */
@NullMarked
package io.millrace.ops.text;

import org.jspecify.annotations.NullMarked;
