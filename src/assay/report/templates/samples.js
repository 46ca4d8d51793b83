"use strict";
// Text from documents is only ever set with textContent: it cannot become markup.

const read = (id) => JSON.parse(document.getElementById(id).textContent);

function element(name, className, text) {
  const made = document.createElement(name);
  if (className) made.className = className;
  if (text !== undefined) made.textContent = text;
  return made;
}

// A sampled document: why it was dropped or what was measured, where it is from, and its text.
function documentItem(about, from, text) {
  const item = element("li");
  const line = element("p", "about");
  if (about) line.append(element("b", "", about), " · ");
  line.append(element("bdi", "", from));
  const body = element("p", "text", text);
  body.dir = "auto";
  item.append(line, body);
  return item;
}

// So that the keyboard can scroll texts that are longer than their box.
function scrollable(place) {
  for (const text of place.querySelectorAll(".text")) {
    if (text.scrollHeight > text.clientHeight) text.tabIndex = 0;
  }
}
