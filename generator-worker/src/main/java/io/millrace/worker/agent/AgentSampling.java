package io.millrace.worker.agent;

/** Whose temperature and top_p completions of agents are drawn with. */
public enum AgentSampling {
    /** The task's, whatever the agent asks for. */
    TASK,
    /** What the agent asks for, else the task's. */
    AGENT
}
