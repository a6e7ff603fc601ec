/** Templates put out, as Python and Jinja would. Pure. */
@NullMarked
package io.millrace.common.chat.render;

import org.jspecify.annotations.NullMarked;
