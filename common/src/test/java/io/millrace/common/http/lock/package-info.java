@NullMarked
package io.millrace.common.http.lock;

import org.jspecify.annotations.NullMarked;
