"""Writes what transformers makes of chat templates: of our own (kept in the repository), or of those in public packages."""

import argparse
import datetime
import json
import pathlib
import zipfile
from typing import Any

import transformers.utils.chat_template_utils as chat_template_utils
from conversations import CONVERSATIONS
from snippets import NAMES, RENDERED
from tokenizers import Tokenizer, decoders, models, normalizers, pre_tokenizers, processors, trainers
from transformers import AutoTokenizer

SPECIAL = ["<s>", "</s>", "<|im_start|>", "<|im_end|>"]
OWN_TEMPLATE = """{%- if tools %}
{{- '<|im_start|>tools\\n' ~ (tools | tojson) ~ '<|im_end|>\\n' }}
{%- endif %}
{%- for message in messages %}
{{- '<|im_start|>' ~ message.role ~ '\\n' ~ message.content | trim ~ '<|im_end|>\\n' }}
{%- endfor %}
{%- if add_generation_prompt %}
{{- '<|im_start|>assistant\\n' }}
{%- if enable_thinking is defined and enable_thinking is false %}
{{- '<think>\\n\\n</think>\\n\\n' }}
{%- endif %}
{%- endif %}
"""


class Day(datetime.datetime):
    """Today is the day that the tests are given."""

    @classmethod
    def now(cls, tz: Any = None) -> "Day":
        return cls(2026, 11, 30)


chat_template_utils.datetime = Day


def outcome(what: Any) -> dict[str, Any]:
    try:
        return {"text": what()}
    except Exception as e:
        return {"error": f"{type(e).__name__}: {e}"}


def own(folder: pathlib.Path) -> None:
    lines = []
    for template in RENDERED:
        compiled = outcome(lambda t=template: chat_template_utils._compile_jinja_template(t).render(**NAMES))
        lines.append(json.dumps({"template": template, **compiled}))
    (folder / "templates.jsonl").write_text("\n".join(lines) + "\n", encoding="utf-8")
    (folder / "names.json").write_text(json.dumps(NAMES) + "\n", encoding="utf-8")
    tokenizer([str(each) for each in RENDERED] + [OWN_TEMPLATE], 400, folder / "model")
    (folder / "model" / "chat_template.jinja").write_text(OWN_TEMPLATE, encoding="utf-8")
    conversations(folder / "model", folder / "conversations.jsonl")


def tokenizer(texts: list[str], size: int, folder: pathlib.Path) -> None:
    """A byte-level BPE as models have it, saved with what must not matter: a limit, and a token put before each text."""
    folder.mkdir(parents=True, exist_ok=True)
    made = Tokenizer(models.BPE())
    made.normalizer = normalizers.NFC()
    made.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    made.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=size,
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        special_tokens=SPECIAL,
        show_progress=False,
    )
    made.train_from_iterator(texts, trainer)
    made.post_processor = processors.TemplateProcessing(
        single="<s> $A", special_tokens=[("<s>", made.token_to_id("<s>"))]
    )
    made.enable_truncation(max_length=16)
    made.save(str(folder / "tokenizer.json"), pretty=False)
    config = {
        "tokenizer_class": "PreTrainedTokenizerFast",
        "bos_token": "<s>",
        "eos_token": {"content": "</s>", "__type": "AddedToken", "special": True},
        "pad_token": None,
        "unk_token": "<unk>",
        "model_max_length": 64,
    }
    (folder / "tokenizer_config.json").write_text(json.dumps(config), encoding="utf-8")


def conversations(model: pathlib.Path, file: pathlib.Path) -> int:
    """What the model of a folder makes of each conversation: text and ids."""
    loaded = AutoTokenizer.from_pretrained(model)
    lines = []
    for name, messages, tools, arguments in CONVERSATIONS:
        line: dict[str, Any] = {"name": name, "messages": messages, "tools": tools, "arguments": arguments}

        def text(m: Any = messages, t: Any = tools, a: Any = arguments) -> str:
            return loaded.apply_chat_template(
                json.loads(json.dumps(m)), tools=t, tokenize=False, add_generation_prompt=True, **a
            )

        line |= outcome(text)
        if "text" in line:
            line["ids"] = loaded(line["text"], add_special_tokens=False)["input_ids"]
        lines.append(json.dumps(line))
    file.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return len(lines)


def public(folder: pathlib.Path, wheels: list[pathlib.Path]) -> None:
    templates: dict[str, str] = {}
    for wheel in wheels:
        with zipfile.ZipFile(wheel) as archive:
            for name in archive.namelist():
                if name.endswith(".jinja"):
                    templates[name.replace("/", "-").removesuffix(".jinja")] = archive.read(name).decode()
    tokenizer(list(templates.values()), 3000, folder / "tokenizer")
    for name, template in templates.items():
        model = folder / name
        model.mkdir(parents=True, exist_ok=True)
        for file in ["tokenizer.json", "tokenizer_config.json"]:
            (model / file).write_bytes((folder / "tokenizer" / file).read_bytes())
        (model / "chat_template.jinja").write_text(template, encoding="utf-8", newline="")
        conversations(model, model / "conversations.jsonl")
    print(f"{len(templates)} templates, {len(CONVERSATIONS)} conversations each, in {folder}")


parser = argparse.ArgumentParser(description=__doc__)
parser.add_argument("folder", type=pathlib.Path)
parser.add_argument("wheels", type=pathlib.Path, nargs="*", help="packages whose templates are asked; none for our own")
args = parser.parse_args()
args.folder.mkdir(parents=True, exist_ok=True)
if args.wheels:
    public(args.folder, args.wheels)
else:
    own(args.folder)
