@NullMarked
package io.millrace.producer.source.chat;

import org.jspecify.annotations.NullMarked;
