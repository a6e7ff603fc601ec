@NullMarked
package io.millrace.producer.session;

import org.jspecify.annotations.NullMarked;
