@NullMarked
package io.millrace.producer.source.row;

import org.jspecify.annotations.NullMarked;
