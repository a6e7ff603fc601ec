package io.millrace.common.access;

/** Who works on a run. What each may do is told by {@link Rights}; whoever is none of them needs no right at all. */
public enum Role {
    /** Makes the run's topics, sets its share groups, publishes its prompts. */
    PRODUCER("producer"),
    /** Claims prompts and writes results. */
    WORKER("worker"),
    /** Settles groups and serves steps. */
    TRAINER("trainer consumer"),
    /** A person, or what watches for one: reads all of a run and writes nothing. */
    OPERATOR("operator");

    private final String word;

    Role(String word) {
        this.word = word;
    }

    /** As people call it. */
    public String word() {
        return word;
    }
}
