@NullMarked
package io.millrace.common.chat;

import org.jspecify.annotations.NullMarked;
