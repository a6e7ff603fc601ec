@NullMarked
package io.millrace.producer.queue;

import org.jspecify.annotations.NullMarked;
