package io.millrace.sandbox.chaos.spec;

import io.millrace.common.config.Setting;
import io.millrace.common.config.SettingException;
import io.millrace.sandbox.cluster.ClusterSettings;
import io.millrace.sandbox.cluster.RunSettings;
import io.millrace.sandbox.oracle.Rules;
import io.millrace.sandbox.trainer.SimulatedTrainerSettings;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * @param roles words of {@link Role}; empty for all
 * @param kinds words of {@link FaultKind}; empty for all that are possible
 * @param brokers with more than one, links to brokers stay whole
 * @param basePort the first of {@link ChaosPorts#COUNT} ports
 */
public record ChaosSettings(
        @Setting.Preset({
            "slots=16",
            "batch-groups=8",
            "samples-per-group=4",
            "train-time=500ms",
            "filler-median=3000",
            "data-dir=.millrace/chaos"
        })
        ClusterSettings cluster,

        @Setting.Preset({"run=chaos", "workers=3"}) RunSettings run,

        @Setting(defaultValue = "1", help = "Decides every fault, its target and its pause")
        long seed,

        @Setting(defaultValue = "30", range = "1 to 100000 faults", help = "Faults of the run")
        int faults,

        @Setting(
                defaultValue = "0",
                range = "0 to 100000 faults",
                help = "Refuse to start when a role would get fewer faults")
        int faultsPerRoleMin,

        @Setting(
                name = "role",
                defaultValue = "",
                help =
                        "Roles to hit: broker, engine, producer, worker, trainer, simulated-trainer; all that --kind can hit"
                                + " when unset; may be repeated")
        List<String> roles,

        @Setting(
                name = "kind",
                defaultValue = "",
                help =
                        "Kinds of fault: kill, freeze, terminate, link-delay, link-reset, link-cut, link-black-hole,"
                                + " link-refuse, clock, log-tail, full-disk (needs root), hostile,"
                                + " stalled-reader, resume, zombie, version-restart; all that can hit the roles when unset; may be repeated")
        List<String> kinds,

        @Setting(
                defaultValue = "1s",
                range = "0s to 1h",
                help = "Longest pause between a recovery and the next fault; each is drawn")
        Duration pauseMax,

        @Setting(
                defaultValue = "0.2",
                range = "0 to 1",
                help = "Share of faults that do not wait for the recovery from the one before")
        double overlapShare,

        @Setting(defaultValue = "2m", range = "1s to 1h", help = "A recovery that takes longer is a finding")
        Duration recoveryLimit,

        @Setting(
                defaultValue = "5m",
                range = "1s to 24h",
                help = "How long the run may take after the last fault until every group is settled")
        Duration drainLimit,

        @Setting(
                defaultValue = "1",
                range = "1 to 3 brokers",
                help = "Brokers; with 3 topics have 3 copies, with more than one the links to brokers are left whole")
        int brokers,

        @Setting(defaultValue = "2", range = "1 to 4 processes", help = "Stand-in engines to start")
        int engines,

        @Setting(
                defaultValue = "0.03",
                range = "0 to 0.5",
                help = "Share of prompts that engines refuse each time, so that their groups are given up")
        double poisonShare,

        @Setting(
                defaultValue = "5",
                range = "0 to 1000000 steps",
                help = "Evaluate each time so many steps more are in the weights; 0 for never")
        int evalInterval,

        @Setting(defaultValue = "19000", range = "1024 to 65400", help = "First of the 48 ports that the run takes")
        int basePort,

        @Setting(help = "File for the report, JSON") @Nullable
        Path reportFile,

        @Setting(help = "File for the report's tables, Markdown") @Nullable
        Path markdownFile) {
    /** The trainer consumer's default. */
    private static final long MAX_STALENESS = 4;
    /** The lower one of the producer's defaults for attempts that fail and for those that are lost. */
    private static final int ATTEMPTS_MIN = 3;
    /** Half of the engines' context. */
    private static final int FILLER_MAX = PoisonedDataset.CONTEXT_TOKENS / 2;

    public ChaosSettings {
        roles = List.copyOf(roles);
        kinds = List.copyOf(kinds);
        List<FaultKind> done = words("--kind", FaultKind.values(), FaultKind::word, kinds);
        List<Role> hit = rolesHit(roles, done, brokers);
        if (hit.isEmpty()) {
            throw SettingException.impossible("--kind and --brokers", "no role can be hit by such faults");
        }
        if (faults / hit.size() < faultsPerRoleMin) {
            throw SettingException.impossible(
                    "--faults and --faults-per-role-min",
                    faults + " faults over " + hit.size() + " roles are " + faults / hit.size() + " each");
        }
        if (brokers == 2) {
            throw new SettingException("--brokers must be 1 or 3, was 2: two copies cannot outlive one broker");
        }
        if (run.workers() > ChaosPorts.WORKERS_MAX) {
            throw new SettingException(
                    "--workers must be 1 to " + ChaosPorts.WORKERS_MAX + " here, was " + run.workers());
        }
        if (cluster.fillerMedianTokens() > FILLER_MAX) {
            throw new SettingException("--filler-median must be at most " + FILLER_MAX + " tokens here, was "
                    + cluster.fillerMedianTokens() + ": an answer must fit the engines' context");
        }
        for (Role role : hit) {
            if (!canBeHit(role, done, brokers)) {
                throw SettingException.impossible(
                        "--role, --kind and --brokers", "no such kind of fault can hit " + role.word());
            }
        }
    }

    private static <E> List<E> words(String flag, E[] all, Function<E, String> word, List<String> wanted) {
        List<E> found = new ArrayList<>();
        for (String text : wanted) {
            found.add(Arrays.stream(all)
                    .filter(value -> word.apply(value).equals(text))
                    .findFirst()
                    .orElseThrow(() -> new SettingException(flag + " must be one of "
                            + Arrays.stream(all).map(word).toList() + ", was '" + text + "'")));
        }
        return found.isEmpty() ? List.of(all) : found;
    }

    /** Those named; when none are, those that the kinds can hit. */
    List<Role> rolesHit() {
        return rolesHit(roles, kindsDone(), brokers);
    }

    private static List<Role> rolesHit(List<String> roles, Collection<FaultKind> done, int brokers) {
        List<Role> hit = words("--role", Role.values(), Role::word, roles);
        return roles.isEmpty()
                ? hit.stream().filter(role -> canBeHit(role, done, brokers)).toList()
                : hit;
    }

    private static boolean canBeHit(Role role, Collection<FaultKind> done, int brokers) {
        return done.stream().anyMatch(kind -> Schedule.possible(kind, role, brokers == 1));
    }

    Set<FaultKind> kindsDone() {
        return EnumSet.copyOf(words("--kind", FaultKind.values(), FaultKind::word, kinds));
    }

    /** How many processes a role has. */
    Map<Role, Integer> instances() {
        Map<Role, Integer> instances = new EnumMap<>(Role.class);
        for (Role role : Role.values()) {
            instances.put(role, 1);
        }
        instances.put(Role.BROKER, brokers);
        instances.put(Role.WORKER, run.workers());
        instances.put(Role.ENGINE, engines);
        return instances;
    }

    /** What the oracle holds the run to; the bound is the default that users have. */
    public Rules rules() {
        SimulatedTrainerSettings.Step step = cluster.step();
        boolean tails = schedule().stream().anyMatch(fault -> fault.kind() == FaultKind.LOG_TAIL);
        return new Rules(
                step.batchGroups(), step.samplesPerGroup(), MAX_STALENESS, ATTEMPTS_MIN, ChaosSpecs.FILTERS, tails);
    }

    /** The schedule, which the settings decide entirely. */
    public List<Fault> schedule() {
        return new Schedule(seed, rolesHit(), kindsDone(), instances(), brokers == 1, pauseMax, overlapShare)
                .draw(faults);
    }
}
