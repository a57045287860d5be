/* A recording and the state at every step: the twin of recording.py. */
"use strict";

Kaa.KEYFRAME = 250;

Kaa.emptyState = () => (
  { frames: [], thread: 0, threads: new Map(), names: new Map(), heap: new Map(), counts: new Map() });
Kaa.copyState = (s) => ({
  frames: s.frames.slice(), thread: s.thread, threads: new Map(s.threads),
  names: new Map(s.names), heap: new Map(s.heap), counts: new Map(s.counts),
});
Kaa.sizeOf = (s) => s.heap.size + s.counts.size + s.names.size + s.frames.length;

Kaa.applyStep = function (state, step) {
  for (let i = 1; i < step.length; i++) Kaa.applyChange[step[i][0]]?.(state, ...step[i].slice(1));
  const top = state.frames.length - 1;
  if (top >= 0) state.frames[top] = { ...state.frames[top], offset: step[0] };
};

/* By letter. Two more are events that change nothing here: `w` (output) and `e` (an exception). */
Kaa.applyChange = {
  f(state, number, code, names, variables, stack, offset) {
    state.frames.push({ number, code, names, offset: offset || 0, variables, stack });
  },
  x(state, depth) { state.frames = state.frames.slice(0, depth); },
  t(state, thread) {
    if (state.frames.length) state.threads.set(state.thread, state.frames);
    state.frames = state.threads.get(thread) || [];
    state.threads.delete(thread);
    state.thread = thread;
  },
  z(state, thread) { state.threads.delete(thread); },
  v(state, depth, index, value) {
    const frame = state.frames[depth], variables = frame.variables.slice();
    variables[index] = value;
    state.frames[depth] = { ...frame, variables };
  },
  s(state, depth, kept, values) {
    const frame = state.frames[depth];
    state.frames[depth] = { ...frame, stack: frame.stack.slice(0, kept).concat(values) };
  },
  n(state, space, name, ...value) {
    const names = new Map(state.names.get(space));
    if (value.length) names.set(name, value[0]); else names.delete(name);
    state.names.set(space, names);
  },
  o(state, number, type, shape, length, slots) { state.heap.set(number, { type, shape, length, slots }); },
  c(state, number, start, dropped, added, length) {
    const known = state.heap.get(number);
    const slots = known.slots.slice(0, start).concat(added, known.slots.slice(start + dropped));
    state.heap.set(number, { ...known, length, slots });
  },
  r(state, ...pairs) { for (let k = 0; k < pairs.length; k += 2) state.counts.set(pairs[k], pairs[k + 1]); },
  d(state, ...numbers) { for (const n of numbers) { state.heap.delete(n); state.counts.delete(n); } },
  g(state, ...numbers) { Kaa.applyChange.d(state, ...numbers); },
};

/* Steps stay text until they are needed: as many small arrays they would keep the browser's collector busy. What is
   asked of all steps stands in columns of numbers. */
Kaa.Player = class {
  /* `files` are those that are known already, as `{ name, source }`; files of the recording that are not, join them. */
  constructor(files = []) {
    this.files = files; this.numbers = [];  // of the recording's files among these
    this.steps = []; this.offset = []; this.codes = []; this.threads = []; this.lines = []; this.output = [];
    this.depth = []; this.line = []; this.frame = []; this.code = []; this.thread = [];
    this.first = new Map(); this.last = new Map(); this.keyframes = []; this.changes = 0;
    this.asking = false; this.skipped = 0; this.end = null;
    this.edge = Kaa.emptyState(); this.at = -1; this.state = Kaa.emptyState();
  }

  feed(text) {
    for (const line of text.split("\n")) {
      if (!line) continue;
      let row;
      try { row = JSON.parse(line); } catch { return; }
      this.lines.push(line);
      if (Array.isArray(row)) this.add(row, line); else this.note(row);
    }
  }

  note(row) {
    if (row.code) {
      row.code.at = new Map(row.code.instructions.map((s) => [s.offset, s]));
      row.code.file = this.numbers[row.code.file || 0];
      this.codes.push(row.code);
    } else if (row.file) this.numbers.push(this.join(row.file));
    else if (row.thread) this.threads.push(row.thread);
    else if (row.ask) this.asking = true;
    else if ("answer" in row) { this.asking = false; this.output.push([this.steps.length, 3, row.answer]); }
    else if (row.skipped) this.skipped = row.skipped;
    else if (row.end) this.end = row.end;
  }

  join(file) {
    const known = this.files.findIndex(({ name }) => name === file.name), number = known < 0 ? this.files.length : known;
    this.files[number] = file;
    return number;
  }

  add(row, line) {
    const number = this.steps.length, before = number - 1;
    this.steps.push(line);
    this.offset.push(row[0]);
    Kaa.applyStep(this.edge, row);
    this.keep(number, row.length);
    const top = this.edge.frames[this.edge.frames.length - 1];
    const place = top && this.codes[top.code].at.get(row[0])?.place;
    if (top) this.last.set(top.number, number);
    this.depth.push(this.edge.frames.length);
    this.frame.push(top ? top.number : -1);
    this.code.push(top ? top.code : -1);
    this.thread.push(this.edge.thread);
    const same = number > 0 && this.frame[before] === this.frame[number];
    this.line.push(place ? place[0] : same ? this.line[before] : -1);
    for (let i = 1; i < row.length; i++) {
      if (row[i][0] === "w") this.output.push([number, row[i][1], row[i][2]]);
      else if (row[i][0] === "f" && !this.first.has(row[i][1])) this.first.set(row[i][1], number);
    }
  }

  /* A keyframe is worth its memory when about as much has changed since the last one as it holds. */
  keep(number, length) {
    this.changes += length;
    const last = this.keyframes[this.keyframes.length - 1];
    if (last && (number - last.step < Kaa.KEYFRAME || this.changes < Kaa.sizeOf(this.edge) / 2)) return;
    this.keyframes.push({ step: number, state: Kaa.copyState(this.edge) });
    this.changes = 0;
  }

  seek(step) {
    step = Math.max(0, Math.min(step, this.steps.length - 1));
    const key = this.keyframes[Kaa.lastUpTo(this.keyframes, (k) => k.step, step)];
    if (step < this.at || key.step > this.at) { this.state = Kaa.copyState(key.state); this.at = key.step; }
    while (this.at < step) Kaa.applyStep(this.state, this.step(++this.at));
    return this.state;
  }

  step(number) { return JSON.parse(this.steps[number]); }

  /* The step at which a way of going arrives; dir is 1 or -1. */
  find(dir, good) {
    let i = this.at + dir;
    while (i > 0 && i < this.steps.length - 1 && !good(i)) i += dir;
    return Math.max(0, Math.min(i, this.steps.length - 1));
  }
  isNewLine(i) {
    return this.line[i] > 0 && (this.line[i] !== this.line[i - 1] || this.frame[i] !== this.frame[i - 1]);
  }
  file(i) { return this.codes[this.code[i]]?.file ?? 0; }
  place(i) { return this.file(i) + ":" + this.line[i]; }
  byLine(dir) { return this.find(dir, (i) => this.isNewLine(i)); }
  over(dir) { return this.within(dir, (i, depth) => this.depth[i] <= depth && this.isNewLine(i)); }
  out(dir) { return this.within(dir, (i, depth) => this.depth[i] < depth); }
  within(dir, good) {
    const depth = this.depth[this.at], thread = this.thread[this.at];
    return this.find(dir, (i) => this.thread[i] === thread && good(i, depth));
  }
  toPlaces(dir, places) { return this.find(dir, (i) => places.has(this.place(i)) && this.isNewLine(i)); }

  /* What was printed up to a step, at most so many pieces. */
  printed(step, most) {
    const end = Kaa.lastUpTo(this.output, (o) => o[0], step) + 1;
    return this.output.slice(Math.max(0, end - most), end);
  }

  /* How often each line (`file:line`) and each instruction (`code:offset`) ran. A line runs anew when its frame comes to
     it from another line, or jumps back: not when a call that it makes comes back. */
  heat() {
    if (this.counted?.steps === this.steps.length) return this.counted;
    const lines = new Map(), instructions = new Map(), last = new Map();
    const count = (map, key) => map.set(key, (map.get(key) || 0) + 1);
    for (let i = 0; i < this.steps.length - 1; i++) {
      const offset = this.offset[i], frame = this.frame[i], before = last.get(frame);
      count(instructions, this.code[i] + ":" + offset);
      if (this.codes[this.code[i]]?.at.get(offset)?.name === "RESUME") continue;  // it has the line of the `def`
      if (!before || before.line !== this.line[i] || offset <= before.offset) count(lines, this.place(i));
      last.set(frame, { line: this.line[i], offset });
    }
    return (this.counted = { steps: this.steps.length, lines, instructions });
  }
};

/* The last index of a sorted list whose key is no greater; -1 if there is none. */
Kaa.lastUpTo = function (list, key, most) {
  let low = 0, high = list.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (key(list[middle]) <= most) low = middle + 1; else high = middle;
  }
  return low - 1;
};
