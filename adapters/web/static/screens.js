// How the screens stand: side by side, or one at a time behind tabs where it is narrow. Skip links lead between them.

import { make } from "./card.js";

const NARROW = matchMedia("(max-width: 1099px)");
const $ = (id) => document.getElementById(id);

export class Screens {
  constructor(panes) {
    this.panes = panes;
    this.active = 0;
    panes.forEach((pane, index) => this.wire(pane, index));
    $("tabs").addEventListener("keydown", (event) => this.arrow(event));
    NARROW.addEventListener("change", () => this.layOut());
    this.layOut();
  }

  visible(pane) {
    return !NARROW.matches || this.panes[this.active] === pane;
  }

  wire(pane, index) {
    const tab = make("button", { type: "button", role: "tab", id: `tab-${index}`, "aria-controls": pane.root.id });
    tab.addEventListener("click", () => this.select(index));
    $("tabs").append(tab);
    $("skips").append(this.link(make("a"), index));
    this.link(pane.part(".skip"), (index + 1) % this.panes.length);
  }

  link(anchor, index) {
    anchor.href = `#${this.panes[index].root.id}`;
    anchor.addEventListener("click", (event) => {
      event.preventDefault();
      this.goTo(index);
    });
    return anchor;
  }

  arrow(event) {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (!step) return;
    this.select(this.active + step);
    $("tabs").children[this.active].focus();
  }

  select(index) {
    this.active = (index + this.panes.length) % this.panes.length;
    this.panes[this.active].unread = 0;
    this.layOut();
    this.panes[this.active].toEnd(false);
  }

  goTo(index) {
    this.select(index);
    (NARROW.matches ? $("tabs").children[index] : this.panes[index].part("h2")).focus();
  }

  layOut() {
    $("clock").open = !NARROW.matches;
    this.panes.forEach((pane, index) => {
      const tab = $("tabs").children[index];
      tab.setAttribute("aria-selected", String(index === this.active));
      tab.tabIndex = index === this.active ? 0 : -1;
      pane.root.hidden = !this.visible(pane);
      pane.root.setAttribute("role", NARROW.matches ? "tabpanel" : "region");
    });
    this.draw();
  }

  draw() {
    this.panes.forEach((pane, index) => {
      const next = this.panes[(index + 1) % this.panes.length];
      $("skips").children[index].textContent = pane.heading;
      pane.part(".skip").textContent = `Skip to ${next.heading}`;
      const count = make("span", { className: "count" }, String(pane.unread), make("span", { className: "sr", textContent: " new" }));
      $("tabs").children[index].replaceChildren(pane.tab, ...(pane.unread ? [count] : []));
    });
  }
}
