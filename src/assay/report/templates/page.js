"use strict";
const PAGE = 3;

class Samples {
  constructor(panel, article, data) {
    this.steps = data.datasets[Number(article.dataset.dataset)];
    this.texts = data.texts;
    this.panel = panel;
    this.buttons = [...article.querySelectorAll("[data-step]")];
    this.outcomes = [...this.panel.querySelectorAll("[data-outcome]")];
    this.turns = [...this.panel.querySelectorAll("[data-turn]")];
    this.buttons.forEach((button, step) => button.addEventListener("click", () => this.choose(step, true)));
    this.outcomes.forEach((button) => button.addEventListener("click", () => this.show(button.dataset.outcome)));
    this.turns.forEach((button) => button.addEventListener("click", () => this.turn(Number(button.dataset.turn))));
  }

  // The step whose dropped samples say most about the recipe is open from the start.
  open() {
    const most = this.steps.reduce((best, step, index) => (dropped(step) > dropped(this.steps[best]) ? index : best), 0);
    this.choose(most, false);
  }

  choose(step, scroll) {
    this.step = this.steps[step];
    this.buttons.forEach((button, index) => button.setAttribute("aria-pressed", String(index === step)));
    this.panel.hidden = false;
    this.panel.querySelector("h4").textContent = this.step.name;
    const reasons = this.step.reasons.map(([reason, count]) => element("li", "", `${count.toLocaleString("en")} × ${reason}`));
    this.panel.querySelector(".reasons").replaceChildren(...reasons);
    for (const button of this.outcomes) {
      const name = button.dataset.outcome;
      button.textContent = `${name} (${this.step[name].length})`;
      button.disabled = this.step[name].length === 0;
    }
    this.show(this.step.dropped.length || !this.step.kept.length ? "dropped" : "kept");
    if (scroll && this.panel.getBoundingClientRect().top > window.innerHeight - 80) {
      this.panel.scrollIntoView({ block: "nearest" });
    }
  }

  show(outcome) {
    this.rows = this.step[outcome];
    this.outcomes.forEach((button) => button.setAttribute("aria-pressed", String(button.dataset.outcome === outcome)));
    this.first = 0;
    this.draw();
  }

  turn(direction) {
    this.first += direction * PAGE;
    this.draw();
  }

  draw() {
    const shown = this.rows.slice(this.first, this.first + PAGE);
    const last = this.first + shown.length;
    this.panel.querySelector("[role=status]").textContent =
      shown.length ? `${this.first + 1}–${last} of ${this.rows.length}` : "no samples";
    this.turns[0].disabled = this.first === 0;
    this.turns[1].disabled = last >= this.rows.length;
    this.panel.querySelector("ol").replaceChildren(...shown.map((row) => this.item(row)));
    scrollable(this.panel);
  }

  item([id, url, reason, text]) {
    return documentItem(reason, url || id, this.texts[text]);
  }
}

const dropped = (step) => step.reasons.reduce((sum, [, count]) => sum + count, 0);

function browseSamples() {
  const data = read("sample-data");
  for (const panel of document.querySelectorAll(".samples")) new Samples(panel, panel.closest(".funnel"), data).open();
}

// A closed <details> prints nothing.
window.addEventListener("beforeprint", () => {
  for (const details of document.querySelectorAll("details")) details.open = true;
});

browseSamples();
drawCharts().then(() => document.documentElement.setAttribute("data-drawn", "true"));
