/** Values of templates, and what Python makes of them. Pure. */
@NullMarked
package io.millrace.common.chat.value;

import org.jspecify.annotations.NullMarked;
