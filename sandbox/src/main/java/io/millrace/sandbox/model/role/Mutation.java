package io.millrace.sandbox.model.role;

/** A rule taken out, to see that the search finds what it is there for. */
public enum Mutation {
    /** Nothing is taken out. */
    NONE,
    /** Whoever acknowledges does so in the name of the lease that is open, whichever lease it was given. */
    ANY_TRAINER_ACKNOWLEDGES,
    /** The producer does not hear that a result is missing. */
    MISSING_UNHEARD,
    /** The producer never takes a worker for lost. */
    NOBODY_IS_LOST,
    /** A snapshot does not say which attempts came to nothing. */
    SNAPSHOTS_FORGET_ATTEMPTS
}
