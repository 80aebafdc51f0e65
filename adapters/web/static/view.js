// A direct reply to a press, such as the opened case: a dialog that only the person who pressed would see.

import { ask } from "./ask.js";
import { renderCard } from "./card.js";
import { closeForm } from "./form.js";

const $ = (id) => document.getElementById(id);

// `who` is the person's name and role for the page; the reply's own buttons act as the same person.
export function openView(view, by, pane, who) {
  const perform = async (key, button, answers, text) => {
    const { view: next } = await ask("press", { as: by, key, press: { ...button.press, answers }, text });
    closeForm();
    if (next) openView(next, by, pane, who);
    else $("view").close();
  };
  const press = async (button, answers, text) => {
    const trouble = await pane.act(`view ${by} ${JSON.stringify([button.press, answers, text])}`, (key) => perform(key, button, answers, text));
    showTrouble(trouble);
    return trouble;
  };
  $("view-title").textContent = view.title;
  $("view-for").textContent = `Only ${who} sees this.`;
  $("view-body").replaceChildren(renderCard(view, "view", press, { titled: false }));
  showTrouble("");
  if (!$("view").open) $("view").showModal();
  $("view-title").focus();
  $("view").scrollTop = 0;
}

function showTrouble(words) {
  $("view-trouble").textContent = words;
  $("view-trouble").hidden = !words;
}

export function wireView() {
  $("view-close").addEventListener("click", () => $("view").close());
}
