"""Makes the corpus of `math`: pairs of a response and a label with the verdict of slime's function. See scripts/make-math-pairs."""
import argparse
import collections
import pathlib
import sys

import answers
import macros
import oracle
import tables

FILE = "src/test/resources/rewards/math-pairs.tsv"
SECONDS = 20


def pairs(count, seed):
    seen = set()
    for kind, response, label in answers.pairs(seed):
        if (response, label) in seen or not label.strip() or any(c in response + label for c in "\t\n\r"):
            continue
        seen.add((response, label))
        yield kind, response, label
        if len(seen) == count:
            return


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=6500, help="pairs drawn (default 6500)")
    parser.add_argument("--seed", type=int, default=20261130, help="default 20261130")
    parser.add_argument("--output", type=pathlib.Path, default=pathlib.Path(__file__).parents[4] / FILE)
    parser.add_argument("--slime", type=pathlib.Path, help="a checkout of slime: its very file judges too, and every difference is an error")
    parser.add_argument("--macros", type=pathlib.Path, help="write the table of macros that LaTeX is read by there, and no corpus")
    parser.add_argument("--tables", action="store_true", help="write the tables of deepscaler and gpqa, by --slime's own functions, and no corpus")
    args = parser.parse_args()
    if args.tables:
        if not args.slime:
            parser.error("--tables needs --slime")
        tables.write(args.slime, args.output.parent)
        return
    if args.macros:
        macros.write(args.macros)
        return
    slime = oracle.slimes(args.slime / "slime/rollout/rm_hub/math_utils.py") if args.slime else None
    right, slow, differences = collections.Counter(), 0, []
    drawn = collections.Counter()
    args.output.parent.mkdir(parents=True, exist_ok=True)
    with open(args.output, "w", encoding="utf-8", newline="\n") as out:
        out.write("# Made by scripts/make-math-pairs: 1 or 0 as slime's math says, the kind, the response, the label.\n")
        for kind, response, label in pairs(args.count, args.seed):
            try:
                with oracle.within(SECONDS):
                    said = oracle.verdict(response, label)
                    if slime is not None:
                        theirs = slime(response, label)
                        if theirs != said:
                            differences.append((theirs, kind, response, label))
            except oracle.TooSlow:
                slow += 1
                continue
            drawn[kind] += 1
            right[kind] += said
            out.write(f"{int(said)}\t{kind}\t{response}\t{label}\n")
    for kind in sorted(drawn):
        print(f"{kind}: {drawn[kind]} pairs, {right[kind]} right")
    print(f"{sum(drawn.values())} pairs, {sum(right.values())} right; {slow} left out, which took sympy more than {SECONDS} s")
    if slime is not None:
        print(f"{len(differences)} where slime's own file says otherwise")
        for difference in differences[:20]:
            print(*difference, sep=" | ")
    sys.exit(1 if differences else 0)


if __name__ == "__main__":
    main()
