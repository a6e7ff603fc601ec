/** What the demo shows while it runs. */
@NullMarked
package io.millrace.sandbox.demo.screen;

import org.jspecify.annotations.NullMarked;
