/**
 * A state-space search over the producer's and the trainer consumer's own classes: only topics, workers, trainers and
 * time are modelled. Whatever can happen within the bounds is tried in every order, and invariants are checked in every
 * state.
 */
@NullMarked
package io.millrace.sandbox.model;

import org.jspecify.annotations.NullMarked;
