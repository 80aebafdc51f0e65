// The page: four screens side by side (tabs where it is narrow), what comes in over server-sent events, and the dialog.

import { ask, fetchState } from "./ask.js";
import { make } from "./card.js";
import { setClock, wireClock } from "./clock.js";
import { wireForm } from "./form.js";
import { Pane } from "./pane.js";
import { Screens } from "./screens.js";
import { openView, wireView } from "./view.js";

const TEACHER = "teacher";
const EMPTY = {
  phone: "Nothing yet. Say hello, or write what you were told.",
  channel: "Nothing yet. A case comes here as a reference and buttons, without names or details.",
  person: "Nothing yet.",
};
const $ = (id) => document.getElementById(id);
const personPlace = (id) => `web:person:${id}`;
const channelPlace = (id) => `web:channel:${id}`;

const shownById = new Map();
const elsewhere = new Map();
const panes = [];
let people = [];
let channels = [];
let source;
let screens;

const personOf = (id) => people.find((person) => person.id === id);
const channelOf = (id) => channels.find((channel) => channel.id === id);
const at = (place) => [...shownById.values()].filter((shown) => shown.place === place);

const desk = {
  actor: (pane) => (pane.kind === "channel" ? pane.part(".actor").value : pane.who),
  visible: (pane) => screens.visible(pane),
  open: (view, by, pane) => openView(view, by, pane, titleOf(personOf(by))),
};

function addPane(kind, label) {
  const index = panes.length;
  const root = $("pane").content.firstElementChild.cloneNode(true);
  root.classList.add(kind);
  root.id = `screen-${index}`;
  const pane = new Pane(root, desk);
  Object.assign(pane, { kind, label, heading: label, tab: label });
  pane.part("h2").id = `heading-${index}`;
  root.setAttribute("aria-labelledby", `heading-${index}`);
  pane.part("h2 .label").textContent = label;
  pane.part(".empty").textContent = EMPTY[kind];
  for (const part of kind === "channel" ? [".composer"] : [".acting"]) pane.part(part).hidden = true;
  pane.part(".who").addEventListener("change", (event) => turn(pane, event.target.value));
  for (const box of root.querySelectorAll("[data-fault]")) box.addEventListener("change", () => practise(pane, box));
  panes.push(pane);
  $("panes").append(root);
}

function turn(pane, who) {
  pane.who = who;
  pane.part(".who").value = who;
  const place = pane.kind === "channel" ? channelPlace(who) : personPlace(who);
  pane.unread = 0;
  elsewhere.delete(place);
  pane.turnTo(place, at(place));
  describe(pane);
  screens.draw();
  drawElsewhere();
}

function describe(pane) {
  const name = pane.kind === "channel" ? describeChannel(pane) : describePerson(pane);
  pane.heading = `${pane.label}: ${name}`;
  pane.part("h2 .sr").textContent = `: ${name}`;
  pane.log.setAttribute("aria-label", pane.heading);
  pane.part("textarea").setAttribute("aria-label", `Write to Handrail as ${name}`);
}

function describePerson(pane) {
  const { name, role, academy } = personOf(pane.who);
  pane.part(".sub").textContent = academy || (pane.kind === "phone" ? "Any member of staff" : "No one academy");
  pane.tab = role;
  return name;
}

function describeChannel(pane) {
  const channel = channelOf(pane.who);
  pane.part(".sub").textContent = `${channel.public ? "Public" : "Private"}, ${channel.members.length} people`;
  pane.root.classList.toggle("faulty", channel.public || channel.stranger);
  for (const box of pane.root.querySelectorAll("[data-fault]")) box.checked = channel[box.dataset.fault];
  const actor = pane.part(".actor");
  const chosen = channel.members.includes(actor.value) ? actor.value : channel.members[0];
  actor.replaceChildren(...channel.members.map((id) => make("option", { value: id, textContent: titleOf(personOf(id)) })));
  actor.value = chosen;
  return channel.name;
}

const titleOf = (person) => (person ? `${person.name}, ${person.role}` : "Somebody unknown");

async function practise(pane, box) {
  await pane.act(`fault ${box.dataset.fault} ${box.checked}`, () => ask("channel", { id: pane.who, [box.dataset.fault]: box.checked }));
}

function fillMenus() {
  const options = (kind) => (kind === "channel" ? channels : people.filter((person) => person.id !== TEACHER));
  for (const pane of panes) {
    const who = pane.part(".who");
    const list = pane.kind === "phone" ? [personOf(TEACHER)] : options(pane.kind);
    who.replaceChildren(...list.map((each) => make("option", { value: each.id, textContent: each.role ? titleOf(each) : each.name })));
    who.setAttribute("aria-label", pane.kind === "channel" ? "Channel" : "Whose messages");
    who.disabled = list.length < 2;
  }
}

// Who stands in which screen when the page opens: the first academy's channel, its deputy and its head.
function seat() {
  const academy = channels[0]?.academy;
  const holder = (role) => people.find((person) => role.test(person.role) && (!academy || person.academy === academy));
  const anybody = people.filter((person) => person.id !== TEACHER);
  const wanted = [TEACHER, channels[0]?.id, (holder(/deputy/i) ?? anybody[0]).id, (holder(/head/i) ?? anybody.at(-1)).id];
  panes.forEach((pane, index) => (pane.who && (personOf(pane.who) || channelOf(pane.who)) ? turn(pane, pane.who) : wanted[index] && turn(pane, wanted[index])));
}

function shown(entry) {
  const isNew = !shownById.has(entry.id);
  shownById.set(entry.id, entry);
  const showing = panes.filter((pane) => pane.place === entry.place);
  showing.forEach((pane) => pane.put(entry));
  if (isNew && !showing.length) elsewhere.set(entry.place, (elsewhere.get(entry.place) ?? 0) + 1);
  screens.draw();
  drawElsewhere();
}

function drawElsewhere() {
  const chips = [...elsewhere].map(([place, count]) => {
    const [, reach, ...rest] = place.split(":");
    const id = rest.join(":");
    const name = reach === "channel" ? channelOf(id)?.name : titleOf(personOf(id));
    const chip = make("button", { type: "button", textContent: `${count} new for ${name}: show` });
    chip.addEventListener("click", () => showElsewhere(reach, id));
    return chip;
  });
  $("elsewhere").replaceChildren(...chips);
}

function showElsewhere(reach, id) {
  const index = reach === "channel" ? 1 : panes.length - 1;
  turn(panes[index], id);
  screens.goTo(index);
}

function follow(cursor) {
  source?.close();
  source = new EventSource(`/playground/events?after=${encodeURIComponent(cursor)}`);
  const on = (kind, then) => source.addEventListener(kind, (event) => then(JSON.parse(event.data)));
  on("shown", shown);
  on("clock", setClock);
  on("reset", () => start());
  on("gone", ({ id }) => (shownById.delete(id), panes.forEach((pane) => pane.take(id))));
  on("channel", (channel) => {
    channels = channels.map((each) => (each.id === channel.id ? channel : each));
    panes.filter((pane) => pane.who === channel.id).forEach(describe);
  });
  source.onopen = () => ($("lost").hidden = true);
  source.onerror = () => {
    $("lost").hidden = false;
    if (source.readyState === EventSource.CLOSED) setTimeout(start, 2000);
  };
}

async function start() {
  source?.close();
  try {
    const state = await fetchState();
    ({ people, channels } = state);
    shownById.clear();
    elsewhere.clear();
    state.shown.forEach((entry) => shownById.set(entry.id, entry));
    setClock(state.clock);
    fillMenus();
    seat();
    follow(state.cursor);
  } catch {
    $("lost").hidden = false;
    setTimeout(start, 2000);
  }
}

addPane("phone", "Teacher's phone");
addPane("channel", "DSL channel");
addPane("person", "Direct messages");
addPane("person", "Direct messages");
screens = new Screens(panes);
wireClock();
wireView();
wireForm();
for (const kind of ["dragover", "drop"]) document.addEventListener(kind, (event) => event.dataTransfer?.types.includes("Files") && event.preventDefault());
start();
