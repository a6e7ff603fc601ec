package io.millrace.producer.ledger;

import io.millrace.common.record.Receipt;

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
    UNKNOWN;

    /**
     * @param hadSucceeded whether the group had a success that counts before
     * @param news whether the receipt said anything new of its attempt
     */
    static ReceiptFate of(Receipt.Outcome outcome, boolean hadSucceeded, boolean news) {
        return switch (outcome) {
            case Receipt.Success success -> hadSucceeded ? DUPLICATE : news ? FINISHED : SUPERSEDED;
            case Receipt.Failure failure -> hadSucceeded || !news ? SUPERSEDED : FAILED;
            case Receipt.HandedBack back -> hadSucceeded || !news ? SUPERSEDED : HANDED_BACK;
            case Receipt.Abandoned abandoned -> news ? GIVEN_UP : SUPERSEDED;
        };
    }
}
