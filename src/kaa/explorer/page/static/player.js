/* A recording and the state at every step: the twin of recording.py. */
"use strict";
var Kaa = {};

Kaa.KEYFRAME = 250;

Kaa.emptyState = () => ({ frames: [], names: new Map(), heap: new Map(), counts: new Map() });
Kaa.copyState = (s) => ({
  frames: s.frames.slice(), names: new Map(s.names), heap: new Map(s.heap), counts: new Map(s.counts),
});

Kaa.applyStep = function (state, step) {
  for (let i = 1; i < step.length; i++) {
    const [kind, a, b, c, d, e, f] = step[i];
    const frame = state.frames[a];
    switch (kind) {
      case "f": state.frames.push({ number: a, code: b, names: c, offset: f || 0, variables: d, stack: e }); break;
      case "x": state.frames = state.frames.slice(0, a); break;
      case "v": { const v = frame.variables.slice(); v[b] = c; state.frames[a] = { ...frame, variables: v }; break; }
      case "s": state.frames[a] = { ...frame, stack: frame.stack.slice(0, b).concat(c) }; break;
      case "n": {
        const names = new Map(state.names.get(a));
        if (step[i].length > 3) names.set(b, c); else names.delete(b);
        state.names.set(a, names); break;
      }
      case "o": state.heap.set(a, { type: b, shape: c, length: d, slots: e }); break;
      case "c": {
        const known = state.heap.get(a);
        const slots = known.slots.slice(0, b).concat(d, known.slots.slice(b + c));
        state.heap.set(a, { ...known, length: e, slots }); break;
      }
      case "r": for (let k = 1; k < step[i].length; k += 2) state.counts.set(step[i][k], step[i][k + 1]); break;
      case "d": for (let k = 1; k < step[i].length; k++) { state.heap.delete(step[i][k]); state.counts.delete(step[i][k]); }
    }
  }
  const top = state.frames.length - 1;
  if (top >= 0) state.frames[top] = { ...state.frames[top], offset: step[0] };
};

Kaa.Player = class {
  constructor() {
    this.steps = []; this.codes = []; this.keyframes = []; this.end = null; this.lines = [];
    this.depth = []; this.line = []; this.frame = []; this.code = []; this.output = []; this.asking = false; this.skipped = 0;
    this.first = new Map(); this.edge = Kaa.emptyState(); this.at = -1; this.state = Kaa.emptyState();
  }
  feed(text) {
    for (const line of text.split("\n")) {
      if (!line) continue;
      let row;
      try { row = JSON.parse(line); } catch { return; }
      this.lines.push(line);
      if (Array.isArray(row)) this.add(row);
      else if (row.code) { row.code.at = new Map(row.code.instructions.map((s) => [s.offset, s])); this.codes.push(row.code); }
      else if (row.ask) this.asking = true;
      else if ("answer" in row) { this.asking = false; this.output.push([this.steps.length, 3, row.answer]); }
      else if (row.skipped) this.skipped = row.skipped;
      else if (row.end) this.end = row.end;
    }
  }
  add(row) {
    const number = this.steps.length;
    this.steps.push(row);
    Kaa.applyStep(this.edge, row);
    if (number % Kaa.KEYFRAME === 0) this.keyframes.push(Kaa.copyState(this.edge));
    const top = this.edge.frames[this.edge.frames.length - 1];
    const place = top && this.codes[top.code].at.get(row[0])?.place;
    this.depth.push(this.edge.frames.length);
    this.frame.push(top ? top.number : -1);
    this.code.push(top ? top.code : -1);
    this.line.push(place ? place[0] : number ? (this.frame[number - 1] === this.frame[number] ? this.line[number - 1] : -1) : -1);
    for (let i = 1; i < row.length; i++) {
      if (row[i][0] === "w") this.output.push([number, row[i][1], row[i][2]]);
      else if (row[i][0] === "f" && !this.first.has(row[i][1])) this.first.set(row[i][1], number);
    }
  }
  seek(step) {
    step = Math.max(0, Math.min(step, this.steps.length - 1));
    if (step < this.at || step - this.at > Kaa.KEYFRAME) {
      const key = Math.floor(step / Kaa.KEYFRAME);
      this.state = Kaa.copyState(this.keyframes[key]); this.at = key * Kaa.KEYFRAME;
    }
    while (this.at < step) Kaa.applyStep(this.state, this.steps[++this.at]);
    return this.state;
  }
  /* The step at which a way of going arrives; dir is 1 or -1. */
  find(dir, good) {
    let i = this.at + dir;
    while (i > 0 && i < this.steps.length - 1 && !good(i)) i += dir;
    return Math.max(0, Math.min(i, this.steps.length - 1));
  }
  isNewLine(i) { return this.line[i] > 0 && (this.line[i] !== this.line[i - 1] || this.frame[i] !== this.frame[i - 1]); }
  byLine(dir) { return this.find(dir, (i) => this.isNewLine(i)); }
  over(dir) { const d = this.depth[this.at]; return this.find(dir, (i) => this.depth[i] <= d && this.isNewLine(i)); }
  out(dir) { const d = this.depth[this.at]; return this.find(dir, (i) => this.depth[i] < d); }
  toLines(dir, lines) { return this.find(dir, (i) => lines.has(this.line[i]) && this.isNewLine(i)); }
  printed(step) { return this.output.filter((o) => o[0] <= step); }
  heat() {
    const lines = new Map(), instructions = new Map();
    for (let i = 0; i < this.steps.length - 1; i++) {
      const key = this.code[i] + ":" + this.steps[i][0];
      instructions.set(key, (instructions.get(key) || 0) + 1);
      if (this.isNewLine(i)) lines.set(this.line[i], (lines.get(this.line[i]) || 0) + 1);
    }
    return { lines, instructions };
  }
};
