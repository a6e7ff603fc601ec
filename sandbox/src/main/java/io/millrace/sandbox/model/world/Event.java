package io.millrace.sandbox.model.world;

import io.millrace.common.id.Attempt;
import io.millrace.common.id.GroupIndex;
import io.millrace.common.id.StepNumber;
import io.millrace.common.topics.Lane;
import io.millrace.trainer.steps.ResumeMode;

/** Something that can happen next; its text is a line of a trace. */
public sealed interface Event {
    /** Something that goes wrong, and that the bounds allow so often; all else happens by itself sooner or later. */
    sealed interface Fault extends Event {}

    /** Something by which the trainer consumer may come to decide, and then has to write. */
    sealed interface Deciding extends Event {}

    record Admit() implements Event {
        @Override
        public String toString() {
            return "the producer publishes the next group";
        }
    }

    record Claim(Lane lane) implements Event {
        @Override
        public String toString() {
            return "a worker claims the next task of " + lane;
        }
    }

    /** Its first token is made; none is made between a resumption and the trainer's word that engines are ready. */
    record Generate(GroupIndex group, Attempt attempt) implements Event {
        @Override
        public String toString() {
            return "an engine begins with group " + group + " attempt " + attempt;
        }
    }

    /** Durable, and the worker still holds the group. */
    record PublishResult(GroupIndex group, Attempt attempt) implements Event {
        @Override
        public String toString() {
            return "the worker publishes the result of group " + group + " attempt " + attempt;
        }
    }

    /** The worker holds the group no more. */
    record PublishReceipt(GroupIndex group, Attempt attempt) implements Event {
        @Override
        public String toString() {
            return "the worker publishes the receipt of group " + group + " attempt " + attempt;
        }
    }

    record ProducerReads(Followed topic) implements Event {
        /** What a producer follows. */
        public enum Followed {
            RECEIPTS,
            STEPS,
            POLICY
        }

        @Override
        public String toString() {
            return "the producer reads on in " + topic;
        }
    }

    /** The latest attempt of the group is known to have come to nothing. */
    record Recover(GroupIndex group) implements Event {
        @Override
        public String toString() {
            return "the producer issues group " + group + " again, or gives it up";
        }
    }

    /** No worker names the group any more, and the timeout has passed. */
    record Lost(GroupIndex group) implements Event {
        @Override
        public String toString() {
            return "the worker of group " + group + " is taken for lost: the group is issued again, or given up";
        }
    }

    record ConsumerReadsResult() implements Deciding {
        @Override
        public String toString() {
            return "the trainer consumer reads the next result";
        }
    }

    record ConsumerReadsReceipt() implements Deciding {
        @Override
        public String toString() {
            return "the trainer consumer reads the next receipt";
        }
    }

    /** It asks where the results end when it has waited for a result for the time limit. */
    record ConsumerSeesTheEnd() implements Deciding {
        @Override
        public String toString() {
            return "the trainer consumer is told where the results end, after the time limit";
        }
    }

    record ConsumerReadsTask(Lane lane) implements Event {
        @Override
        public String toString() {
            return "the trainer consumer reads the next task of " + lane;
        }
    }

    /** A session that has read further than a log now goes reads everything again. */
    record ReadAgain(Follower process) implements Event {
        @Override
        public String toString() {
            return "the " + process.text() + " notices that a log was cut, and reads the topics again";
        }
    }

    record Lease(Trainer trainer) implements Deciding {
        @Override
        public String toString() {
            return "trainer " + trainer + " leases a step";
        }
    }

    /** It gets the batch, or is told to lease again since that cannot be read back. */
    record Fetch(Trainer trainer) implements Event {
        @Override
        public String toString() {
            return "trainer " + trainer + " fetches its batch";
        }
    }

    record Ready(Trainer trainer) implements Event {
        @Override
        public String toString() {
            return "trainer " + trainer + " gives the engines its weights and says ready";
        }
    }

    record Acknowledge(Trainer trainer) implements Event {
        @Override
        public String toString() {
            return "trainer " + trainer + " acknowledges the step in its hands, with the next weight version";
        }
    }

    /** The same, but its answer is lost, so the trainer will say it again. */
    record AcknowledgeUnheard(Trainer trainer) implements Fault {
        @Override
        public String toString() {
            return "trainer " + trainer + " acknowledges the step in its hands, and the answer is lost";
        }
    }

    record Die(GroupIndex group, Attempt attempt) implements Fault {
        @Override
        public String toString() {
            return "the worker of group " + group + " attempt " + attempt + " dies";
        }
    }

    /** Its worker is silent for the timeout, and goes on later. */
    record Stall(GroupIndex group) implements Fault {
        @Override
        public String toString() {
            return "the worker of group " + group + " is silent for the timeout and taken for lost";
        }
    }

    record LoseTail(CutLog log, int records) implements Fault {
        /** Which logs may lose records. */
        enum CutLog {
            RESULTS,
            RECEIPTS
        }

        @Override
        public String toString() {
            return "the broker loses the last " + records + " of " + log;
        }
    }

    record Restart(Follower process) implements Fault {
        @Override
        public String toString() {
            return "the " + process.text() + " dies, and is started again";
        }
    }

    record Resume(StepNumber step, ResumeMode mode) implements Fault {
        @Override
        public String toString() {
            return "trainer B begins from the checkpoint of step " + step + ", mode " + mode;
        }
    }

    /** Who remembers what it has read. */
    enum Follower {
        PRODUCER("producer"),
        TRAINER_CONSUMER("trainer consumer");

        private final String text;

        Follower(String text) {
            this.text = text;
        }

        String text() {
            return text;
        }
    }

    /** Who trains: A from the start, B from its resumption on. */
    enum Trainer {
        A,
        B
    }
}
