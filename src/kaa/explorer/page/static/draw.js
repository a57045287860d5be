/* Pictures: the control-flow graph and the heap, as SVG. */
"use strict";

Kaa.svg = function (name, attributes, ...children) {
  const node = document.createElementNS("http://www.w3.org/2000/svg", name);
  for (const key in attributes) node.setAttribute(key, attributes[key]);
  for (const child of children) node.append(child);
  return node;
};

Kaa.arrowHeads = () => Kaa.svg("defs", {}, ...["flow", "jump", "raise", "ref"].map((kind) =>
  Kaa.svg("marker", { id: "head-" + kind, viewBox: "0 0 8 8", refX: 7, refY: 4, markerWidth: 7, markerHeight: 7, orient: "auto" },
    Kaa.svg("path", { d: "M0 0 L8 4 L0 8 z", class: "head " + kind }))));

/* Blocks stand in the order of the code; jumps run in lanes beside them: forward right, backward left. */
Kaa.drawGraph = function (blocks, link, current) {
  const width = 250, row = 15, gap = 22, lane = 13;
  const edges = [];
  blocks.forEach((b, i) => {
    b.jumps.forEach((t) => edges.push({ from: i, to: t, kind: "jump" }));
    b.raises.forEach((t) => edges.push({ from: i, to: t, kind: "raise" }));
  });
  const lanes = { left: [], right: [] };
  edges.sort((p, q) => Math.abs(p.from - p.to) - Math.abs(q.from - q.to));
  for (const e of edges) {
    e.side = e.to > e.from ? "right" : "left";
    const low = Math.min(e.from, e.to), high = Math.max(e.from, e.to), taken = lanes[e.side];
    e.lane = taken.findIndex((l) => l.every(([a, b]) => high < a || low > b));
    if (e.lane < 0) { e.lane = taken.length; taken.push([]); }
    taken[e.lane].push([low, high]);
  }
  const x = 16 + lane * (lanes.left.length + 1);
  let y = 14;
  const tops = blocks.map((b) => { const t = y; y += 22 + row * Math.max(1, b.instructions.length) + gap; return t; });
  const height = (b) => 22 + row * Math.max(1, b.instructions.length);
  const total = x + width + 16 + lane * (lanes.right.length + 1);
  const root = Kaa.svg("svg", { width: total, height: y, viewBox: `0 0 ${total} ${y}`, class: "drawing" }, Kaa.arrowHeads());
  blocks.forEach((b, i) => {
    const box = Kaa.svg("g", { class: "block" + (b.handler ? " handler" : "") + (b.cold ? " cold" : "") + (i === current ? " now" : "") },
      Kaa.svg("rect", { x, y: tops[i], width, height: height(b), rx: 6 }),
      Kaa.svg("text", { x: x + 8, y: tops[i] + 14, class: "title" }, "B" + i + (b.handler ? " · handler" : "") + (b.cold ? " · cold" : "")));
    b.instructions.forEach((s, k) => {
      const argument = s.argument ?? "";
      const text = Kaa.svg("text", { x: x + 14, y: tops[i] + 30 + k * row }, s.name + " ",
        Kaa.svg("tspan", { class: "meaning" }, argument.length > 18 ? argument.slice(0, 17) + "…" : argument));
      link(text, s.place);
      box.append(text);
    });
    root.append(box);
    if (b.next !== null && b.next !== undefined && tops[b.next] !== undefined) {
      const from = tops[i] + height(b);
      if (b.next === i + 1) root.append(Kaa.svg("path", { d: `M${x + width / 2} ${from} V${tops[b.next] - 2}`, class: "edge flow", "marker-end": "url(#head-flow)" }));
    }
  });
  for (const e of edges) {
    const right = e.side === "right";
    const edge = right ? x + width : x, far = right ? edge + lane * (e.lane + 1) : edge - lane * (e.lane + 1);
    const from = tops[e.from] + height(blocks[e.from]) - 8, to = tops[e.to] + 10;
    root.append(Kaa.svg("path", { d: `M${edge} ${from} H${far} V${to} H${edge + (right ? 2 : -2)}`, class: "edge " + e.kind, "marker-end": `url(#head-${e.kind})` }));
  }
  return root;
};

/* Objects stand in columns by their distance from the frames; arrows lead to what they refer to. */
Kaa.drawHeap = function (state, player, fresh) {
  const slots = (o) => (o.slots || []).slice(0, 12);
  const values = (o) => slots(o).flatMap((s) => (Array.isArray(s) ? s : [s]));
  const roots = [];
  state.frames.forEach((f) => {
    const code = player.codes[f.code], held = [];
    f.variables.forEach((v, i) => { if (typeof v === "number") held.push([code.locals[i], v]); });
    if (f.names !== null && state.names.get(f.names)) for (const [n, v] of state.names.get(f.names)) if (typeof v === "number") held.push([n, v]);
    f.stack.forEach((v, i) => { if (typeof v === "number") held.push(["stack " + i, v]); });
    roots.push({ title: code.qualname, held });
  });
  const column = new Map(), order = [];
  let edge = [];
  roots.forEach((r) => r.held.forEach(([, v]) => { if (state.heap.has(v) && !column.has(v)) { column.set(v, 1); edge.push(v); order.push(v); } }));
  const spread = () => {
    while (edge.length) {
      const next = [];
      for (const n of edge) for (const v of values(state.heap.get(n))) if (typeof v === "number" && state.heap.has(v) && !column.has(v)) { column.set(v, column.get(n) + 1); next.push(v); order.push(v); }
      edge = next;
    }
  };
  spread();
  for (const n of state.heap.keys()) if (!column.has(n)) { column.set(n, 1); order.push(n); edge = [n]; spread(); }
  const shown = order.slice(0, 80);
  const width = 150, row = 15, boxes = new Map(), bottoms = [10];
  const root = Kaa.svg("svg", { class: "drawing" }, Kaa.arrowHeads());
  const clip = (t, n) => (t.length > n ? t.slice(0, n - 1) + "…" : t);
  const paths = [];
  const place = (key, col, title, rows, cls, refs) => {
    const y = bottoms[col] ?? 10, x = 10 + col * (width + 46), height = 20 + row * rows.length + 4;
    bottoms[col] = y + height + 12;
    const g = Kaa.svg("g", { class: "object " + cls }, Kaa.svg("rect", { x, y, width, height, rx: 6 }), Kaa.svg("text", { x: x + 7, y: y + 14, class: "title" }, clip(title, 17)));
    if (refs !== undefined) g.append(Kaa.svg("title", {}, refs + " references"), Kaa.svg("text", { x: x + width - 7, y: y + 14, class: "count", "text-anchor": "end" }, "×" + refs));
    rows.forEach(([label, value], i) => {
      const ty = y + 31 + i * row;
      if (typeof label === "number") { paths.push([x + 4, ty - 4, label]); label = "•"; }
      g.append(Kaa.svg("text", { x: x + 7, y: ty }, Kaa.svg("tspan", { class: "label" }, clip(label ? label + (value === undefined || value === "" ? "" : " ") : "", 15)),
        Kaa.svg("tspan", { class: "meaning" }, typeof value === "number" ? (state.heap.has(value) ? "" : "freed") : clip(value ?? "", 18 - Math.min(12, (label || "").length)))));
      if (typeof value === "number" && state.heap.has(value)) { g.append(Kaa.svg("circle", { cx: x + width - 9, cy: ty - 4, r: 3, class: "dot" })); paths.push([x + width - 9, ty - 4, value]); }
    });
    boxes.set(key, [x, y, width]);
    root.append(g);
  };
  roots.forEach((r, i) => place("frame" + i, 0, r.title, r.held, "root"));
  for (const n of shown) {
    const o = state.heap.get(n);
    const rows = o.shape === "sequence" ? slots(o).map((v, i) => [String(i), v]) : slots(o);
    const more = o.length > 12 && (o.slots.length > 12 || o.length > o.slots.length) ? [["… " + (o.length - Math.min(12, o.slots.length)) + " more", ""]] : [];
    place(n, column.get(n), o.type + (o.shape === "sequence" ? " (" + o.length + ")" : ""), rows.concat(more), (fresh.has(n) ? "fresh " : "") + (["tasklet", "channel"].includes(o.type) ? o.type : ""), state.counts.get(n));
  }
  for (const [x, y, target] of paths) {
    const box = boxes.get(target);
    if (!box) continue;
    const back = box[0] <= x, tx = back ? box[0] + box[2] : box[0] - 2, ty = box[1] + 10;
    const bend = back ? 40 : Math.max(24, (tx - x) / 2);
    root.append(Kaa.svg("path", { d: `M${x} ${y} C${x + bend} ${y} ${back ? tx + bend : tx - bend} ${ty} ${tx} ${ty}`, class: "edge ref" + (back ? " back" : ""), "marker-end": "url(#head-ref)" }));
  }
  const w = 20 + bottoms.length * (width + 46), h = Math.max(40, ...bottoms.map((b) => b || 0)) + 10;
  for (const [key, value] of Object.entries({ width: w, height: h, viewBox: `0 0 ${w} ${h}` })) root.setAttribute(key, value);
  if (order.length > 80) root.append(Kaa.svg("text", { x: 10, y: h - 2, class: "title" }, `${order.length - 80} more objects are not drawn`));
  return root;
};
