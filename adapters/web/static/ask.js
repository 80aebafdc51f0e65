// What the page asks of Handrail on this computer.

const NOT_SENT = "This was not sent: Handrail on this computer did not answer. Try again. If a child may be in danger, ring 999 now.";

export async function ask(path, body) {
  const headers = { "Content-Type": "application/json" };
  const response = await fetch(`/playground/${path}`, { method: "POST", headers, body: JSON.stringify(body) }).catch(() => null);
  const answer = response ? await response.json().catch(() => ({})) : {};
  if (!response?.ok) throw new Error(answer.wrong || NOT_SENT);
  return answer;
}

export async function fetchState() {
  const response = await fetch("/playground/state");
  if (!response.ok) throw new Error(NOT_SENT);
  return response.json();
}
