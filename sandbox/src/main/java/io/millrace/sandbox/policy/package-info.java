/** A tiny policy that can really be trained: the stand-in engine samples from it, the learning trainer updates it. */
@NullMarked
package io.millrace.sandbox.policy;

import org.jspecify.annotations.NullMarked;
