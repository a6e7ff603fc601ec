/** Identities that cross process boundaries; each refuses values outside its range. */
@NullMarked
package io.millrace.common.id;

import org.jspecify.annotations.NullMarked;
