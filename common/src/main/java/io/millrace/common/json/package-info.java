/** The one JSON mapper and the versioned codec of control records. */
@NullMarked
package io.millrace.common.json;

import org.jspecify.annotations.NullMarked;
