// Draws every account of a network from the bytes that the server has laid out; wheel and drag move the picture.
"use strict";
(() => {
  const canvas = document.getElementById("picture");
  if (!canvas) return;
  const said = document.getElementById("picture-state");
  const colours = getComputedStyle(document.documentElement);
  const of = (name) => colours.getPropertyValue(name).trim();
  const levels = [of("--quiet"), of("--watch"), of("--review"), of("--act")];
  const families = ["--f0", "--f1", "--f2", "--f3", "--f4", "--f5", "--f6", "--fo"].map(of);
  const view = { x: 0, y: 0, scale: 1 };
  let data = null;
  let chosen = -1;

  const read = (buffer) => {
    const head = new DataView(buffer);
    const [accounts, hubs, lines] = [8, 12, 16].map((at) => head.getUint32(at, true));
    let at = 20;
    const places = new Float32Array(buffer, at, 2 * accounts);
    at += 8 * accounts;
    const rings = new Float32Array(buffer, at, 2 * hubs);
    at += 8 * hubs;
    const marks = new Uint8Array(buffer, at, accounts + hubs);
    at += Math.ceil((accounts + hubs) / 4) * 4;
    return { accounts, hubs, places, rings, marks, lines: new Uint32Array(buffer, at, 2 * lines) };
  };

  const fit = () => {
    let [left, right, top, bottom] = [-110, 110, -110, 110];
    for (let i = 0; i < data.places.length; i += 2) {
      left = Math.min(left, data.places[i]);
      right = Math.max(right, data.places[i]);
      top = Math.min(top, data.places[i + 1]);
      bottom = Math.max(bottom, data.places[i + 1]);
    }
    view.scale = Math.min(canvas.width / (right - left), canvas.height / (bottom - top)) * 0.95;
    view.x = canvas.width / 2 - (view.scale * (left + right)) / 2;
    view.y = canvas.height / 2 - (view.scale * (top + bottom)) / 2;
  };

  const draw = () => {
    const pen = canvas.getContext("2d");
    pen.setTransform(1, 0, 0, 1, 0, 0);
    pen.clearRect(0, 0, canvas.width, canvas.height);
    pen.setTransform(view.scale, 0, 0, view.scale, view.x, view.y);
    const { places, rings, marks, lines, accounts, hubs } = data;
    for (let hub = 0; hub < hubs; hub += 1) {
      pen.beginPath();
      pen.strokeStyle = families[marks[accounts + hub]] || families[7];
      pen.globalAlpha = chosen === hub ? 0.5 : chosen < 0 ? 0.06 : 0.01;
      pen.lineWidth = 0.6 / view.scale;
      for (let i = 0; i < lines.length; i += 2) {
        if (lines[i + 1] !== hub) continue;
        pen.moveTo(rings[2 * hub], rings[2 * hub + 1]);
        pen.lineTo(places[2 * lines[i]], places[2 * lines[i] + 1]);
      }
      pen.stroke();
    }
    pen.globalAlpha = 1;
    const size = Math.max(0.45, 1.2 / view.scale);
    for (let level = 0; level < 4; level += 1) {
      pen.fillStyle = levels[level];
      pen.beginPath();
      for (let i = 0; i < accounts; i += 1) {
        if (marks[i] === level) pen.rect(places[2 * i] - size / 2, places[2 * i + 1] - size / 2, size, size);
      }
      pen.fill();
    }
    for (let hub = 0; hub < hubs; hub += 1) {
      pen.fillStyle = families[marks[accounts + hub]] || families[7];
      pen.beginPath();
      pen.arc(rings[2 * hub], rings[2 * hub + 1], chosen === hub ? 4 : 2.2, 0, 7);
      pen.fill();
    }
  };

  const zoom = (factor, x, y) => {
    view.x = x - (x - view.x) * factor;
    view.y = y - (y - view.y) * factor;
    view.scale *= factor;
    draw();
  };
  const scaled = (event) => {
    const box = canvas.getBoundingClientRect();
    return [((event.clientX - box.left) * canvas.width) / box.width, ((event.clientY - box.top) * canvas.height) / box.height];
  };

  fetch(canvas.dataset.points, { credentials: "same-origin" })
    .then((answer) => (answer.ok ? answer.arrayBuffer() : Promise.reject(new Error(String(answer.status)))))
    .then((buffer) => {
      data = read(buffer);
      fit();
      draw();
      canvas.dataset.drawn = String(data.accounts);
      said.textContent = `${data.accounts.toLocaleString("en")} accounts are drawn. Turn the wheel to come closer, drag to move.`;
      canvas.addEventListener("wheel", (event) => { event.preventDefault(); zoom(event.deltaY < 0 ? 1.2 : 1 / 1.2, ...scaled(event)); }, { passive: false });
      let from = null;
      canvas.addEventListener("pointerdown", (event) => { from = scaled(event); canvas.setPointerCapture(event.pointerId); });
      canvas.addEventListener("pointerup", () => { from = null; });
      canvas.addEventListener("pointermove", (event) => {
        if (!from) return;
        const to = scaled(event);
        view.x += to[0] - from[0];
        view.y += to[1] - from[1];
        from = to;
        draw();
      });
    })
    .catch(() => { said.textContent = "The picture could not be loaded; the table says the same."; });

  document.addEventListener("click", (event) => {
    const button = event.target instanceof HTMLElement ? event.target.closest("[data-hub]") : null;
    if (!button || !data) return;
    chosen = Number(button.dataset.hub);
    draw();
  });
})();
