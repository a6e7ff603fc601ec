@NullMarked
package io.millrace.producer.stream;

import org.jspecify.annotations.NullMarked;
