// The practice clock: shown in London time, set from the bar at the top.

import { ask } from "./ask.js";

const ZONE = "Europe/London";
const LONG = new Intl.DateTimeFormat("en-GB", { timeZone: ZONE, weekday: "long", day: "numeric", month: "long", year: "numeric" });
const BRIEF = new Intl.DateTimeFormat("en-GB", { timeZone: ZONE, weekday: "long", day: "numeric", month: "short", year: "numeric" });
const SHORT = new Intl.DateTimeFormat("en-GB", { timeZone: ZONE, hour: "2-digit", minute: "2-digit" });
const DAY = new Intl.DateTimeFormat("en-CA", { timeZone: ZONE, year: "numeric", month: "2-digit", day: "2-digit" });

let ahead = 0;
let real = true;

export const now = () => new Date(Date.now() + ahead);
export const timeOf = (at) => SHORT.format(new Date(at));
export const dayOf = (at, how = LONG) => how.format(new Date(at)).replace(",", "");

export function setClock({ at, real: isReal }) {
  ahead = new Date(at) - Date.now();
  real = isReal;
  tick();
}

function tick() {
  const at = now();
  const shown = document.getElementById("clock-now");
  const words = `${dayOf(at, BRIEF)}, ${SHORT.format(at)}`;
  if (shown.textContent !== words) shown.textContent = words;
  for (const phone of document.querySelectorAll(".phone-time")) phone.textContent = SHORT.format(at);
  document.getElementById("clock").classList.toggle("practised", !real);
}

// The next Friday at 16:31: one minute after the councils' lines close.
function nextFriday() {
  const [year, month, day] = DAY.format(now()).split("-").map(Number);
  const date = new Date(Date.UTC(year, month - 1, day));
  const days = (5 - date.getUTCDay() + 7) % 7 || (SHORT.format(now()) < "16:31" ? 0 : 7);
  date.setUTCDate(date.getUTCDate() + days);
  return `${date.toISOString().slice(0, 10)}T16:31`;
}

// Christmas Day at 02:00, this year's or the next.
function nextChristmas() {
  const today = DAY.format(now());
  const past = `${today}T${SHORT.format(now())}` >= `${today.slice(0, 4)}-12-25T02:00`;
  return `${Number(today.slice(0, 4)) + (past ? 1 : 0)}-12-25T02:00`;
}

const PRESETS = { now: () => ({ now: true }), friday: () => ({ at: nextFriday() }), holiday: () => ({ at: nextChristmas() }) };

async function bring(to) {
  const trouble = document.getElementById("clock-trouble");
  trouble.hidden = true;
  try {
    setClock(await ask("clock", to));
  } catch (wrong) {
    trouble.textContent = wrong.message;
    trouble.hidden = false;
  }
}

export function wireClock() {
  for (const button of document.querySelectorAll("[data-clock]")) {
    const preset = button.dataset.clock;
    button.addEventListener("click", () => bring(PRESETS[preset]?.() ?? { advance_minutes: Number(preset) }));
  }
  document.getElementById("clock-form").addEventListener("submit", (event) => {
    event.preventDefault();
    bring({ at: document.getElementById("clock-at").value });
  });
  setInterval(tick, 1000);
}
