package io.millrace.producer.ledger;

/** What a receipt or rejection came to. */
public enum ReceiptFate {
    /** The group has finished by it. */
    FINISHED,
    /** An attempt has failed by it. */
    FAILED,
    /** A worker gave the latest attempt back; it is issued again, and counts as neither failed nor lost. */
    HANDED_BACK,
    /** The group's abandonment stands. */
    GIVEN_UP,
    /** The group had finished already: another success of it. */
    DUPLICATE,
    /** It says nothing that counts any more: a newer attempt is out, or this attempt's end is known better. */
    SUPERSEDED,
    /** The group is settled or given up. A receipt that crosses its group's settlement on the way counts here too. */
    LATE,
    /** Too many groups are named that were never published: this one was not noted. */
    UNKNOWN
}
