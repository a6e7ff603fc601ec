/** Millrace's processes on this machine, as demo and chaos runs start, watch and stop them. */
@NullMarked
package io.millrace.sandbox.cluster;

import org.jspecify.annotations.NullMarked;
