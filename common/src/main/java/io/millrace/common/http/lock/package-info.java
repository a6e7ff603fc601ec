/** Who may call a process's HTTP server, told by tokens, and what its connections are encrypted with. */
@NullMarked
package io.millrace.common.http.lock;

import org.jspecify.annotations.NullMarked;
