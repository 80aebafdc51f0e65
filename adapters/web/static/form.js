// The form that a button opens for what is written with it: one dialog, above whatever else stands open.

const $ = (id) => document.getElementById(id);
let press;

// `send(text)` presses the button with the words and resolves with the trouble, or nothing when it was heard.
export function openForm({ title, ask, send: label }, send) {
  press = send;
  $("form-title").textContent = title;
  $("form-ask").textContent = ask;
  $("form-send").textContent = label;
  $("form-words").value = "";
  showTrouble("");
  $("form").showModal();
}

export function closeForm() {
  $("form").close();
}

async function send(event) {
  event.preventDefault();
  const button = $("form-send");
  if (button.hasAttribute("aria-busy")) return;
  button.setAttribute("aria-busy", "true");
  const trouble = await press($("form-words").value);
  button.removeAttribute("aria-busy");
  showTrouble(trouble);
}

function showTrouble(words) {
  $("form-trouble").textContent = words;
  $("form-trouble").hidden = !words;
}

export function wireForm() {
  $("form").querySelector("form").addEventListener("submit", send);
  $("form-cancel").addEventListener("click", closeForm);
}
