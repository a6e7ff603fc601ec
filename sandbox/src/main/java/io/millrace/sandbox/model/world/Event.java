package io.millrace.sandbox.model.world;

import io.millrace.common.id.Attempt;
import io.millrace.common.id.GroupIndex;
import io.millrace.common.id.StepNumber;
import io.millrace.common.topics.Lane;
import io.millrace.trainer.steps.ResumeMode;
import java.util.Locale;

/** Something that can happen next. */
public sealed interface Event {
    /** A line of a trace. */
    default String text() {
        return switch (this) {
            case Admit admit -> "the producer publishes the next group";
            case Claim claim -> "a worker claims the next task of " + claim.lane();
            case Generate generate ->
                "an engine begins with group " + generate.group() + " attempt " + generate.attempt();
            case PublishResult publishResult ->
                "the worker publishes the result of group " + publishResult.group() + " attempt "
                        + publishResult.attempt();
            case PublishReceipt publishReceipt ->
                "the worker publishes the receipt of group " + publishReceipt.group() + " attempt "
                        + publishReceipt.attempt();
            case ProducerReads producerReads -> "the producer reads on in " + producerReads.topic();
            case Recover recover -> "the producer issues group " + recover.group() + " again, or gives it up";
            case Lost lost ->
                "the worker of group " + lost.group() + " is taken for lost: the group is issued again, or given up";
            case ConsumerReadsResult consumerReadsResult -> "the trainer consumer reads the next result";
            case ConsumerReadsReceipt consumerReadsReceipt -> "the trainer consumer reads the next receipt";
            case ConsumerSeesTheEnd consumerSeesTheEnd ->
                "the trainer consumer is told where the results end, after the time limit";
            case ConsumerReadsTask consumerReadsTask ->
                "the trainer consumer reads the next task of " + consumerReadsTask.lane();
            case ReadAgain readAgain ->
                "the " + readAgain.process().text() + " notices that a log was cut, and reads the topics again";
            case Lease lease -> "trainer " + lease.trainer() + " leases a step";
            case Fetch fetch -> "trainer " + fetch.trainer() + " fetches its batch";
            case Ready ready -> "trainer " + ready.trainer() + " gives the engines its weights and says ready";
            case Acknowledge acknowledge ->
                "trainer " + acknowledge.trainer()
                        + " acknowledges the step in its hands, with the next weight version";
            case AcknowledgeUnheard acknowledgeUnheard ->
                "trainer " + acknowledgeUnheard.trainer()
                        + " acknowledges the step in its hands, and the answer is lost";
            case Die die -> "the worker of group " + die.group() + " attempt " + die.attempt() + " dies";
            case Stall stall ->
                "the worker of group " + stall.group() + " is silent for the timeout and taken for lost";
            case LoseTail loseTail -> "the broker loses the last " + loseTail.records() + " of " + loseTail.log();
            case Restart restart -> "the " + restart.process().text() + " dies, and is started again";
            case Resume resume ->
                "trainer B begins from the checkpoint of step " + resume.step() + ", mode " + resume.mode();
        };
    }

    /** Something that goes wrong, and that the bounds allow so often; all else happens by itself sooner or later. */
    sealed interface Fault extends Event {}

    /** Something by which the trainer consumer may come to decide, and then has to write. */
    sealed interface Deciding extends Event {}

    record Admit() implements Event {}

    record Claim(Lane lane) implements Event {}

    /** Its first token is made; none is made between a resumption and the trainer's word that engines are ready. */
    record Generate(GroupIndex group, Attempt attempt) implements Event {}

    /** Durable, and the worker still holds the group. */
    record PublishResult(GroupIndex group, Attempt attempt) implements Event {}

    /** The worker holds the group no more. */
    record PublishReceipt(GroupIndex group, Attempt attempt) implements Event {}

    record ProducerReads(Followed topic) implements Event {
        /** What a producer follows. */
        public enum Followed {
            RECEIPTS,
            STEPS,
            POLICY
        }
    }

    /** The latest attempt of the group is known to have come to nothing. */
    record Recover(GroupIndex group) implements Event {}

    /** No worker names the group any more, and the timeout has passed. */
    record Lost(GroupIndex group) implements Event {}

    record ConsumerReadsResult() implements Deciding {}

    record ConsumerReadsReceipt() implements Deciding {}

    /** It asks where the results end when it has waited for a result for the time limit. */
    record ConsumerSeesTheEnd() implements Deciding {}

    record ConsumerReadsTask(Lane lane) implements Event {}

    /** A session that has read further than a log now goes reads everything again. */
    record ReadAgain(Follower process) implements Event {}

    record Lease(Trainer trainer) implements Deciding {}

    /** It gets the batch, or is told to lease again since that cannot be read back. */
    record Fetch(Trainer trainer) implements Event {}

    record Ready(Trainer trainer) implements Event {}

    record Acknowledge(Trainer trainer) implements Event {}

    /** The same, but its answer is lost, so the trainer will say it again. */
    record AcknowledgeUnheard(Trainer trainer) implements Fault {}

    record Die(GroupIndex group, Attempt attempt) implements Fault {}

    /** Its worker is silent for the timeout, and goes on later. */
    record Stall(GroupIndex group) implements Fault {}

    record LoseTail(CutLog log, int records) implements Fault {
        /** Which logs may lose records. */
        enum CutLog {
            RESULTS,
            RECEIPTS
        }
    }

    record Restart(Follower process) implements Fault {}

    record Resume(StepNumber step, ResumeMode mode) implements Fault {}

    /** Who remembers what it has read. */
    enum Follower {
        PRODUCER,
        TRAINER_CONSUMER;

        String text() {
            return name().toLowerCase(Locale.ROOT).replace('_', ' ');
        }
    }

    /** Who trains: A from the start, B from its resumption on. */
    enum Trainer {
        A,
        B
    }
}
