package io.millrace.common.reward.math;

import io.millrace.common.reward.math.Token.Kind;
import java.util.List;
import java.util.Set;

/** Units behind a value, which say nothing of whether it is right. */
final class Units {
    /** Units written without \text. Single letters are not among them: they are more often variables. */
    private static final Set<String> UNITS = Set.of(
            "cm",
            "mm",
            "km",
            "kg",
            "mg",
            "ml",
            "ft",
            "hr",
            "mph",
            "kmh",
            "lbs",
            "degree",
            "degrees",
            "centimeter",
            "centimeters",
            "meter",
            "meters",
            "kilometer",
            "kilometers",
            "mile",
            "miles",
            "second",
            "seconds",
            "minute",
            "minutes",
            "hour",
            "hours",
            "day",
            "days",
            "week",
            "weeks",
            "month",
            "months",
            "year",
            "years",
            "foot",
            "feet",
            "inch",
            "inches",
            "yard",
            "yards",
            "unit",
            "units",
            "dollar",
            "dollars",
            "cent",
            "cents",
            "point",
            "points",
            "square",
            "cubic",
            "gram",
            "grams",
            "pound",
            "pounds",
            "liter",
            "liters",
            "ways",
            "th",
            "st",
            "nd",
            "rd",
            "radian",
            "radians",
            "percent",
            "percentage",
            "pct",
            "per",
            "sq",
            "students",
            "people",
            "integers",
            "digits");

    private Units() {}

    /** Takes units off the end; whether a percent sign was among them. Something is always left. */
    static boolean strip(List<Token> tokens) {
        boolean percent = false;
        while (tokens.size() > 1) {
            int unit = lastUnit(tokens);
            if (unit < 1) {
                return percent;
            }
            Token token = tokens.get(unit);
            percent |= token.isSymbol("%")
                    || token.text().startsWith("percent")
                    || token.text().equals("pct");
            boolean quotient = unit > 1
                    && tokens.get(unit - 1).isSymbol("/")
                    && tokens.get(unit - 2).kind() != Kind.NUMBER;
            boolean raised = !quotient && unit > 1 && tokens.get(unit - 1).isSymbol("^");
            tokens.subList(quotient || raised ? unit - 1 : unit, tokens.size()).clear();
        }
        return percent;
    }

    /** Where the unit that ends the tokens begins, its exponent after it; -1 when they end with none. */
    private static int lastUnit(List<Token> tokens) {
        int last = tokens.size() - 1;
        if (isUnit(tokens.get(last))) {
            return last;
        }
        boolean raised = last >= 2
                && tokens.get(last).kind() == Kind.NUMBER
                && tokens.get(last - 1).isSymbol("^")
                && isUnit(tokens.get(last - 2));
        if (raised) {
            return last - 2;
        }
        boolean raisedInBraces = last >= 4
                && tokens.get(last).isSymbol("}")
                && tokens.get(last - 1).kind() == Kind.NUMBER
                && tokens.get(last - 2).isSymbol("{")
                && tokens.get(last - 3).isSymbol("^")
                && isUnit(tokens.get(last - 4));
        return raisedInBraces ? last - 4 : -1;
    }

    private static boolean isUnit(Token token) {
        return token.kind() == Kind.TEXT
                || token.isSymbol("%")
                || (token.kind() == Kind.LETTERS && UNITS.contains(token.text()));
    }
}
