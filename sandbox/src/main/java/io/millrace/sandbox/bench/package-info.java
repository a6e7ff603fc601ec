/** What benchmarks need that no run has by itself. */
@NullMarked
package io.millrace.sandbox.bench;

import org.jspecify.annotations.NullMarked;
