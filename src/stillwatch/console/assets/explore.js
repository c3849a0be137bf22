// Opens the holders of one value as a small graph that can be explored; sigma is only made when a part is opened.
"use strict";
(() => {
  const box = document.getElementById("graph");
  if (!box) return;
  const words = document.getElementById("opened-words");
  const section = document.getElementById("opened");
  const levels = { act: "#a3221f", review: "#855300", watch: "#3f5a75" };
  let shown = null;

  const open = (part) => {
    section.hidden = false;
    if (shown) shown.kill();
    const graph = new graphology.Graph();
    part.values.forEach((one, i) => graph.addNode(`v${i}`, { x: one.x, y: one.y, size: 9, label: one.name, color: "#1f5fa8" }));
    part.accounts.forEach((one, i) => graph.addNode(`a${i}`, { x: one.x, y: one.y, size: 3, label: one.id, color: levels[one.level] || "#777777" }));
    part.links.forEach(([account, value]) => graph.mergeEdge(`a${account}`, `v${value}`, { size: 0.3, color: "#dddddd" }));
    words.textContent = `${part.accounts.length} accounts and ${part.values.length} values that they share. Move over a dot to see its name.`;
    shown = new Sigma(graph, box, { labelRenderedSizeThreshold: 8, renderEdgeLabels: false });
    box.dataset.drawn = String(part.accounts.length);
    section.scrollIntoView();
  };

  document.addEventListener("click", (event) => {
    const button = event.target instanceof HTMLElement ? event.target.closest("[data-open]") : null;
    if (!button) return;
    fetch(button.dataset.open, { credentials: "same-origin" })
      .then((answer) => (answer.ok ? answer.json() : Promise.reject(new Error(String(answer.status)))))
      .then(open)
      .catch(() => { section.hidden = false; words.textContent = "This part could not be opened; its list says the same."; });
  });
})();
