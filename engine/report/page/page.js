// Filters, opens and prints what is on the page already: without scripts nothing is missing but the filters.
"use strict";
(() => {
  const all = (selector, within = document) => [...within.querySelectorAll(selector)];
  const changes = all(".change");
  const bar = document.querySelector(".filters");
  if (!bar) return;
  const search = bar.querySelector("input");
  const chips = all("button[data-filter]", bar);
  const toggle = bar.querySelector(".toggle");
  const count = bar.querySelector("output");
  const texts = new Map();

  const textOf = change => {
    if (!texts.has(change)) texts.set(change, change.textContent.toLowerCase());
    return texts.get(change);
  };
  const pressed = chip => chip.getAttribute("aria-pressed") === "true";
  const visible = () => changes.filter(change => !change.hidden);

  // Chips of one kind widen, chips of several kinds and words narrow what is shown.
  function filter() {
    const wanted = new Map();
    for (const chip of chips.filter(pressed)) {
      const key = chip.dataset.filter;
      wanted.set(key, (wanted.get(key) ?? new Set()).add(chip.value));
    }
    const words = search.value.toLowerCase().split(/\s+/).filter(Boolean);
    for (const change of changes)
      change.hidden = ![...wanted].every(([key, values]) => values.has(change.dataset[key])) ||
                      !words.every(word => textOf(change).includes(word));
    const everything = wanted.size === 0 && words.length === 0;
    for (const part of all(".kind, .environment"))
      part.hidden = !everything && !part.querySelector(".change:not([hidden])");
    for (const part of all(".component"))
      part.hidden = !everything && !all("a", part).some(link => !target(link.getAttribute("href")).hidden);
    for (const part of all(".touches"))
      part.hidden = !everything && !part.querySelector(".component:not([hidden])");
    count.textContent = `${visible().length} of ${changes.length} changes`;
    label();
  }

  // Once for a frame, however many of them open.
  let labelling = false;
  function label() {
    if (labelling) return;
    labelling = true;
    requestAnimationFrame(() => {
      labelling = false;
      toggle.textContent = visible().some(change => !change.open) ? "Open all" : "Close all";
    });
  }

  const target = hash => document.getElementById(decodeURIComponent(hash.slice(1)));

  function clear() {
    search.value = "";
    for (const chip of chips) chip.setAttribute("aria-pressed", "false");
    filter();
  }

  // A link to a change shows it, even where a filter has hidden it.
  function reveal() {
    const change = location.hash && target(location.hash);
    if (!change || !change.matches(".change")) return;
    if (change.hidden) clear();
    change.open = true;
    change.scrollIntoView({block: "start"});
    change.querySelector("summary").focus({preventScroll: true});
  }

  for (const chip of chips)
    chip.addEventListener("click", () => {
      chip.setAttribute("aria-pressed", String(!pressed(chip)));
      filter();
    });
  search.addEventListener("input", filter);
  search.addEventListener("keydown", event => { if (event.key === "Escape") clear(); });
  bar.querySelector(".clear").addEventListener("click", clear);
  toggle.addEventListener("click", () => {
    const open = visible().some(change => !change.open);
    for (const change of visible()) change.open = open;
    label();
  });
  document.addEventListener("toggle", label, true);
  addEventListener("hashchange", reveal);

  let closed = [];
  addEventListener("beforeprint", () => {
    closed = all("details:not([open])");
    for (const part of closed) part.open = true;
  });
  addEventListener("afterprint", () => {
    for (const part of closed) part.open = false;
  });

  bar.hidden = false;
  filter();
  reveal();
})();
