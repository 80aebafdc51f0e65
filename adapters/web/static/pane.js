// One screen: the teacher's phone, a channel, or one person's direct messages. Also the composer that stands under it.

import { ask } from "./ask.js";
import { make, renderCard } from "./card.js";
import { dayOf, timeOf } from "./clock.js";
import { closeForm } from "./form.js";

const HOLD_MS = 1200;
const FOLLOW_MS = 4000;

export class Pane {
  // `desk` is the page around it: `actor()` who acts here, `open(view, by, pane)` shows a direct reply.
  constructor(root, desk) {
    this.root = root;
    this.desk = desk;
    this.part = (name) => root.querySelector(name);
    this.log = this.part(".log");
    this.nodes = new Map();
    this.followUntil = 0;
    this.unread = 0;
    this.part(".below").addEventListener("click", () => this.toEnd(true));
    this.log.addEventListener("scroll", () => this.nearEnd() && (this.part(".below").hidden = true));
    wireComposer(this);
  }

  // Show another place, from what is known of it.
  turnTo(place, entries) {
    this.place = place;
    this.log.replaceChildren();
    this.nodes.clear();
    this.lastDay = "";
    this.followUntil = 0;
    entries.forEach((shown) => this.append(shown));
    this.note();
    this.log.scrollTop = this.log.scrollHeight;
  }

  put(shown) {
    const old = this.nodes.get(shown.id);
    if (old) this.exchange(old, shown);
    else this.arrive(shown);
    this.note();
  }

  take(id) {
    this.nodes.get(id)?.remove();
    this.nodes.delete(id);
    this.note();
  }

  note() {
    this.part(".empty").hidden = this.nodes.size > 0;
  }

  append(shown) {
    const day = dayOf(shown.at);
    if (day !== this.lastDay) this.log.append(make("p", { className: "day", textContent: day }));
    this.lastDay = day;
    const node = this.render(shown);
    this.nodes.set(shown.id, node);
    this.log.append(node);
    return node;
  }

  exchange(old, shown) {
    const held = old.contains(document.activeElement);
    const picked = old.querySelector("[data-busy]") ? null : keepPicks(old);
    const node = this.render(shown);
    old.replaceWith(node);
    this.nodes.set(shown.id, node);
    restorePicks(node, picked);
    if (held) (node.querySelector(".card") ?? node).focus({ preventScroll: true });
  }

  arrive(shown) {
    const wasNear = this.nearEnd();
    const node = this.append(shown);
    if (!this.desk.visible(this)) this.unread += 1;
    if (shown.card && performance.now() < this.followUntil) this.lead(node, shown.card);
    else if (shown.by || wasNear) this.bringInto(node);
    else this.part(".below").hidden = false;
  }

  // The person acted here: their next card gets the focus, once; a card that waits for words hands it to the composer.
  lead(node, card) {
    this.bringInto(node);
    const writing = this.part("textarea");
    if (document.querySelector("dialog[open]") || (writing === document.activeElement && writing.value)) return;
    this.followUntil = 0;
    const words = !card.fields.length && !card.buttons.length && (card.typed || writing === document.activeElement);
    (words ? writing : node.querySelector(".card")).focus({ preventScroll: true });
  }

  bringInto(node) {
    const tall = node.offsetHeight > this.log.clientHeight - 24;
    this.log.scrollTop = tall ? node.offsetTop - 12 : this.log.scrollHeight;
  }

  toEnd(focus) {
    this.log.scrollTop = this.log.scrollHeight;
    this.part(".below").hidden = true;
    if (focus) this.log.focus({ preventScroll: true });
  }

  nearEnd() {
    return this.log.scrollHeight - this.log.scrollTop - this.log.clientHeight < 80;
  }

  render(shown) {
    const entry = make("div", { className: `entry ${shown.card ? "theirs" : "ours"}` });
    entry.dataset.id = shown.id;
    const body = shown.card ? this.renderTheirs(shown) : renderSaid(shown);
    const times = timeOf(shown.at) + (shown.edited_at && timeOf(shown.edited_at) !== timeOf(shown.at) ? `, changed ${timeOf(shown.edited_at)}` : "");
    entry.append(body, make("p", { className: "time", textContent: times }));
    return entry;
  }

  renderTheirs(shown) {
    const card = renderCard(shown.card, shown.id, (button, answers, text) => this.press(shown.id, button, answers, text));
    card.classList.toggle("settled", shown.settled);
    return card;
  }

  async press(id, button, answers, text) {
    const by = this.desk.actor(this);
    this.followUntil = performance.now() + FOLLOW_MS;
    return this.act(`${id} ${by} ${JSON.stringify([button.press, answers, text])}`, async (key) => {
      const { view } = await ask("press", { as: by, key, press: { ...button.press, answers }, text });
      closeForm();
      if (view) this.desk.open(view, by, this);
      else await replaced(this, id);
    });
  }

  // One act keeps its key until it was heard, so that a second try has no second effect. Resolves with the trouble, if any.
  async act(what, perform) {
    const trouble = this.part(".screen > .trouble");
    if (this.trying?.what !== what) this.trying = { what, key: crypto.randomUUID() };
    const { key } = this.trying;
    try {
      await perform(key);
      this.trying = undefined;
      trouble.hidden = true;
      return "";
    } catch (wrong) {
      trouble.textContent = wrong.message;
      trouble.hidden = false;
      return wrong.message;
    }
  }
}

// Wait until the card stands changed, so that its old buttons do not come back to life for an instant.
async function replaced(pane, id) {
  const node = pane.nodes.get(id);
  const until = performance.now() + HOLD_MS;
  while (node && pane.nodes.get(id) === node && performance.now() < until) {
    await new Promise((resolve) => setTimeout(resolve, 30));
  }
}

const keepPicks = (node) => [...node.querySelectorAll("input:checked")].map((input) => `${input.name} ${input.value}`);

function restorePicks(node, picked) {
  for (const input of node.querySelectorAll("input")) input.checked = Boolean(picked?.includes(`${input.name} ${input.value}`));
}

function renderSaid({ said, attachments }) {
  const bubble = make("div", { className: "bubble" });
  if (said) bubble.append(make("p", { className: "line", dir: "auto", textContent: said }));
  if (attachments) bubble.append(make("p", { className: "pretended", textContent: pretended(attachments) }));
  return bubble;
}

const pretended = (count) => (count === 1 ? "1 pretend picture" : `${count} pretend pictures`);

// The composer takes words. Pictures are only counted: a paste or a drop of one is stopped before anything is read.
function wireComposer(pane) {
  const [form, box, chip] = [".composer", "textarea", ".pretend"].map(pane.part);
  let offered = 0;
  const offer = (count) => {
    offered = Math.min(count, 20);
    chip.hidden = !offered;
    chip.textContent = `${pretended(offered)}. Take away`;
  };
  const send = async () => {
    if (form.dataset.busy || (!box.value.trim() && !offered)) return;
    form.dataset.busy = "yes";
    const [text, attachments, by] = [box.value, offered, pane.desk.actor(pane)];
    pane.followUntil = performance.now() + FOLLOW_MS;
    const trouble = await pane.act(`say ${by} ${attachments} ${text}`, (key) => ask("say", { as: by, key, text, attachments }).then(({ view }) => view && pane.desk.open(view, by, pane)));
    delete form.dataset.busy;
    if (!trouble) empty(text);
  };
  const empty = (text) => {
    if (box.value === text) box.value = "";
    offer(0);
    grow(box);
  };
  form.addEventListener("submit", (event) => (event.preventDefault(), send()));
  box.addEventListener("input", () => grow(box));
  box.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
    event.preventDefault();
    send();
  });
  pane.part(".clip").addEventListener("click", () => (offer(offered + 1), box.focus()));
  chip.addEventListener("click", () => (offer(0), box.focus()));
  box.addEventListener("paste", (event) => stopFiles(event, event.clipboardData, (count) => offer(offered + count)));
  pane.root.addEventListener("drop", (event) => stopFiles(event, event.dataTransfer, (count) => offer(offered + count)));
}

function stopFiles(event, carried, offer) {
  const files = [...(carried?.items ?? [])].filter((item) => item.kind === "file").length;
  if (!files) return;
  event.preventDefault();
  offer(files);
}

function grow(box) {
  box.style.height = "auto";
  box.style.height = `${Math.min(box.scrollHeight, 132)}px`;
}
