// The same agent's loop with OpenAI's client for Node.js: node agent.mjs PORT
import { createServer } from "node:http";
import OpenAI from "openai";

const calculate = {
  name: "calculate",
  description: "The value of a product such as 12 * 3",
  parameters: { type: "object", properties: { expression: { type: "string" } }, required: ["expression"] },
};

async function solve(task) {
  const client = new OpenAI({ baseURL: task.base_url, apiKey: task.api_key, timeout: task.time_limit_seconds * 1000 });
  const messages = [...task.messages];
  for (let turn = 0; turn < 4; turn++) {
    const stream = client.chat.completions.stream({
      model: task.model,
      messages,
      tools: [{ type: "function", function: calculate }],
    });
    const message = await stream.finalMessage();
    messages.push(message);
    if (!message.tool_calls?.length) return { task_id: task.task_id };
    for (const call of message.tool_calls) {
      const [a, b] = JSON.parse(call.function.arguments).expression.split("*").map(Number);
      messages.push({ role: "tool", tool_call_id: call.id, content: String(a * b) });
    }
  }
  return { task_id: task.task_id, status: "truncated" };
}

createServer(async (request, response) => {
  let body = "";
  for await (const part of request) body += part;
  try {
    response.end(JSON.stringify(await solve(JSON.parse(body))));
  } catch (error) {
    response.writeHead(500).end(String(error));
  }
}).listen(Number(process.argv[2]), "127.0.0.1");
