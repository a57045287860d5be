/* The control-flow graph as SVG. Blocks stand in the order of the code; jumps run in lanes beside them: forward right,
   backward left. */
"use strict";

Kaa.arrowHeads = Kaa.svg("defs", {}, ...["flow", "jump", "raise", "ref"].map((kind) =>
  Kaa.svg("marker",
    { id: "head-" + kind, viewBox: "0 0 8 8", refX: 7, refY: 4, markerWidth: 7, markerHeight: 7, orient: "auto" },
    Kaa.svg("path", { d: "M0 0 L8 4 L0 8 z", class: "head " + kind }))));

Kaa.clip = (text, most) => (text.length > most ? text.slice(0, most - 1) + "…" : text);

/* A finished code object, cut into blocks; `of` finds an instruction's block by its offset. */
Kaa.cuts = new WeakMap();
Kaa.blocksOf = function (unit) {
  if (Kaa.cuts.has(unit)) return Kaa.cuts.get(unit);
  const number = new Map(unit.starts.map((start, i) => [start, i])), of = new Map();
  const blocks = unit.starts.map(() => ({ instructions: [], next: null, jumps: [], raises: [], handler: false, cold: false }));
  let current = -1;
  for (const step of unit.instructions) {
    if (number.has(step.offset)) current++;
    of.set(step.offset, current);
    const block = blocks[current], raises = unit.exceptions.filter(([from, to]) => step.offset >= from && step.offset < to);
    const argument = step.target === null ? step.meaning : "to B" + number.get(step.target);
    block.instructions.push({ name: step.name, argument, place: step.place });
    block.jumps = step.target === null ? [] : [number.get(step.target)];
    block.raises = [...new Set([...block.raises, ...raises.map((entry) => number.get(entry[2]))])];
    const goesOn = !/^to the target|^out of/.test(Kaa.instructions[step.name]?.flow || "");
    block.next = goesOn && current + 1 < blocks.length ? current + 1 : null;
  }
  for (const entry of unit.exceptions) blocks[number.get(entry[2])].handler = true;
  Kaa.cuts.set(unit, { blocks, of });
  return { blocks, of };
};

/* Give each jump the lane nearest to the blocks in which it meets no other. */
Kaa.lanes = function (blocks) {
  const edges = [], taken = { left: [], right: [] };
  blocks.forEach((block, from) => {
    for (const kind of ["jumps", "raises"]) for (const to of block[kind]) edges.push({ from, to, kind: kind.slice(0, -1) });
  });
  edges.sort((p, q) => Math.abs(p.from - p.to) - Math.abs(q.from - q.to));
  for (const edge of edges) {
    edge.side = edge.to > edge.from ? "right" : "left";
    const low = Math.min(edge.from, edge.to), high = Math.max(edge.from, edge.to), lanes = taken[edge.side];
    edge.lane = lanes.findIndex((lane) => lane.every(([a, b]) => high < a || low > b));
    if (edge.lane < 0) edge.lane = lanes.push([]) - 1;
    lanes[edge.lane].push([low, high]);
  }
  return { edges, left: taken.left.length, right: taken.right.length };
};

/* A long block shows its beginning and its end. */
Kaa.folded = function (block) {
  const { instructions } = block, most = 30;
  if (instructions.length <= most) return block;
  const left = { name: `… ${instructions.length - most + 1} more`, argument: "", place: null };
  return { ...block, instructions: [...instructions.slice(0, most / 2), left, ...instructions.slice(1 - most / 2)] };
};

Kaa.GRAPH = { row: 15, head: 22, gap: 22, lane: 13 };

Kaa.drawGraph = function (all) {
  const blocks = all.map(Kaa.folded);
  const { row, head, gap, lane } = Kaa.GRAPH, width = Kaa.widthOf(blocks), { edges, left, right } = Kaa.lanes(blocks);
  const x = 16 + lane * (left + 1), total = x + width + 16 + lane * (right + 1);
  const height = (block) => head + row * Math.max(1, block.instructions.length);
  const tops = [];
  let bottom = 14;
  for (const block of blocks) { tops.push(bottom); bottom += height(block) + gap; }
  const boxes = blocks.map((block, i) => Kaa.drawBlock(block, i, x, tops[i], width, height(block)));
  const falls = blocks.flatMap((block, i) => block.next !== i + 1 ? [] : [Kaa.svg("path", {
    d: `M${x + width / 2} ${tops[i] + height(block)} V${tops[i + 1] - 2}`, class: "edge flow", "marker-end": "url(#head-flow)" })]);
  const jumps = edges.map((edge) => {
    const way = edge.side === "right" ? 1 : -1, side = way > 0 ? x + width : x;
    const from = tops[edge.from] + height(blocks[edge.from]) - 8, to = tops[edge.to] + 10;
    const d = `M${side} ${from} H${side + way * lane * (edge.lane + 1)} V${to} H${side + 2 * way}`;
    return Kaa.svg("path", { d, class: "edge " + edge.kind, "marker-end": `url(#head-${edge.kind})` });
  });
  return Kaa.svg("svg", { width: total, height: bottom, viewBox: `0 0 ${total} ${bottom}`, class: "drawing" },
    Kaa.arrowHeads, ...falls, ...jumps, ...boxes);
};

/* As wide as the longest instruction, within reason. */
Kaa.widthOf = function (blocks) {
  const lengths = blocks.flatMap((block) => block.instructions.map((step) => Kaa.wordsOf(step).join(" ").length));
  return Math.min(320, Math.max(120, 26 + 7.3 * Math.max(0, ...lengths)));
};
Kaa.wordsOf = (step) => [step.name, Kaa.clip(step.argument ?? "", 18)];

Kaa.drawBlock = function (block, number, x, y, width, height) {
  const { row } = Kaa.GRAPH, marks = ["handler", "cold"].filter((name) => block[name]);
  return Kaa.svg("g", { class: ["block", ...marks].join(" "), "data-block": number },
    Kaa.svg("rect", { x, y, width, height, rx: 6 }),
    Kaa.svg("text", { x: x + 8, y: y + 14, class: "title" }, ["B" + number, ...marks].join(" · ")),
    ...block.instructions.map((step, i) => Kaa.svg("text",
      { x: x + 14, y: y + 30 + i * row, class: step.place ? "linked" : null, place: step.place },
      step.name + " ", Kaa.svg("tspan", { class: "meaning" }, Kaa.wordsOf(step)[1]))));
};
