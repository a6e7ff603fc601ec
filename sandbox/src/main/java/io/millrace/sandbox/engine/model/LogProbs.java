package io.millrace.sandbox.engine.model;

import tools.jackson.core.io.SerializedString;

/**
 * The log-probabilities the model can give a token: quantiles of an exponential tail, rounded to 32 bits as an engine
 * returns them. A table, because writing a number as text is most of the work of an answer and here is done once.
 */
public final class LogProbs {
    private static final int BITS = 12;
    private static final float[] VALUES = new float[1 << BITS];
    private static final SerializedString[] JSON = new SerializedString[1 << BITS];

    static {
        for (int i = 0; i < VALUES.length; i++) {
            VALUES[i] = (float) (0.5 * Math.log((i + 0.5) / VALUES.length));
            JSON[i] = new SerializedString(Double.toString(VALUES[i]));
        }
    }

    private LogProbs() {}

    /** The index these random bits choose. */
    static short index(long bits) {
        return (short) (bits >>> (64 - BITS));
    }

    /** Finite and below 0. */
    static float value(short index) {
        return VALUES[index];
    }

    /** The value as JSON. */
    public static SerializedString json(short index) {
        return JSON[index];
    }
}
