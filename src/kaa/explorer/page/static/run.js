/* The views of a run at one step: frames with their stacks, what the step did, what was printed. */
"use strict";

Kaa.nameOf = (state, number) => {
  const object = state.heap.get(number);
  return object ? `${object.type}${object.shape === "sequence" ? `(${object.length})` : ""} #${number}` : null;
};
Kaa.textOf = (state, value) => value === null || value === undefined ? "NULL"
  : typeof value === "string" ? value : Kaa.nameOf(state, value) || "freed #" + value;
Kaa.value = (state, value) => {
  const kind = value === null || value === undefined ? "null" : typeof value === "string" ? "atom" : "ref";
  return Kaa.el("span", { class: kind, title: kind === "ref" ? "object " + value : null }, Kaa.textOf(state, value));
};

Kaa.FRAMES = 30;
Kaa.NAMES = 60;

Kaa.viewFrames = function (state, player) {
  const frames = [...state.frames].reverse().slice(0, Kaa.FRAMES), left = state.frames.length - frames.length;
  const thread = player.threads.length > 1 ? Kaa.el("div", { class: "row title" }, player.threads[state.thread]) : null;
  const others = [...state.threads].filter(([, aside]) => aside.length);
  return Kaa.el("div", {}, thread, ...frames.map((frame, i) => Kaa.viewFrame(state, player, frame, i === 0)),
    left ? Kaa.note(`${left} more frames below`) : null,
    frames.length ? null : Kaa.el("p", {}, others.length ? "No frame of this thread." : "No frame: the run is over."),
    ...others.map(([number, aside]) => Kaa.el("div", { class: "frame aside" },
      Kaa.el("div", { class: "title" }, player.threads[number], Kaa.el("i", {}, " another thread, which waits")),
      ...[...aside].reverse().slice(0, 3).map((frame) => Kaa.el("div", {}, Kaa.titleOf(player, frame))))));
};

Kaa.titleOf = function (player, frame) {
  const code = player.codes[frame.code], file = code.file ? Kaa.baseName(player.files[code.file].name) + " " : "";
  const line = code.at.get(frame.offset)?.place?.[0] ?? "–";
  return `${code.qualname} · ${file}line ${line} · offset ${frame.offset}`;
};
Kaa.baseName = (path) => path.replace(/.*\//, "");

Kaa.viewFrame = function (state, player, frame, isTop) {
  const code = player.codes[frame.code], names = [...(state.names.get(frame.names) || [])];
  const variables = [...code.locals.map((name, i) => [name, frame.variables[i]]), ...names];
  const [title, ...where] = Kaa.titleOf(player, frame).split(" · ");
  return Kaa.el("div", { class: "frame" + (isTop ? " top" : ""), key: frame.number },
    Kaa.el("div", { class: "title" }, title, Kaa.el("i", {}, " " + where.join(" · "))),
    Kaa.el("div", { class: "columns" },
      Kaa.el("div", { class: "names" }, ...variables.slice(0, Kaa.NAMES).flatMap(([name, value]) =>
        [Kaa.el("span", { class: "name" }, name), Kaa.value(state, value)]),
      variables.length > Kaa.NAMES ? Kaa.note(`${Kaa.NAMES} of ${variables.length} names`) : null),
      Kaa.el("div", { class: "stack", title: "the value stack, top first" },
        ...[...frame.stack].reverse().map((value) => Kaa.el("div", {}, Kaa.value(state, value))),
        Kaa.el("i", {}, frame.stack.length ? "value stack" : "empty stack"))));
};

/* What a change of a step says of it: [kind, words]. `at` is the step, `before` and `state` what was and what is. */
Kaa.tellChange = {
  o: ({ shown }, number) => ["made", shown(number)],
  c: ({ shown }, number) => ["changed", shown(number)],
  d: ({ shown, why }, ...numbers) => ["freed", numbers.map(shown).join(", ") + ": " + why],
  g: ({ shown }, ...numbers) => ["freed", numbers.map(shown).join(", ") + ": the collector found that only they refer to each other"],
  v: ({ state, code, text }, depth, index, value) => ["bound", `${code(state.frames[depth]).locals[index]} to ${text(value)}`],
  n: ({ text }, space, name, ...value) => value.length ? ["bound", `${name} to ${text(value[0])}`] : ["unbound", name],
  s: ({ state, text }, depth, kept, values) => depth !== state.frames.length - 1 ? null
    : values.length ? ["pushed", values.map(text).join(", ")] : ["popped", `the stack is ${kept} deep`],
  e: (_, frame, error, handler) => ["raised",
    error + (handler === null ? ": no handler here, the frame is left" : ": to the handler at " + handler)],
  f: ({ player }, frame, code) => [player.first.get(frame) < player.at ? "resumed" : "entered", player.codes[code].qualname],
  x: ({ before, code, player, yields }, depth) => {
    const frames = before.frames.slice(depth), returns = frames.some(({ number }) => player.last.get(number) >= player.at);
    return [yields || returns ? "suspended" : "left", frames.map((frame) => code(frame).qualname).join(", ")];
  },
  t: ({ player }, thread) => ["switched", "to thread " + player.threads[thread]],
  z: ({ player }, thread) => ["ended", "thread " + player.threads[thread]],
};

Kaa.viewEvents = function (state, player, before) {
  const top = before.frames[before.frames.length - 1], last = top && player.codes[top.code].at.get(top.offset);
  const about = {
    state, player, before, code: (frame) => player.codes[frame.code], text: (value) => Kaa.textOf(state, value),
    shown: (number) => Kaa.nameOf(state, number) || Kaa.nameOf(before, number) || "#" + number,
    yields: ["YIELD_VALUE", "RETURN_GENERATOR"].includes(last?.name),
    why: last ? `${last.name} took the last reference` : "nothing refers to it",
  };
  const told = player.step(player.at).slice(1).map(([kind, ...details]) => Kaa.tellChange[kind]?.(about, ...details));
  return Kaa.el("div", {}, ...told.filter((words) => words).slice(0, 20).map(([kind, words]) =>
    Kaa.el("div", { class: "row event " + kind }, Kaa.el("b", {}, kind), " " + words)));
};

/* Of long code the panel has three parts of so many instructions: that of the next one, and those around it. */
Kaa.PART = 16;

Kaa.PRINTED = 400;
Kaa.viewOutput = (player, answer) => [
  Kaa.el("pre", { id: "output" }, ...player.printed(player.at, Kaa.PRINTED).map(([, stream, text]) =>
    Kaa.el("span", { class: "stream" + stream }, text))),
  player.asking && player.at === player.steps.length - 1 ? Kaa.el("input", {
    id: "input", "aria-label": "input for the program", placeholder: "input, Enter",
    onkeydown: (event) => {
      event.stopPropagation();
      if (event.key === "Enter") { event.preventDefault(); answer(event.target.value); }
    },
  }) : null];

/* The panels of a run: made once, and shown anew at each step. What cannot have changed is the same object again. */
Kaa.RunView = class {
  constructor(app) { this.app = app; this.rows = new WeakMap(); this.drawings = new WeakMap(); }

  /* [id, title, description] of each panel. */
  panels() {
    const { player, before } = this.app, state = player.state, top = state.frames[state.frames.length - 1];
    const touched = player.step(player.at).slice(1).filter(([kind]) => kind === "o" || kind === "c").map(([, number]) => number);
    const code = top && player.codes[top.code];
    return [
      ["frames", "Frames and value stack", Kaa.viewFrames(state, player)],
      ["heap", `Heap: ${state.heap.size} objects`, Kaa.drawHeap(state, player, new Set(touched))],
      ["code", code ? "Bytecode of " + code.qualname : "Bytecode", code ? this.code(code, top) : Kaa.note("")],
      ["blocks", "Block of the instruction", code ? this.graph(code, top) : Kaa.note("")],
      ["events", "What this step did", Kaa.viewEvents(state, player, before)],
      ["output", "Output", ...Kaa.viewOutput(player, (line) => this.app.answer(line))],
    ];
  }

  /* The rows around the instruction that is next, with what it does on top. */
  code(code, top) {
    const rows = this.kept(code, top.code), at = code.instructions.findIndex((step) => step.offset === top.offset);
    const part = Kaa.PART, first = rows.length > 3 * part ? Math.max(0, Math.floor(at / part) - 1) * part : 0;
    const shown = rows.slice(first, first + 3 * part), left = rows.length - first - shown.length;
    const fold = (count, where) => count ? Kaa.note(`${count} instructions ${where}; the road shows all`) : null;
    if (at >= 0) shown[at - first] = Kaa.marked(shown[at - first]);
    const now = code.instructions[at], about = Kaa.instructions[now?.name] || {};
    return Kaa.el("div", { class: "bytecode" + (this.app.heat ? " counted" : "") },
      now ? Kaa.el("p", { class: "words-of about" }, Kaa.el("b", {}, now.name), " ", about.words || "",
        Kaa.el("code", {}, ` ( ${about.picture} )`)) : null, fold(first, "before"), ...shown, fold(left, "after"));
  }

  kept(code, number) {
    const known = this.rows.get(code), heat = this.app.heat ? this.app.player.heat() : null;
    if (known && known.heat === heat) return known.rows;
    const counts = heat && ((offset) => heat.instructions.get(number + ":" + offset));
    const rows = Kaa.instructionRows(code.instructions, (name) => this.app.explain(name), counts);
    this.rows.set(code, { heat, rows });
    return rows;
  }

  graph(code, top) {
    const { blocks, of } = Kaa.blocksOf(code);
    if (blocks.length >= 120) return Kaa.note(`${blocks.length} blocks are too many to draw`);
    if (!this.drawings.has(code)) this.drawings.set(code, Kaa.drawGraph(blocks));
    const drawing = this.drawings.get(code), now = of.get(top.offset);
    return { ...drawing, children: drawing.children.map((part) => part.attributes["data-block"] === now ? Kaa.marked(part) : part) };
  }
};

/* The same description, marked as what is next. */
Kaa.marked = (what) => ({ ...what, attributes: { ...what.attributes, class: what.attributes.class + " now" } });
