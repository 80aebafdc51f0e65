// Cards as elements. Every word goes in as text: nothing that was written can come alive as markup.

import { openForm } from "./form.js";

const SVG = "http://www.w3.org/2000/svg";
const ICONS = { urgent: "alert", do: "do", dont: "dont", numbers: "phone" };
const WORDS = { do: "Do", dont: "Do not", numbers: "Numbers to ring" };
// The second half of a double click must not answer the next question, which has come to stand under the pointer.
const STRAY_MS = 600;
const PHONE = /\b(?:999|111|101|0\d[\d ]{5,12}\d)\b/g;

export function make(tag, props = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(props)) {
    if (name in node) node[name] = value;
    else node.setAttribute(name, value);
  }
  node.append(...children.filter((child) => child !== null));
  return node;
}

export function icon(name) {
  const svg = document.createElementNS(SVG, "svg");
  const use = document.createElementNS(SVG, "use");
  use.setAttribute("href", `#i-${name}`);
  svg.setAttribute("aria-hidden", "true");
  svg.classList.add("icon");
  svg.append(use);
  return svg;
}

// `place` tells apart the same card in the log and in the dialog; `press(button, answers, text)` resolves, when it was
// heard or could not be, with what to say of that. A button that `writes` opens a form for its words first.
export function renderCard(card, place, press, { level = 3, titled = true } = {}) {
  const node = make("article", { className: "card", tabIndex: -1 });
  const title = titled && card.title ? make(`h${level}`, { className: "title", dir: "auto", textContent: card.title }) : null;
  node.setAttribute("aria-label", nameOf(card));
  const heading = `h${titled ? level + 1 : level}`;
  node.append(...[title].filter(Boolean), ...card.passages.map((passage) => renderPassage(passage, heading)));
  node.append(...card.fields.map((field) => renderField(field, place)));
  const came = performance.now();
  const doPress = (button, element, click) => {
    if (click.detail > 1 && performance.now() - came < STRAY_MS) return;
    if (button.writes) openForm(button.writes, (text) => press(button, collect(node, button), text));
    else pressOnce(node, element, () => press(button, collect(node, button), ""));
  };
  node.append(...renderButtons(card.buttons, "buttons", doPress), ...renderButtons(card.footer, "footer", doPress));
  node.classList.toggle("asks", card.fields.length + card.buttons.length > 0);
  return node;
}

// What the card is called where it cannot be seen: its title, or the question it begins with.
function nameOf({ title, passages, fields }) {
  return title || passages[0]?.heading || passages[0]?.lines[0] || fields[0]?.ask || "Message";
}

function renderPassage({ tone, heading, lines }, tag) {
  const words = heading || WORDS[tone] || "";
  const urgent = tone === "urgent" ? [make("span", { className: "sr", textContent: "Urgent: " })] : [];
  const mark = ICONS[tone] ? icon(ICONS[tone]) : null;
  const head = words ? make(tag, { className: "heading", dir: "auto" }, ...urgent, words) : null;
  const body = renderLines(tone, lines);
  if (!head && urgent.length) body.prepend(...urgent);
  return make("div", { className: `passage ${tone}` }, mark, make("div", {}, head, body));
}

function renderLines(tone, lines) {
  if (tone === "verbatim") return make("blockquote", {}, ...lines.map((line) => lineOf("p", line)));
  if (!["do", "dont", "numbers"].includes(tone)) return make("div", {}, ...lines.map((line) => lineOf("p", line, tone === "urgent")));
  return make("ul", {}, ...lines.map((line) => lineOf("li", line, tone === "numbers")));
}

function lineOf(tag, line, ringable = false) {
  const node = make(tag, { className: "line", dir: "auto" });
  node.append(...(ringable ? withNumbers(line) : [line]));
  return node;
}

function withNumbers(line) {
  const parts = [];
  let end = 0;
  for (const found of line.matchAll(PHONE)) {
    parts.push(line.slice(end, found.index), make("a", { href: `tel:${found[0].replaceAll(" ", "")}`, textContent: found[0] }));
    end = found.index + found[0].length;
  }
  return [...parts, line.slice(end)];
}

function renderField({ step, ask, help, options, many, exclusive }, place) {
  const set = make("fieldset", { className: "field" }, make("legend", { dir: "auto", textContent: ask }));
  set.dataset.step = step;
  if (help) {
    const line = make("p", { className: "help", dir: "auto", textContent: help, id: `help-${place}-${step}` });
    set.setAttribute("aria-describedby", line.id);
    set.append(line);
  }
  for (const { value, label } of options) {
    const input = make("input", { type: many ? "checkbox" : "radio", name: `${place}-${step}`, value });
    input.addEventListener("change", () => clearOthers(set, input, exclusive));
    set.append(make("label", {}, input, make("span", { dir: "auto", textContent: label })));
  }
  return set;
}

// "None of these" and "I don't know" cannot stand beside anything else.
function clearOthers(set, picked, exclusive) {
  if (!picked.checked) return;
  const alone = exclusive.includes(picked.value);
  for (const other of set.querySelectorAll("input")) {
    if (other !== picked && (alone || exclusive.includes(other.value))) other.checked = false;
  }
}

function renderButtons(buttons, className, doPress) {
  if (!buttons.length) return [];
  const row = make("div", { className });
  for (const button of buttons) {
    const element = make("button", { type: "button", className: button.style, dir: "auto", textContent: button.label });
    element.addEventListener("click", (click) => doPress(button, element, click));
    row.append(element);
  }
  return [row];
}

// A card that waits for an answer to one press takes no second one. The buttons keep the focus, so they are not disabled.
async function pressOnce(card, element, press) {
  if (card.dataset.busy) return;
  card.dataset.busy = "yes";
  element.setAttribute("aria-busy", "true");
  setDisabled(card, true);
  try {
    await press();
  } finally {
    element.removeAttribute("aria-busy");
    delete card.dataset.busy;
    setDisabled(card, false);
  }
}

function setDisabled(card, disabled) {
  for (const button of card.querySelectorAll("button")) {
    if (disabled) button.setAttribute("aria-disabled", "true");
    else button.removeAttribute("aria-disabled");
  }
}

function collect(card, button) {
  const answers = {};
  for (const set of card.querySelectorAll("fieldset")) {
    const picked = [...set.querySelectorAll("input:checked")].map((input) => input.value);
    if (picked.length) answers[set.dataset.step] = picked;
  }
  return { ...answers, ...button.press.answers };
}
