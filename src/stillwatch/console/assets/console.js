// Keys for what a form offers: an element with `data-key` is pressed, chosen or focused by that key.
"use strict";
document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return;
  const at = event.target;
  if (at instanceof HTMLElement && at.matches("input:not([type=radio]):not([type=checkbox]), textarea, select")) return;
  const key = event.key.toLowerCase();
  if (key === "/") {
    document.getElementById("q")?.focus();
    event.preventDefault();
    return;
  }
  for (const one of document.querySelectorAll("[data-key]")) {
    if (one.dataset.key !== key) continue;
    event.preventDefault();
    if (one.matches("textarea, input[type=text]")) one.focus();
    else {
      one.click();
      one.focus(); // so that whoever chose by a key sees what is chosen
    }
    return;
  }
});
