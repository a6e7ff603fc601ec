package io.millrace.ops;

import io.millrace.common.cli.Command;
import io.millrace.common.cli.CommandLines;
import io.millrace.ops.acl.AclCommand;
import io.millrace.ops.audit.AuditCommand;
import io.millrace.ops.backup.BackupCommand;
import io.millrace.ops.backup.RestoreCommand;
import io.millrace.ops.export.ExportCommand;
import io.millrace.ops.lag.LagCommand;
import io.millrace.ops.page.PageCommand;
import io.millrace.ops.peek.PeekCommand;
import io.millrace.ops.remove.RemoveCommand;
import io.millrace.ops.replay.ReplayCommand;
import io.millrace.ops.top.TopCommand;
import io.millrace.ops.topics.TopicsCommand;
import io.millrace.ops.trace.TraceCommand;
import java.util.List;

/** The operators' commands as a program of their own. */
public final class OpsMain {
    private OpsMain() {}

    public static void main(String[] args) {
        int exitCode = CommandLines.program(
                        "millrace-ops", "Looks into the runs of a cluster.", commands(), System.getenv())
                .execute(args);
        System.exit(exitCode);
    }

    /** Every command, in the order of the help. */
    public static List<Command<?>> commands() {
        return List.of(
                new TopicsCommand(),
                new AclCommand(),
                new LagCommand(),
                new PageCommand(),
                new TopCommand(),
                new PeekCommand(),
                new AuditCommand(),
                new TraceCommand(),
                new ReplayCommand(),
                new ExportCommand(),
                new BackupCommand(),
                new RestoreCommand(),
                new RemoveCommand());
    }
}
