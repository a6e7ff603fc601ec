@NullMarked
package io.millrace.producer.source.load;

import org.jspecify.annotations.NullMarked;
