@NullMarked
package io.millrace.common.chat.render;

import org.jspecify.annotations.NullMarked;
