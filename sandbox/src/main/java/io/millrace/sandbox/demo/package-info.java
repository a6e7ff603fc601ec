/** The demo: the whole cluster as separate processes on this machine, one live screen, a clean stop and a report. */
@NullMarked
package io.millrace.sandbox.demo;

import org.jspecify.annotations.NullMarked;
