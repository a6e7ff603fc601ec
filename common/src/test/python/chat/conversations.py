"""Conversations that a chat template may meet: name, messages, tools, arguments of the template."""

from typing import Any

TOOLS = [
    {
        "type": "function",
        "function": {
            "name": "get_weather",
            "description": 'Weather of a <place> & "time".\nÉ',
            "parameters": {
                "type": "object",
                "properties": {
                    "city": {"type": "string", "description": "The city", "enum": ["Paris", "Zürich"]},
                    "days": {"type": "integer", "default": 3},
                    "exact": {"type": "boolean"},
                    "tol": {"type": "number", "default": 0.5},
                    "tags": {"type": "array", "items": {"type": "string"}},
                    "any": {"type": ["string", "null"]},
                    "nest": {"type": "object", "properties": {"a": {"type": "string"}}, "required": ["a"]},
                },
                "required": ["city"],
            },
            "return": {"type": "string"},
        },
    },
    {
        "type": "function",
        "function": {"name": "none", "description": "Nothing", "parameters": {"type": "object", "properties": {}}},
    },
]
S = {"role": "system", "content": "You are <brief>.\n"}
U = {"role": "user", "content": "  What is 1 + 1? 'é' \"😀\" \n"}
A = {"role": "assistant", "content": "<think>\nwell\n</think>\n\nIt is 2. "}
U2 = {"role": "user", "content": "And 2 + 2?"}
TC = {
    "role": "assistant",
    "content": "",
    "tool_calls": [
        {
            "id": "call12345",
            "type": "function",
            "function": {
                "name": "get_weather",
                "arguments": {"city": "Paris", "days": 2, "exact": True, "x": None, "l": [1, "a"]},
            },
        }
    ],
}
TR = {"role": "tool", "content": '{"t": 21}', "name": "get_weather", "tool_call_id": "call12345"}
R = {"role": "assistant", "content": "It is 4.", "reasoning_content": "hm"}
P = {"role": "user", "content": [{"type": "text", "text": "one "}, {"type": "text", "text": "two"}]}
CONVERSATIONS: list[tuple[str, list[dict[str, Any]], list[dict[str, Any]] | None, dict[str, Any]]] = [
    ("user", [U], None, {}),
    ("system", [S, U], None, {}),
    ("turns", [S, U, A, U2], None, {}),
    ("reasoned", [U, R, U2], None, {}),
    ("tools", [S, U], TOOLS, {}),
    ("tools-alone", [U], TOOLS, {}),
    ("called", [U, TC, TR], TOOLS, {}),
    ("called-on", [S, U, TC, TR, A, U2], TOOLS, {}),
    ("no-thinking", [U], None, {"enable_thinking": False, "thinking": False}),
    ("thinking", [S, U], None, {"enable_thinking": True, "thinking": True, "reasoning_effort": "high"}),
    ("parts", [P], None, {}),
    ("ends", [S, U, A], None, {}),
]
