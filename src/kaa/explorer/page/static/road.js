/* The views of the road: source, tokens, tree, symbols, graph, bytecode, cache file. Each is a description. */
"use strict";

Kaa.LAYOUT = { NEWLINE: "⏎", INDENT: "→", DEDENT: "←" };
Kaa.note = (text) => Kaa.el("p", { class: "words-of" }, text);
Kaa.indent = (depth, more) => `padding-left:${depth * 14 + (more || 0)}px`;
Kaa.tokenClass = (kind) => kind === "KEYWORD" ? "keyword" : kind.includes("STRING") ? "string"
  : kind === "NUMBER" ? "number" : kind === "COMMENT" ? "comment" : "plain";

/* Characters of a line that are shown. */
Kaa.WIDEST = 5000;

/* The lines of a file, with its breakpoints, and how often each ran where `heat` is a map. Each bears its `text` and `tokens`. */
Kaa.viewSource = function (road, file, breakpoints, heat, toggle) {
  const tokens = Kaa.tokensByLine(road), most = heat ? Math.max(1, ...heat.values()) : 1, error = road.error;
  return road.source.split("\n").map((whole, index) => {
    const text = whole.length > Kaa.WIDEST ? whole.slice(0, Kaa.WIDEST) + "…" : whole, number = index + 1, key = file + ":" + number, count = heat?.get(key) || 0;
    const share = count ? Math.log(1 + count) / Math.log(1 + most) : 0;
    const seen = (tokens.get(number) || []).filter(([from]) => from < Kaa.WIDEST);
    const row = Kaa.el("div", { class: "line", key: number, "data-line": number, place: [number, 0, number, text.length] },
      Kaa.el("button", { class: "gutter" + (breakpoints.has(key) ? " breakpoint" : ""), tabindex: -1,
        title: "breakpoint on line " + number, onclick: () => toggle(number) }, String(number)),
      heat ? Kaa.el("span", { class: "heat", style: `--heat:${share}` }, count ? String(count) : "") : null,
      Kaa.el("span", { class: "code" }, ...Kaa.coloured(text, seen)),
      error?.place?.[0] === number ? Kaa.el("span", { class: "error" }, `${error.type}: ${error.message}`) : null);
    return { ...row, text, tokens: seen };
  });
};

/* By line: [first column, end column, token]. */
Kaa.tokensByLine = function (road) {
  const lines = road.source.split("\n"), found = new Map();
  for (const token of road.tokens) {
    const [first, start, last, end] = token.place;
    if (token.kind in Kaa.LAYOUT) continue;
    for (let line = first; line <= last; line++) {
      if (!found.has(line)) found.set(line, []);
      found.get(line).push([line === first ? start : 0, line === last ? end : lines[line - 1].length, token]);
    }
  }
  return found;
};

Kaa.coloured = function (text, tokens) {
  const parts = [];
  let at = 0;
  for (const [from, to, token] of tokens) {
    if (from > at) parts.push(text.slice(at, from));
    parts.push(Kaa.el("span", { class: "linked " + Kaa.tokenClass(token.kind), place: token.place }, text.slice(from, to)));
    at = Math.max(at, to);
  }
  const rest = text.slice(at);
  if (rest) parts.push(Kaa.el("span", { class: rest.trim().startsWith("#") ? "comment" : "plain" }, rest));
  return parts;
};

/* Of a large program the panels show the rows of the chosen code object's lines, and at most so many. */
Kaa.MOST = 1500;
Kaa.part = function (all, unit) {
  if (all.length <= Kaa.MOST) return { rows: all, words: null };
  const lines = (unit ? unit.instructions : []).map((s) => s.place?.[0]).filter((line) => line > 0);
  const low = lines.reduce((a, b) => Math.min(a, b), unit?.line ?? 0), high = lines.reduce((a, b) => Math.max(a, b), 0);
  const inside = lines.length ? all.filter((row) => row.place && row.place[0] >= low && row.place[0] <= high) : all;
  const rows = inside.slice(0, Kaa.MOST);
  return { rows, words: Kaa.note(`${rows.length} of ${all.length}: those of the chosen code object`) };
};

Kaa.viewTokens = function (road, unit) {
  const { rows, words } = Kaa.part(road.tokens, unit);
  return Kaa.el("div", { class: "words" }, words, ...rows.map((token) =>
    Kaa.el("span", { class: "token linked", title: token.place.join(" "), place: token.place },
      Kaa.el("b", { class: Kaa.tokenClass(token.kind) }, Kaa.LAYOUT[token.kind] || token.text), " ",
      Kaa.el("i", {}, token.kind.toLowerCase()))));
};

Kaa.viewTree = function (road, unit) {
  const { rows, words } = Kaa.part(road.tree, unit);
  return Kaa.el("div", {}, words, ...rows.map((node) =>
    Kaa.el("div", { class: "row linked", style: Kaa.indent(node.depth), place: node.place },
      Kaa.el("i", {}, node.field ? node.field + ": " : ""), Kaa.el("b", {}, node.kind), " ",
      Kaa.el("span", { class: "meaning" }, node.words.join(" ")))));
};

Kaa.viewSymbols = (road) => Kaa.el("div", {}, ...road.scopes.flatMap((scope, number) => [
  Kaa.el("div", { class: "row title", style: Kaa.indent(scope.depth) }, `${scope.kind} ${scope.name}`),
  ...scope.symbols.map((symbol) =>
    Kaa.el("div", { class: "row linked", style: Kaa.indent(scope.depth, 12), names: number + ":" + symbol.name },
      Kaa.el("b", {}, symbol.name), " ", Kaa.el("span", { class: "lives " + symbol.lives }, symbol.words), " ",
      Kaa.el("i", {}, symbol.uses.join(", ")))),
]));

/* `stage` is the number of a pass, or null for the finished code; `choose` is told of another. */
Kaa.viewGraph = function (unit, stage, choose) {
  if (!unit) return Kaa.note("There is no graph.");
  const stages = [...unit.graphs, { name: "bytecode", words: "The finished code object, cut into its blocks." }];
  const number = stage === null || stage >= stages.length ? stages.length - 1 : stage;
  const blocks = stages[number].blocks || Kaa.blocksOf(unit).blocks;
  return Kaa.el("div", {},
    Kaa.el("select", { "aria-label": "stage of the graph", onchange: (e) => choose(Number(e.target.value)) },
      ...stages.map((s, i) => Kaa.el("option", { value: i, selected: i === number ? "" : null },
        i === 0 ? "built: " + s.name : s.blocks ? "after " + s.name : "finished bytecode"))),
    Kaa.note(stages[number].words), Kaa.drawGraph(blocks));
};

/* A code object's instructions; `counts` says how often each offset ran, `states` what its inline cache knows. */
Kaa.viewBytecode = function (unit, explain, counts, states) {
  if (!unit) return Kaa.note("There is no bytecode.");
  const handlers = unit.exceptions.map(([from, to, target, depth]) => `${from}–${to}: handler at ${target}, depth ${depth}`);
  return Kaa.el("div", { class: "bytecode" + (counts ? " counted" : "") + (states ? " cached" : "") },
    ...Kaa.instructionRows(unit.instructions, explain, counts, states), Kaa.note(handlers.join("; ")));
};

Kaa.instructionRows = function (steps, explain, counts, states) {
  let before = null;
  return steps.map((step) => {
    const line = step.place ? step.place[0] : null, about = Kaa.instructions[step.name] || {};
    const count = counts?.(step.offset), number = (text, kind) => Kaa.el("span", { class: "num" + (kind || "") }, text);
    const row = Kaa.el("div", { class: "row instruction linked" + (step.meaning ? "" : " bare"), place: step.place, onclick: () => explain(step.name),
      title: `${about.words}\n( ${about.picture} )\nargument: ${about.argument}` },
    number(line !== before && line ? String(line) : ""), number(String(step.offset)),
    counts ? number(count ? String(count) : "", " hot") : null, Kaa.el("b", {}, step.name),
    number(step.argument === null ? "" : String(step.argument)), Kaa.el("span", { class: "meaning" }, step.meaning),
    states ? Kaa.cacheState(states.get(step.offset)) : null);
    before = line;
    return row;
  });
};

Kaa.viewCache = function (road) {
  const cache = road.cache;
  if (!cache) return Kaa.note("There is no cache.");
  return Kaa.el("div", {}, ...cache.rows.map(([field, bytes, words]) => Kaa.el("div", { class: "row" },
    Kaa.el("b", {}, field), " ", Kaa.el("code", {}, bytes), " ", Kaa.el("span", { class: "meaning" }, words))),
  Kaa.note(cache.file ? `${cache.file.path}: ${cache.file.why}` : "The source is in no file, so no cache lies beside it."));
};
