"""An agent with a calculator, written for any OpenAI client. Millrace trains what it does:

millrace worker --generator http --agent-url http://127.0.0.1:8100/ ...
"""

import ast
import json
import operator
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from openai import OpenAI

OPERATORS = {ast.Add: operator.add, ast.Sub: operator.sub, ast.Mult: operator.mul}
EXPRESSION = {"type": "object", "properties": {"expression": {"type": "string"}}, "required": ["expression"]}
CALCULATE = {"name": "calculate", "description": "The value of a sum such as 12 * 3 + 4", "parameters": EXPRESSION}
TURNS_MAX = 4


def calculate(expression: str) -> str:
    def value(node: ast.expr) -> int:
        if isinstance(node, ast.BinOp) and type(node.op) in OPERATORS:
            return int(OPERATORS[type(node.op)](value(node.left), value(node.right)))
        return int(ast.literal_eval(node))

    try:
        return str(value(ast.parse(expression[:200], mode="eval").body))
    except (ValueError, SyntaxError, TypeError, RecursionError) as e:
        return f"error: {e}"


def solve(task: dict[str, Any]) -> dict[str, Any]:
    client = OpenAI(base_url=task["base_url"], api_key=task["api_key"], timeout=task["time_limit_seconds"])
    messages = list(task["messages"])
    tools = [{"type": "function", "function": CALCULATE}]
    for _ in range(TURNS_MAX):
        answer = client.chat.completions.create(model=task["model"], messages=messages, tools=tools).choices[0].message
        messages.append(answer.model_dump(exclude_none=True))
        if not answer.tool_calls:
            return {"task_id": task["task_id"]}  # The prompt's own reward judges it.
        for call in answer.tool_calls:
            result = calculate(json.loads(call.function.arguments).get("expression", ""))
            messages.append({"role": "tool", "tool_call_id": call.id, "content": result})
    return {"task_id": task["task_id"], "status": "truncated"}


class Handler(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        answer = json.dumps(solve(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)


if __name__ == "__main__":
    ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), Handler).serve_forever()
