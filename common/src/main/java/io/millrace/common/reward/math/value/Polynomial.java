package io.millrace.common.reward.math.value;

import java.util.HashMap;
import java.util.Map;
import java.util.TreeMap;

/** A sum of monomials with rational coefficients, none of them zero; the empty sum is 0. Immutable. */
record Polynomial(Map<Monomial, Rational> terms) {
    static final Polynomial ZERO = new Polynomial(Map.of());
    static final Polynomial ONE = of(Rational.ONE);

    static Polynomial of(Rational constant) {
        return of(constant, Monomial.ONE);
    }

    static Polynomial of(Rational coefficient, Monomial monomial) {
        return coefficient.signum() == 0 ? new Polynomial(Map.of()) : new Polynomial(Map.of(monomial, coefficient));
    }

    boolean isZero() {
        return terms.isEmpty();
    }

    boolean isSingleTerm() {
        return terms.size() == 1;
    }

    boolean isConstant() {
        return isZero() || (isSingleTerm() && terms.containsKey(Monomial.ONE));
    }

    /** The rational part. */
    Rational constant() {
        return terms.getOrDefault(Monomial.ONE, Rational.ZERO);
    }

    Polynomial plus(Polynomial other, Work work) throws NotComparable {
        Map<Monomial, Rational> sum = new HashMap<>(terms);
        for (Map.Entry<Monomial, Rational> term : other.terms.entrySet()) {
            add(sum, term.getKey(), term.getValue(), work);
        }
        return new Polynomial(sum);
    }

    Polynomial negate() {
        Map<Monomial, Rational> negated = new HashMap<>();
        terms.forEach((monomial, coefficient) -> negated.put(monomial, coefficient.negate()));
        return new Polynomial(negated);
    }

    Polynomial times(Polynomial other, Work work) throws NotComparable {
        Map<Monomial, Rational> product = new HashMap<>();
        for (Map.Entry<Monomial, Rational> left : terms.entrySet()) {
            for (Map.Entry<Monomial, Rational> right : other.terms.entrySet()) {
                Monomial.Scaled scaled = left.getKey().times(right.getKey());
                Rational coefficient = left.getValue().times(right.getValue()).times(scaled.coefficient());
                add(product, scaled.monomial(), coefficient, work);
            }
        }
        return new Polynomial(product);
    }

    private static void add(Map<Monomial, Rational> sum, Monomial monomial, Rational coefficient, Work work)
            throws NotComparable {
        work.spend(coefficient);
        work.spend(5 * monomial.powers().size());
        Rational total = sum.getOrDefault(monomial, Rational.ZERO).plus(coefficient);
        if (total.signum() == 0) {
            sum.remove(monomial);
        } else {
            sum.put(monomial, total);
        }
        if (sum.size() > Work.TERMS_MAX) {
            throw NotComparable.limit("more than " + Work.TERMS_MAX + " summands");
        }
    }

    /**
     * About how long {@link #canonical} gets, counted before it is built: names of roots hold the names of the roots in
     * them and would grow by a factor with every floor.
     */
    int canonicalLength() throws NotComparable {
        long length = 0;
        for (Map.Entry<Monomial, Rational> term : terms.entrySet()) {
            Rational coefficient = term.getValue();
            length += (coefficient.numerator().bitLength()
                                    + coefficient.denominator().bitLength())
                            / 3
                    + 1;
            for (String generator : term.getKey().powers().keySet()) {
                length += generator.length() + 1;
            }
        }
        if (length > Work.NAME_LENGTH_MAX) {
            throw NotComparable.limit("a root of a sum of about " + length + " characters");
        }
        return (int) length;
    }

    /** The same text for the same polynomial, whatever order it was built in. */
    String canonical() {
        TreeMap<String, Rational> sorted = new TreeMap<>();
        terms.forEach((monomial, coefficient) -> sorted.put(monomial.powers().toString(), coefficient));
        return sorted.toString();
    }
}
