"""Tables of what slime's `deepscaler` and `gpqa` say, by running slime's very functions."""
import importlib
import itertools
import json
import sys
import types

LINE = "<nl>"


def slimes(checkout):
    """slime's package of rewards, without its __init__, which needs a trainer's libraries."""
    package = types.ModuleType("rm_hub")
    package.__path__ = [str(checkout / "slime/rollout/rm_hub")]
    sys.modules["rm_hub"] = package
    return importlib.import_module("rm_hub.deepscaler"), importlib.import_module("rm_hub.gpqa")


def deepscaler_cases():
    answers = [
        ("\\boxed{5}", "5"), ("\\boxed{5}", "6"), ("\\boxed{\\frac{1}{2}}", "0.5"), ("\\boxed{0.5}", "\\frac{1}{2}"), ("\\boxed{2/4}", "1/2"),
        ("\\boxed{1,000}", "1000"), ("\\boxed{\\sqrt{8}}", "2\\sqrt{2}"), ("\\boxed{x+1}", "1+x"), ("\\boxed{(1,2)}", "(1, 2)"), ("\\boxed{5", "5"),
        ("5", "5"), ("\\boxed{5}", "\\boxed{5}"), ("\\boxed{5}", "so \\boxed{5}."), ("\\boxed{\\text{Tuesday}}", "tuesday"), ("\\boxed{4} \\boxed{5}", "5"),
        ("\\boxed{5} \\boxed{4}", "5"), ("\\fbox{5}", "5"), ("\\boxed {5}", "5"), ("\\boxed{50\\%}", "50"), ("\\boxed{3\\text{ cm}}", "3"),
    ]  # fmt: skip
    frames = ["{}", "thinking</think>{}", "thinking</think> The answer is {}.", "{}</think>", "{}</think>none", "a</think>\\boxed{9}</think>{}", "a</think>{}</think>",
              "###Response{}", "x###Response {} ###Response \\boxed{7}", "###Response \\boxed{7}###Response {}", "###Response{}</think>", "</think>###Response{}", "</THINK>{}", "### Response {}",
              "<think>{}\n</think>\n\n{}"]  # fmt: skip
    for frame, (answer, label) in itertools.product(frames, answers):
        yield frame.replace("{}", answer), label


def gpqa_cases():
    responses = [
        "A", "B", "b", "The answer is B", "The answer is (B)", "answer: C", "Answer:B", "ANSWER IS D", "the correct option is A.", "B is the correct answer", "b is correct", "C is correct",
        "Final answer: B", "final option D", "I think it is 5", "answers vary", "The answer is 5", "Answer is", "answer", "Option B, not A", "A or B? I say C.", "A B C D", "(D)", "Z", "J", "K",
        "The choice is clear: B", "choice B", "This correct thing", "it is the correct answer", "The answer is\n\nB", "answer   :   b", "Answer: **B**", "\\boxed{B}", "Paris", "paris", "It must be Paris, France!",
        "the city of light", "forty two", "42", "<think>answer: A</think>B", "answer A</think>no idea", "answer A</think>", "</think>", "", "É B", "B1", "_B_", "B_", "xBx B", "B.C", "Answer: E", "answer: éB",
        "Answer - B", "the answer's B", "OPTION: c", "is the correct", "A is not right; B is the  correct", "London", "I choose London", "Berlin or Rome", "Not Paris but Rome", "option\tA", "Answer is is B",
    ]  # fmt: skip
    rows = [
        ("B", {}), ("b", {}), (" B ", {}), ("Paris", {}), ("Paris", {"choices": ["London", "Paris", "Rome", "Berlin"]}), ("B", {"choices": ["London", "Paris", "Rome", "Berlin"]}), ("paris!", {"choices": {"a": "London", "b": "Paris"}}),
        ("A", {"correct_letter": "B"}), ("x", {"correct_letter": " c ", "choices": ["London", "Rome", "Paris"]}), ("D", {"valid_letters": ["A", "B"]}), ("C", {"valid_letters": ["c", "d"]}), ("42", {"answer_text": "forty two"}), ("none", {"correct_answer": "Paris"}),
        ("K", {}), ("E", {"choices": ["1", "2", "3", "4"]}), ("42", {"choices": [41, 42, 43]}), ("Rome", {"choices": [], "valid_letters": []}), ("Z", {"correct_letter": ""}), ("B", {"correct_letter": 3}), ("...", {}), ("2", {"choices": ["1", "2"], "correct_letter": "Z"}),
    ]  # fmt: skip
    for number, (label, metadata) in enumerate(rows):
        for response in responses if number < 6 else responses[number % 3 :: 3]:
            yield response, label, metadata


def write(checkout, folder):
    deepscaler, gpqa = slimes(checkout)
    with open(folder / "deepscaler.tsv", "w", encoding="utf-8", newline="\n") as out:
        out.write(f"# Made by scripts/make-math-pairs --tables: what slime's deepscaler says, the response ({LINE} is a line's end), the label.\n")
        for response, label in dict.fromkeys(deepscaler_cases()):
            out.write(f"{deepscaler.get_deepscaler_rule_based_reward(response, label)}\t{response}\t{label}\n".replace("\n", LINE, response.count("\n")))
    with open(folder / "gpqa.tsv", "w", encoding="utf-8", newline="\n") as out:
        out.write(f"# Made by scripts/make-math-pairs --tables: what slime's gpqa says, the response ({LINE} is a line's end), the label, the metadata.\n")
        for response, label, metadata in gpqa_cases():
            if "\t" in response:
                continue
            text, shown = json.dumps(metadata), response.replace("\n", LINE)
            out.write(f"{gpqa.compute_gpqa_reward(response, label, metadata=json.loads(text))}\t{shown}\t{label}\t{text}\n")
