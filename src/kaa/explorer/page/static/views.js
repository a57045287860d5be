/* What stands in the panels: each view fills an element from the road, the recording and the state. */
"use strict";

Kaa.el = function (name, attributes, ...children) {
  const node = document.createElement(name);
  for (const key in attributes || {}) {
    if (key.startsWith("on")) node.addEventListener(key.slice(2), attributes[key]);
    else if (attributes[key] !== null && attributes[key] !== undefined) node.setAttribute(key, attributes[key]);
  }
  node.append(...children.filter((c) => c !== null && c !== undefined));
  return node;
};

/* Links: what stands at overlapping places of the source lights up together. */
Kaa.linked = [];
Kaa.link = function (node, place, names) {
  if (place) node.kaaPlace = place;
  if (names) node.kaaName = names;
  Kaa.linked.push(node);
  node.classList.add("linked");
  node.addEventListener("mouseenter", () => Kaa.light(node));
  node.addEventListener("mouseleave", Kaa.dark);
  return node;
};
Kaa.inside = (p, q) => (p[0] > q[0] || (p[0] === q[0] && p[1] >= q[1])) && (p[2] < q[2] || (p[2] === q[2] && p[3] <= q[3]));
Kaa.dark = () => document.querySelectorAll(".lit").forEach((n) => n.classList.remove("lit"));
Kaa.light = function (node) {
  Kaa.dark();
  Kaa.linked = Kaa.linked.filter((n) => n.isConnected);
  const place = node.kaaPlace, name = node.kaaName;
  const groups = new Map();
  for (const other of Kaa.linked) {
    if (name && other.kaaName === name) { other.classList.add("lit"); continue; }
    if (!place || !other.kaaPlace) continue;
    const group = other.closest("[data-stage]");
    if (!groups.has(group)) groups.set(group, []);
    groups.get(group).push(other);
  }
  const span = (p) => (p[2] - p[0]) * 1000 + p[3] - p[1];
  for (const members of groups.values()) {
    let lit = members.filter((m) => Kaa.inside(m.kaaPlace, place));
    if (!lit.length) {
      const around = members.filter((m) => Kaa.inside(place, m.kaaPlace));
      const least = Math.min(...around.map((m) => span(m.kaaPlace)));
      lit = around.filter((m) => span(m.kaaPlace) === least);
    }
    lit.forEach((m) => m.classList.add("lit"));
    const first = lit[0];
    if (first && !members.includes(node)) {
      const box = first.closest(".scroll");
      if (box) {
        const a = first.getBoundingClientRect(), b = box.getBoundingClientRect();
        if (a.top < b.top || a.bottom > b.bottom) box.scrollTop += a.top - b.top - b.height / 3;
      }
    }
  }
};

Kaa.tokenClass = (kind) => kind === "KEYWORD" ? "keyword" : kind.includes("STRING") ? "string" : kind === "NUMBER" ? "number" : kind === "COMMENT" ? "comment" : "plain";

Kaa.viewSource = function (app) {
  const lines = app.road.source.split("\n"), byLine = new Map();
  for (const t of app.road.tokens) {
    if (["NEWLINE", "INDENT", "DEDENT"].includes(t.kind)) continue;
    for (let l = t.place[0]; l <= t.place[2]; l++) {
      const from = l === t.place[0] ? t.place[1] : 0, to = l === t.place[2] ? t.place[3] : lines[l - 1].length;
      if (!byLine.has(l)) byLine.set(l, []);
      byLine.get(l).push([from, to, t]);
    }
  }
  const heat = app.heat && app.player.steps.length ? app.player.heat().lines : null;
  const most = heat ? Math.max(1, ...heat.values()) : 1;
  return Kaa.el("div", { class: "source", "data-stage": "source" }, ...lines.map((text, index) => {
    const number = index + 1, row = Kaa.el("div", { class: "line", "data-line": number });
    row.append(Kaa.el("button", { class: "gutter" + (app.breakpoints.has(number) ? " breakpoint" : ""), title: "breakpoint on line " + number, onclick: () => app.breakpoint(number) }, String(number)));
    if (heat) {
      const n = heat.get(number) || 0;
      row.append(Kaa.el("span", { class: "heat", style: `--heat:${n ? Math.log(1 + n) / Math.log(1 + most) : 0}` }, n ? String(n) : ""));
    }
    const code = Kaa.el("span", { class: "code" });
    let at = 0;
    for (const [from, to, t] of byLine.get(number) || []) {
      if (from > at) code.append(text.slice(at, from));
      code.append(Kaa.link(Kaa.el("span", { class: Kaa.tokenClass(t.kind) }, text.slice(from, to)), t.place));
      at = Math.max(at, to);
    }
    if (text.slice(at)) code.append(Kaa.el("span", { class: text.slice(at).trim().startsWith("#") ? "comment" : "plain" }, text.slice(at)));
    row.append(code);
    const error = app.road.error;
    if (error && error.place && error.place[0] === number) row.append(Kaa.el("span", { class: "error" }, error.type + ": " + error.message));
    return row;
  }));
};

/* Of a large program the panels show the rows of the chosen code object's lines, and at most so many. */
Kaa.MOST = 1500;
Kaa.part = function (app, rows) {
  if (rows.length <= Kaa.MOST) return rows;
  const unit = app.unit(), lines = unit ? unit.instructions.filter((s) => s.place && s.place[0] > 0).map((s) => s.place[0]) : [];
  if (!lines.length) return rows.slice(0, Kaa.MOST);
  const low = Math.min(unit.line, ...lines), high = lines.reduce((a, b) => Math.max(a, b), 0);
  return rows.filter((r) => r.place && r.place[0] >= low && r.place[0] <= high).slice(0, Kaa.MOST);
};
Kaa.folded = (all, shown) => shown.length < all.length ? Kaa.el("p", { class: "words-of" }, `${shown.length} of ${all.length}: those of the chosen code object`) : null;

Kaa.viewTokens = (app) => Kaa.el("div", { class: "words" }, Kaa.folded(app.road.tokens, Kaa.part(app, app.road.tokens)), ...Kaa.part(app, app.road.tokens).map((t) =>
  Kaa.link(Kaa.el("span", { class: "token", title: t.place.join(" ") }, Kaa.el("b", { class: Kaa.tokenClass(t.kind) }, ["NEWLINE", "INDENT", "DEDENT"].includes(t.kind) ? "⏎→←"["NEWLINE INDENT DEDENT".split(" ").indexOf(t.kind)] : t.text), " ", Kaa.el("i", {}, t.kind.toLowerCase())), t.place)));

Kaa.viewTree = (app) => Kaa.el("div", {}, Kaa.folded(app.road.tree, Kaa.part(app, app.road.tree)), ...Kaa.part(app, app.road.tree).map((n) =>
  Kaa.link(Kaa.el("div", { class: "row", style: `padding-left:${n.depth * 14}px` }, Kaa.el("i", {}, n.field ? n.field + ": " : ""), Kaa.el("b", {}, n.kind), " ", Kaa.el("span", { class: "meaning" }, n.words.join(" "))), n.place)));

Kaa.viewSymbols = (app) => Kaa.el("div", {}, ...app.road.scopes.flatMap((s) => [
  Kaa.el("div", { class: "row title", style: `padding-left:${s.depth * 14}px` }, s.kind + " " + s.name),
  ...s.symbols.map((n) => {
    const row = Kaa.el("div", { class: "row", style: `padding-left:${s.depth * 14 + 12}px` }, Kaa.el("b", {}, n.name), " ", Kaa.el("span", { class: "lives " + n.lives }, n.words), " ", Kaa.el("i", {}, n.uses.join(", ")));
    row.classList.add("linked");
    row.addEventListener("mouseenter", () => { Kaa.dark(); row.classList.add("lit"); document.querySelectorAll(".source .plain, .token b").forEach((t) => { if (t.textContent === n.name) t.classList.add("lit"); }); document.querySelectorAll(".bytecode .meaning, .drawing .meaning").forEach((t) => { if (t.textContent.split(/[ ,]/)[0] === n.name) (t.closest(".row") || t.parentNode).classList.add("lit"); }); });
    row.addEventListener("mouseleave", Kaa.dark);
    return row;
  })]));

Kaa.blocksOf = function (unit) {
  const starts = unit.starts, at = new Map(starts.map((s, i) => [s, i]));
  const blocks = starts.map(() => ({ instructions: [], jumps: [], raises: [], next: null, handler: false, cold: false }));
  const of = (offset) => { let i = 0; while (i + 1 < starts.length && starts[i + 1] <= offset) i++; return i; };
  for (const s of unit.instructions) blocks[of(s.offset)].instructions.push({ ...s, argument: s.target === null ? s.meaning : "to B" + at.get(s.target), target: s.target });
  blocks.forEach((b, i) => {
    const last = b.instructions[b.instructions.length - 1];
    if (!last) return;
    const flow = Kaa.instructions[last.name]?.flow || "";
    if (last.target !== null) b.jumps.push(at.get(last.target));
    if (!/^to the target|^out of/.test(flow) && i + 1 < blocks.length) b.next = i + 1;
    const raises = new Set();
    for (const s of b.instructions) for (const [from, to, target] of unit.exceptions) if (s.offset >= from && s.offset < to) raises.add(at.get(target));
    b.raises = [...raises];
  });
  for (const e of unit.exceptions) blocks[at.get(e[2])].handler = true;
  return { blocks, of };
};

Kaa.viewGraph = function (app) {
  const unit = app.unit();
  if (!unit) return Kaa.el("p", {}, "There is no graph.");
  const stages = [...unit.graphs, { name: "bytecode", words: "The finished code object, cut into its blocks." }];
  if (app.stage === null || app.stage >= stages.length) app.stage = stages.length - 1;
  const stage = stages[app.stage];
  const blocks = stage.blocks || Kaa.blocksOf(unit).blocks;
  const choice = Kaa.el("select", { "aria-label": "stage of the graph", onchange: (e) => { app.stage = Number(e.target.value); app.drawPanel("graph"); } },
    ...stages.map((s, i) => Kaa.el("option", { value: i, selected: i === app.stage ? "" : null }, (i ? "after " : "built: ") + s.name)));
  return Kaa.el("div", {}, choice, Kaa.el("p", { class: "words-of" }, stage.words), Kaa.drawGraph(blocks, (n, p) => p && Kaa.link(n, p)));
};

Kaa.viewBytecode = function (app, unit, now, heat, codeNumber, steps) {
  unit = unit || app.unit();
  if (!unit) return Kaa.el("p", {}, "There is no bytecode.");
  let before = null;
  return Kaa.el("div", { class: "bytecode" }, ...(steps || unit.instructions).map((s) => {
    const line = s.place ? s.place[0] : null, about = Kaa.instructions[s.name] || {};
    const count = heat ? heat.get(codeNumber + ":" + s.offset) : undefined;
    const row = Kaa.el("div", { class: "row instruction" + (s.offset === now ? " now" : ""), title: `${about.words}\n( ${about.picture} )\nargument: ${about.argument}` },
      Kaa.el("span", { class: "num" }, line !== before && line ? String(line) : ""), Kaa.el("span", { class: "num" }, String(s.offset)),
      heat ? Kaa.el("span", { class: "num hot" }, count ? String(count) : "") : null,
      Kaa.el("b", {}, s.name), Kaa.el("span", { class: "num" }, s.argument === null ? "" : String(s.argument)), Kaa.el("span", { class: "meaning" }, s.meaning));
    before = line;
    row.addEventListener("click", () => app.explain(s.name));
    return Kaa.link(row, s.place);
  }), Kaa.el("p", { class: "words-of" }, unit.exceptions.map((e) => `${e[0]}–${e[1]}: handler at ${e[2]}, depth ${e[3]}`).join("; ")));
};

Kaa.viewCache = function (app) {
  const cache = app.road.cache;
  if (!cache) return Kaa.el("p", {}, "There is no cache.");
  return Kaa.el("div", {}, ...cache.rows.map(([f, bytes, words]) => Kaa.el("div", { class: "row" }, Kaa.el("b", {}, f), " ", Kaa.el("code", {}, bytes), " ", Kaa.el("span", { class: "meaning" }, words))),
    Kaa.el("p", { class: "words-of" }, cache.file ? `${cache.file.path}: ${cache.file.why}` : "The source is in no file, so no cache lies beside it."));
};

Kaa.value = function (state, v) {
  if (v === null || v === undefined) return Kaa.el("span", { class: "null" }, "NULL");
  if (typeof v === "string") return Kaa.el("span", { class: "atom" }, v);
  const o = state.heap.get(v);
  return Kaa.el("span", { class: "ref", title: "object " + v }, o ? `${o.type}${o.shape === "sequence" ? "(" + o.length + ")" : ""} #${v}` : "freed #" + v);
};

Kaa.viewFrames = function (app, state) {
  const frames = [...state.frames].reverse().slice(0, 30);
  return Kaa.el("div", {}, ...frames.map((f, i) => {
    const code = app.player.codes[f.code], names = f.names === null ? [] : [...(state.names.get(f.names) || [])];
    const variables = code.locals.map((n, k) => [n, f.variables[k]]).concat(names);
    return Kaa.el("div", { class: "frame" + (i ? "" : " top") }, Kaa.el("div", { class: "title" }, code.qualname, Kaa.el("i", {}, ` line ${app.lineOf(f)} · offset ${f.offset}`)),
      Kaa.el("div", { class: "columns" },
        Kaa.el("table", {}, ...variables.slice(0, 60).map(([n, v]) => Kaa.el("tr", {}, Kaa.el("th", {}, n), Kaa.el("td", {}, Kaa.value(state, v)))), variables.length > 60 ? Kaa.el("caption", {}, `60 of ${variables.length} names`) : null),
        Kaa.el("div", { class: "stack", title: "the value stack, top first" }, ...[...f.stack].reverse().map((v) => Kaa.el("div", {}, Kaa.value(state, v))), Kaa.el("i", {}, f.stack.length ? "value stack" : "empty stack"))));
  }), frames.length ? null : Kaa.el("p", {}, "No frame: the run is over."));
};

Kaa.viewEvents = function (app, state) {
  const step = app.player.steps[app.player.at] || [], words = [];
  const shown = (n) => { const o = state.heap.get(n) || app.before.heap.get(n); return o ? `${o.type} #${n}` : "#" + n; };
  for (const c of step.slice(1)) {
    if (c[0] === "o") words.push(["made", shown(c[1])]);
    if (c[0] === "d") words.push(["freed", c.slice(1).map(shown).join(", ") + ": " + app.why()]);
    if (c[0] === "c") words.push(["changed", shown(c[1])]);
    if (c[0] === "v") words.push(["bound", app.player.codes[state.frames[c[1]].code].locals[c[2]] + " to " + Kaa.value(state, c[3]).textContent]);
    if (c[0] === "n") words.push(c.length > 3 ? ["bound", c[2] + " to " + Kaa.value(state, c[3]).textContent] : ["unbound", c[2]]);
    if (c[0] === "s" && c[1] === state.frames.length - 1) words.push(c[3].length ? ["pushed", c[3].map((v) => Kaa.value(state, v).textContent).join(", ")] : ["popped", "the stack is " + c[2] + " deep"]);
    if (c[0] === "e") words.push(["raised", c[2] + (c[3] === null ? ": no handler here, the frame is left" : ": to the handler at " + c[3])]);
    if (c[0] === "f") words.push([app.resumed(c[1]) ? "resumed" : "entered", app.player.codes[c[2]].qualname]);
    if (c[0] === "x") words.push(["left", app.before.frames.slice(c[1]).map((f) => app.player.codes[f.code].qualname).join(", ")]);
  }
  return Kaa.el("div", {}, ...words.slice(0, 20).map(([k, t]) => Kaa.el("div", { class: "row event " + k }, Kaa.el("b", {}, k), " " + t)));
};
