/* Links between the stages: what stands at overlapping places of the source lights up together. A view marks what can
   be pointed at with the class `linked`, and with its `place` in the source or, for symbols, with its `names`. */
"use strict";

Kaa.inside = (p, q) =>
  (p[0] > q[0] || (p[0] === q[0] && p[1] >= q[1])) && (p[2] < q[2] || (p[2] === q[2] && p[3] <= q[3]));
Kaa.dark = () => document.querySelectorAll(".lit").forEach((n) => n.classList.remove("lit"));

Kaa.light = function (node) {
  Kaa.dark();
  const names = node["kaa-names"], place = node["kaa-place"];
  node.classList.add("lit");
  if (names) return Kaa.lightName(names);
  if (!place) return;
  if (!node.closest("#source")) Kaa.app.lines.reveal(place[0], place[1]);
  for (const members of Kaa.linked("kaa-place").values()) {
    const lit = Kaa.nearest(members, place);
    lit.forEach((other) => other.classList.add("lit"));
    if (lit.length && !members.includes(node)) Kaa.reveal(lit[0]);
  }
  Kaa.lightSymbols(place);
};

/* What can be pointed at, by the stage in which it stands. */
Kaa.linked = function (kind) {
  const groups = new Map();
  for (const other of document.querySelectorAll(".linked")) {
    if (!other[kind]) continue;
    const stage = other.closest("[data-stage]");
    if (!groups.has(stage)) groups.set(stage, []);
    groups.get(stage).push(other);
  }
  return groups;
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

/* A symbol: its tokens, their nodes, and the instructions that name it. */
Kaa.lightName = function (key) {
  const name = key.slice(key.indexOf(":") + 1), uses = Kaa.usesOf(Kaa.app.road).filter((use) => use.key === key);
  const places = new Set(uses.map(({ place }) => place.join(" ")));
  if (uses.length) Kaa.app.lines.reveal(uses[0].place[0], uses[0].place[1]);
  for (const [stage, members] of Kaa.linked("kaa-place")) {
    const says = (other) => stage.dataset.stage === "source" || stage.dataset.stage === "tokens" ? null
      : other.querySelector(".meaning")?.textContent.split(/[ ,]/)[0];
    const lit = members.filter((other) => places.has(other["kaa-place"].join(" ")) || says(other) === name);
    lit.forEach((other) => other.classList.add("lit"));
    if (lit.length) Kaa.reveal(lit[0]);
  }
};

/* The symbols of the names at a place. */
Kaa.lightSymbols = function (place) {
  const rows = Kaa.linked("kaa-names").values().next().value;
  if (!rows) return;
  const keys = new Set(Kaa.usesOf(Kaa.app.road).filter((use) => Kaa.inside(use.place, place)).map(({ key }) => key));
  const lit = rows.filter((row) => keys.has(row["kaa-names"]));
  lit.forEach((row) => row.classList.add("lit"));
  if (lit.length) Kaa.reveal(lit[0]);
};

/* Where names are used, and as which symbols: `{ place, key }`, a key being a scope's number and a name. Attributes and
   keywords of calls are no symbols; the name of a function or class is one of the scope around it. */
Kaa.uses = new WeakMap();
Kaa.usesOf = function (road) {
  if (Kaa.uses.has(road)) return Kaa.uses.get(road);
  const keywords = new Set(road.tree.filter(({ kind, place }) => kind === "keyword" && place).map(({ place }) => place[0] + ":" + place[1]));
  const known = road.scopes.map(({ symbols }) => new Set(symbols.map(({ name }) => name))), found = [];
  road.tokens.forEach(({ kind, text, place }, i) => {
    const before = road.tokens[i - 1]?.text, isDefinition = before === "def" || before === "class";
    if (kind !== "NAME" || before === "." || keywords.has(place[0] + ":" + place[1])) return;
    const start = road.tokens[i - (road.tokens[i - 2]?.text === "async" ? 2 : 1)]?.place;
    const own = isDefinition ? (scope) => scope.place && scope.place[0] === start[0] && scope.place[1] === start[1] : () => false;
    const around = road.scopes.map((scope, number) => ({ scope, number })).reverse()
      .filter(({ scope }) => (scope.place ? Kaa.inside(place, scope.place) : scope.depth === 0) && !own(scope));
    const at = around.find(({ scope, number }, k) => known[number].has(text) && (k === 0 || scope.kind !== "class"));
    if (at) found.push({ place, key: at.number + ":" + text });
  });
  Kaa.uses.set(road, found);
  return found;
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
