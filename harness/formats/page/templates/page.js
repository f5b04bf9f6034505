"use strict";
// The page can be read without this. It adds a filter, and opens what a link leads into.
(() => {
  const form = document.getElementById("filter");
  const open = () => {
    const place = document.getElementById(decodeURIComponent(location.hash.slice(1)));
    for (let one = place; one; one = one.parentElement) {
      if (one.tagName === "DETAILS") one.open = true;
    }
    if (place && place.matches("article.cell")) {
      for (const one of place.querySelectorAll("details")) one.open = true;
    }
    if (place && place.offsetParent === null && form) form.reset();
    if (place) place.scrollIntoView();
  };
  const safely = () => { try { open(); } catch (error) { if (!(error instanceof URIError)) throw error; } };
  addEventListener("hashchange", safely);
  addEventListener("beforeprint", () => {
    for (const one of document.querySelectorAll("details")) one.open = true;
  });
  if (!form) { safely(); return; }

  const text = document.getElementById("filter-text");
  const told = document.getElementById("filter-told");
  const rows = [...document.querySelectorAll("#cells tbody tr[data-cell]")];
  const parts = new Map([...document.querySelectorAll("article.cell")].map((one) => [one.dataset.cell, one]));
  const words = new Map(rows.map((row) => {
    const part = parts.get(row.dataset.cell);
    return [row.dataset.cell, `${row.textContent} ${part ? part.textContent : ""}`.toLowerCase()];
  }));
  const others = [...document.querySelectorAll("[data-cell]")];

  const apply = () => {
    const asked = text.value.toLowerCase().split(/\s+/).filter(Boolean);
    const verdicts = new Set(new FormData(form).getAll("verdict"));
    const kept = new Set();
    for (const row of rows) {
      const said = words.get(row.dataset.cell);
      if (verdicts.has(row.dataset.verdict) && asked.every((word) => said.includes(word))) kept.add(row.dataset.cell);
    }
    for (const one of others) {
      const shown = kept.has(one.dataset.cell) || !words.has(one.dataset.cell);
      one.classList.toggle(one.closest(".grid") ? "dim" : "gone", !shown);
    }
    for (const one of document.querySelectorAll("article[data-cells]")) {
      one.classList.toggle("gone", !one.dataset.cells.split("\n").some((cell) => kept.has(cell) || !words.has(cell)));
    }
    const every = kept.size === rows.length;
    told.textContent = every ? "" : `${kept.size} of ${rows.length} cells`;
  };
  form.addEventListener("input", apply);
  form.addEventListener("reset", () => setTimeout(apply));
  form.addEventListener("submit", (event) => event.preventDefault());
  form.hidden = false;
  apply();
  safely();
})();
