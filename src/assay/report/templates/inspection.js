"use strict";

const SHOWN = 60; // samples of a column

// The parts of a text that were searched for stand out.
function marked(place, search) {
  const text = place.textContent, low = text.toLowerCase();
  if (!search || low.length !== text.length) return; // small letters of another length: positions would be wrong
  const parts = [];
  let from = 0;
  for (let at = low.indexOf(search); at >= 0; at = low.indexOf(search, from)) {
    parts.push(text.slice(from, at), element("mark", "", text.slice(at, at + search.length)));
    from = at + search.length;
  }
  place.replaceChildren(...parts, text.slice(from));
}

class Inspection {
  constructor(data) {
    this.steps = data.datasets[0];
    this.texts = data.texts;
    this.section = document.getElementById("samples");
    this.search = document.getElementById("search");
    this.everywhere = document.getElementById("everywhere");
    this.buttons = [...document.querySelectorAll("[data-step]")];
    this.buttons.forEach((button, step) => button.addEventListener("click", () => this.choose(step)));
    this.search.addEventListener("input", () => this.show());
    this.everywhere.addEventListener("change", () => this.show());
    const dropped = this.steps.map((step) => step.reasons.reduce((sum, [, count]) => sum + count, 0));
    this.choose(dropped.indexOf(Math.max(...dropped)));
  }

  choose(step) {
    this.chosen = step;
    this.everywhere.checked = false;
    this.section.hidden = false;
    this.buttons.forEach((button, index) => button.setAttribute("aria-pressed", String(index === step)));
    this.show();
  }

  show() {
    const search = this.search.value.toLowerCase();
    const steps = this.everywhere.checked ? this.steps.map((_, index) => index) : [this.chosen];
    document.getElementById("chosen").textContent = this.everywhere.checked ? "all steps" : this.buttons[this.chosen].textContent;
    const reasons = steps.length > 1 ? [] : this.steps[this.chosen].reasons;
    const items = reasons.map(([reason, count]) => element("li", "", `${count.toLocaleString("en")} × ${reason}`));
    this.section.querySelector(".reasons").replaceChildren(...items);
    for (const half of this.section.querySelectorAll("[data-outcome]")) this.fill(half, steps, search);
  }

  fill(half, steps, search) {
    const outcome = half.dataset.outcome;
    const all = steps.flatMap((step) => this.steps[step][outcome].map((row) => [step, ...row]));
    const found = all.filter(([, id, url, reason, text]) => [id, url, reason, this.texts[text]].some((each) => each.toLowerCase().includes(search)));
    const items = found.slice(0, SHOWN).map(([step, id, url, reason, text]) => {
      const where = steps.length > 1 ? this.buttons[step].textContent : "";
      return documentItem([where, reason].filter(Boolean).join(": "), url || id, this.texts[text]);
    });
    half.querySelector("h3").textContent = `${outcome}: ${search ? `${found.length} of ${all.length}` : all.length} sampled`;
    half.querySelector("ol").replaceChildren(...items);
    for (const place of half.querySelectorAll("b, bdi, .text")) marked(place, search);
    scrollable(half);
  }
}

if (document.getElementById("samples")) new Inspection(read("data"));
document.documentElement.setAttribute("data-drawn", "true");
