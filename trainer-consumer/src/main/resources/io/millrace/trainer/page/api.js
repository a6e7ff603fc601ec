// How the page asks its server: everything by fetch, so that a token can go along as a header.
const KEY = "millrace-token";

/** A token handed over in the address is kept for this tab and taken out of the address. */
export function takeToken() {
  const url = new URL(location.href);
  const given = url.searchParams.get("token");
  if (given !== null) {
    sessionStorage.setItem(KEY, given);
    url.searchParams.delete("token");
    history.replaceState(null, "", url);
  }
}

export function keepToken(token) {
  sessionStorage.setItem(KEY, token);
}

export class Refused extends Error {
  constructor(status, message) {
    super(message);
    this.status = status;
  }
}

async function get(path, signal, accept) {
  const headers = { Accept: accept };
  const token = sessionStorage.getItem(KEY);
  if (token) headers.Authorization = "Bearer " + token;
  const answer = await fetch(path, { headers, signal, cache: "no-store", credentials: "omit" });
  if (!answer.ok) {
    const text = await answer.text();
    let why = text.slice(0, 500);
    try {
      why = JSON.parse(text).error ?? why;
    } catch {
      // What a proxy says is no JSON.
    }
    throw new Refused(answer.status, why || "status " + answer.status);
  }
  return answer;
}

export async function json(path, signal) {
  return (await get(path, signal, "application/json")).json();
}

/** Hands over each state as it comes; ends when the connection does. */
export async function follow(signal, onState) {
  const answer = await get("/page/events", signal, "text/event-stream");
  const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = "";
  for (;;) {
    const { value, done } = await reader.read();
    if (done) return;
    rest += value;
    let end;
    while ((end = rest.indexOf("\n\n")) >= 0) {
      const block = rest.slice(0, end);
      rest = rest.slice(end + 2);
      const data = block.split("\n").filter((line) => line.startsWith("data: ")).map((line) => line.slice(6)).join("\n");
      if (data) onState(JSON.parse(data));
    }
  }
}
