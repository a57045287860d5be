/* Links between the stages: what stands at overlapping places of the source lights up together. A view marks what can
   be pointed at with the class `linked`, and with its `place` in the source or, for symbols, with its `names`. */
"use strict";

Kaa.inside = (p, q) =>
  (p[0] > q[0] || (p[0] === q[0] && p[1] >= q[1])) && (p[2] < q[2] || (p[2] === q[2] && p[3] <= q[3]));
Kaa.dark = () => document.querySelectorAll(".lit").forEach((n) => n.classList.remove("lit"));

Kaa.light = function (node) {
  Kaa.dark();
  if (node["kaa-names"]) return Kaa.lightName(node);
  const place = node["kaa-place"], groups = new Map();
  if (!place) return node.classList.add("lit");
  if (!node.closest("#source")) Kaa.app.lines.reveal(place[0], place[1]);
  for (const other of document.querySelectorAll(".linked")) {
    if (!other["kaa-place"]) continue;
    const stage = other.closest("[data-stage]");
    if (!groups.has(stage)) groups.set(stage, []);
    groups.get(stage).push(other);
  }
  for (const members of groups.values()) {
    const lit = Kaa.nearest(members, place);
    lit.forEach((other) => other.classList.add("lit"));
    if (lit.length && !members.includes(node)) Kaa.reveal(lit[0]);
  }
};

/* Those that lie inside of a place, or else the smallest that it lies in. */
Kaa.nearest = function (members, place) {
  const lit = members.filter((other) => Kaa.inside(other["kaa-place"], place));
  if (lit.length) return lit;
  const span = (other) => { const p = other["kaa-place"]; return (p[2] - p[0]) * 1000 + p[3] - p[1]; };
  const around = members.filter((other) => Kaa.inside(place, other["kaa-place"]));
  const least = Math.min(...around.map(span));
  return around.filter((other) => span(other) === least);
};

/* A symbol: its tokens, and the instructions that name it. */
Kaa.lightName = function (node) {
  const name = node["kaa-names"];
  node.classList.add("lit");
  const light = (selector, words, outer) => document.querySelectorAll(selector).forEach((text) => {
    if (words(text.textContent) === name) (outer(text) || text).classList.add("lit");
  });
  light(".source .plain, .token b", (text) => text, () => null);
  light(".bytecode .meaning, .drawing .meaning", (text) => text.split(/[ ,]/)[0], (text) => text.closest(".row") || text.parentNode);
};

/* Scroll what holds a node so that it is seen. */
Kaa.reveal = function (node) {
  const box = node.closest(".scroll");
  if (!box) return;
  const a = node.getBoundingClientRect(), b = box.getBoundingClientRect();
  if (a.top < b.top || a.bottom > b.bottom) box.scrollTop += a.top - b.top - b.height / 3;
};

/* Pointing with the mouse, and with the arrow keys in a panel that has the focus. */
addEventListener("mouseover", (event) => {
  const node = event.target.closest?.(".linked");
  if (node) Kaa.light(node); else Kaa.dark();
});
Kaa.walk = function (panel, way) {
  const rows = [...panel.querySelectorAll(".linked")];
  if (!rows.length) return;
  const next = rows[Math.max(0, Math.min(rows.length - 1, rows.indexOf(panel.kaaRow) + way))];
  panel.kaaRow?.classList.remove("pointed");
  panel.kaaRow = next;
  next.classList.add("pointed");
  Kaa.light(next);
  Kaa.reveal(next);
};
