/* The heap as SVG. Objects stand in columns by their distance from the frames; arrows lead to what they refer to. */
"use strict";

Kaa.HEAP = { width: 160, row: 15, column: 206, gap: 12, slots: 12, names: 16, objects: 50 };

/* More references than this has only an object that is never freed: its count is a mark, and stays as it is. */
Kaa.MORTAL = 2 ** 31;

Kaa.drawHeap = function (state, player, fresh) {
  const roots = Kaa.rootsOf(state, player), { column, order } = Kaa.columns(state, roots, fresh);
  const drawing = new Kaa.HeapDrawing(state);
  roots.forEach((root, i) => {
    const held = root.held.slice(0, Kaa.HEAP.names), more = root.held.length - held.length;
    drawing.box(-1 - i, 0, root.title, more ? [...held, [`… ${more} more`, ""]] : held, "root");
  });
  for (const number of order) drawing.object(number, column.get(number), fresh.has(number), state.counts.get(number));
  return drawing.finish(state.heap.size - order.length);
};

/* What refers to objects from outside of the heap: the names and stacks of the frames. */
Kaa.rootsOf = (state, player) => state.frames.map((frame) => {
  const code = player.codes[frame.code], names = state.names.get(frame.names) || [];
  const held = [...frame.variables.map((value, i) => [code.locals[i], value]), ...names,
    ...frame.stack.map((value, i) => ["stack " + i, value])];
  return { title: code.qualname, held: held.filter(([, value]) => typeof value === "number") };
});

/* The objects to draw, and the column of each: from the innermost frame outward, and surely what this step has touched. */
Kaa.columns = function (state, roots, fresh) {
  const column = new Map(), order = [];
  let most = Kaa.HEAP.objects - Math.min(fresh.size, Kaa.HEAP.objects / 2);
  const meet = (value, place) => {
    if (typeof value !== "number" || column.has(value) || !state.heap.has(value) || order.length >= most) return [];
    column.set(value, place);
    order.push(value);
    return [value];
  };
  const spread = (edge) => {
    while (edge.length) {
      edge = edge.flatMap((number) => Kaa.values(state.heap.get(number)).flatMap((v) => meet(v, column.get(number) + 1)));
    }
  };
  for (const root of [...roots].reverse()) spread(root.held.slice(0, Kaa.HEAP.names).flatMap(([, value]) => meet(value, 1)));
  most = Kaa.HEAP.objects;
  for (const number of fresh) spread(meet(number, 1));
  for (const number of state.heap.keys()) {
    if (order.length >= most) break;
    spread(meet(number, 1));
  }
  return { column, order };
};

Kaa.values = (object) => object.slots.slice(0, Kaa.HEAP.slots).flat();

/* Boxes as they are placed, and the arrows between them. */
Kaa.HeapDrawing = class {
  constructor(state) {
    this.state = state; this.bottoms = []; this.places = new Map(); this.parts = []; this.arrows = [];
  }

  object(number, column, isFresh, references) {
    const object = this.state.heap.get(number), slots = object.slots.slice(0, Kaa.HEAP.slots), more = object.length - slots.length;
    const rows = object.shape === "sequence" ? slots.map((value, i) => [String(i), value]) : slots;
    const title = object.type + (object.shape === "sequence" ? ` (${object.length})` : "");
    const kind = ["tasklet", "channel"].includes(object.type) ? " " + object.type : "";
    this.box(number, column, title, more > 0 ? [...rows, [`… ${more} more`, ""]] : rows, (isFresh ? "fresh" : "") + kind, references);
  }

  box(key, column, title, rows, kind, references) {
    const { width, row, gap } = Kaa.HEAP, y = this.bottoms[column] ?? 10, x = 10 + column * Kaa.HEAP.column;
    const height = 24 + row * rows.length;
    this.bottoms[column] = y + height + gap;
    this.places.set(key, [x, y]);
    const [short, long] = references > Kaa.MORTAL ? ["immortal", "never freed"] : ["×" + references, references + " references"];
    const count = references === undefined ? [] : [Kaa.svg("title", {}, long),
      Kaa.svg("text", { x: width - 7, y: 14, class: "count", "text-anchor": "end" }, short)];
    this.parts.push(Kaa.svg("g", { key, class: "object " + kind, transform: `translate(${x} ${y})` },
      Kaa.svg("rect", { width, height, rx: kind.includes("tasklet") ? 14 : 6 }),
      Kaa.svg("text", { x: 7, y: 14, class: "title" }, Kaa.clip(title, 17)), ...count,
      ...rows.flatMap(([label, value], i) => this.slot(label, value, x, y, 31 + i * row))));
  }

  slot(label, value, x, y, down) {
    const { width } = Kaa.HEAP, refers = typeof value === "number" && this.state.heap.has(value);
    if (typeof label === "number") { this.arrow(x + 4, y + down - 4, label); label = "•"; }
    if (refers) this.arrow(x + width - 9, y + down - 4, value);
    const shown = typeof value === "number" ? (refers ? "" : "freed") : Kaa.clip(value ?? "", 18 - Math.min(12, (label || "").length));
    return [Kaa.svg("text", { x: 7, y: down }, Kaa.svg("tspan", { class: "label" }, Kaa.clip((label || "") + (value === "" ? "" : " "), 15)),
      Kaa.svg("tspan", { class: "meaning" }, shown)),
    refers ? Kaa.svg("circle", { cx: width - 9, cy: down - 4, r: 3, class: "dot" }) : null].filter((part) => part);
  }

  arrow(x, y, target) { this.arrows.push([x, y, target]); }

  finish(left) {
    const paths = this.arrows.filter(([, , target]) => this.places.has(target)).map(([x, y, target]) => {
      const [tx, ty] = this.places.get(target), back = tx <= x, end = back ? tx + Kaa.HEAP.width : tx - 2;
      const bend = back ? 40 : Math.max(24, (end - x) / 2), to = back ? end + bend : end - bend;
      const d = `M${x} ${y} C${x + bend} ${y} ${to} ${ty + 10} ${end} ${ty + 10}`;
      return Kaa.svg("path", { d, class: "edge ref" + (back ? " back" : ""), "marker-end": "url(#head-ref)" });
    });
    this.parts.sort((p, q) => p.attributes.key - q.attributes.key);  // so that none moves from step to step
    const width = 20 + this.bottoms.length * Kaa.HEAP.column, high = Math.max(30, ...this.bottoms.map((b) => b || 0));
    const height = high + (left > 0 ? 26 : 10);
    const more = left > 0 ? [Kaa.svg("text", { x: 10, y: high + 14, class: "title" }, `${left} more objects are not drawn`)] : [];
    return Kaa.svg("svg", { width, height, viewBox: `0 0 ${width} ${height}`, class: "drawing" }, Kaa.arrowHeads,
      Kaa.svg("g", {}, ...this.parts), Kaa.svg("g", {}, ...paths), ...more);
  }
};
