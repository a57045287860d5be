/* The application: layout, keys, stepping, sharing. */
"use strict";

Kaa.App = class {
  constructor(data) {
    this.data = data; this.offline = !!data.road; this.player = new Kaa.Player(); this.breakpoints = new Set();
    this.tab = "road"; this.stage = null; this.unitNumber = 0; this.heat = false; this.big = null; this.before = Kaa.emptyState();
    Kaa.instructions = data.instructions;
    this.theme(localStorage.getItem("kaa-theme") || (matchMedia("(prefers-color-scheme: light)").matches ? "light" : "dark"));
    this.build();
    addEventListener("keydown", (e) => this.key(e));
  }
  post(url, body) { return fetch(url, { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(body || {}) }); }
  theme(name) { document.documentElement.dataset.theme = name; localStorage.setItem("kaa-theme", name); }

  build() {
    const el = Kaa.el, b = (id, text, title, act) => el("button", { id, title, "aria-label": title, onclick: act }, text);
    const names = Object.keys(this.data.examples || {});
    this.parts = {};
    const part = (name, node) => (this.parts[name] = node);
    document.body.append(part("root", el("div", { id: "kaa" },
      el("header", {}, el("strong", {}, "Kaa"),
        this.offline ? el("span", {}, this.data.road.filename) : el("select", { id: "examples", "aria-label": "examples", onchange: (e) => e.target.value && this.open(this.data.examples[e.target.value], e.target.value) }, el("option", { value: "" }, "examples …"), ...names.map((n) => el("option", {}, n))),
        this.offline ? null : b("edit", "Edit", "edit the program (E)", () => this.edit()),
        this.offline ? null : b("run", "▶ Run", "run the program (R)", () => this.run()),
        this.offline ? null : b("around", "▶ around ●", "run, and keep the steps around the first breakpoint reached (Shift+R)", () => this.run(true)),
        this.offline ? null : b("stop", "■", "stop the run", () => this.post(`/api/run/${this.number}/stop`)),
        el("nav", { role: "tablist" }, ...[["road", "Road"], ["run", "Run"], ["hood", "Under the hood"]].map(([t, w], i) => el("button", { id: "tab-" + t, role: "tab", title: `${w} (${i + 1})`, onclick: () => this.show(t) }, w))),
        el("span", { class: "space" }),
        b("heat", "Heat", "how often each line ran (H)", () => { this.heat = !this.heat; this.drawSource(); this.draw(); }),
        this.offline ? null : b("share", "Link", "copy a link to this program and step", () => this.share()),
        b("svg", "SVG", "save the largest drawing as SVG", () => this.save("svg")), b("png", "PNG", "save the largest drawing as PNG", () => this.save("png")),
        this.offline ? null : b("html", "HTML", "save the run as a page that needs no server", () => this.html()),
        b("theme", "◐", "dark or light (T)", () => this.theme(document.documentElement.dataset.theme === "dark" ? "light" : "dark")), b("help", "?", "keys (?)", () => this.help())),
      part("message", el("div", { id: "message", role: "status" })),
      el("main", {}, el("section", { class: "left" }, part("source", el("div", { class: "scroll", id: "source" })), part("editor", el("textarea", { id: "editor", spellcheck: "false", hidden: "", "aria-label": "the program" }))), part("view", el("section", { id: "view" }))),
      part("bar", el("footer", {}, ...[["first", "|◀", "first step (Home)", () => this.go(0)], ["back-break", "◀●", "back to a breakpoint (Shift+B)", () => this.go(this.player.toLines(-1, this.breakpoints))],
        ["back-line", "↶ line", "back a line (Shift+L)", () => this.go(this.player.byLine(-1))], ["back", "◀ step", "back an instruction (←)", () => this.go(this.player.at - 1)], ["play", "play", "play, pause (space)", () => this.play()],
        ["step", "step ▶", "an instruction (→)", () => this.go(this.player.at + 1)], ["line", "line ↷", "a line, into calls (L)", () => this.go(this.player.byLine(1))], ["over", "over", "a line, over calls (O)", () => this.go(this.player.over(1))],
        ["out", "out", "out of the frame (U)", () => this.go(this.player.out(1))], ["break", "●▶", "to a breakpoint (B)", () => this.go(this.player.toLines(1, this.breakpoints))], ["last", "▶|", "last step (End)", () => this.go(this.player.steps.length - 1)]].map((x) => b(...x)),
        part("slider", el("input", { id: "slider", type: "range", min: 0, max: 0, value: 0, "aria-label": "step", oninput: (e) => this.go(Number(e.target.value)) })), part("count", el("span", { id: "count" })))))));
    part("dialog", el("dialog", { id: "dialog" })); document.body.append(this.parts.dialog);
  }
  say(text, bad) { this.parts.message.textContent = text || ""; this.parts.message.className = bad ? "bad" : ""; }

  async open(source, filename, road) {
    this.source = source; this.filename = filename || "program.py"; this.player = new Kaa.Player(); this.breakpoints.clear(); this.stage = null; this.unitNumber = 0; this.native = null;
    this.parts.editor.hidden = true; this.parts.source.hidden = false;
    this.road = road || (await (await this.post("/api/road", { source, filename: this.filename })).json());
    const error = this.road.error;
    this.say(error ? `${error.type}: ${error.message}` + (error.place ? ` (line ${error.place[0]})` : "") : "", !!error);
    this.drawSource(); this.show(this.tab === "run" ? "road" : this.tab); this.bar();
  }
  edit() {
    const editor = this.parts.editor;
    if (editor.hidden) { editor.value = this.source; editor.hidden = false; this.parts.source.hidden = true; editor.focus(); this.say("Escape shows the road of what you have written"); }
    else return this.open(editor.value, this.filename);
  }
  async run(around) {
    if (around && !this.breakpoints.size) return this.say("set a breakpoint first: click a line's number", true);
    if (!this.parts.editor.hidden) await this.edit();
    if (this.road.error) return;
    const player = (this.player = new Kaa.Player());
   
    this.number = (await (await this.post("/api/run", { source: this.source, filename: this.filename, breakpoints: around ? [...this.breakpoints] : [] })).json()).run;
    this.say("running …"); this.show("run");
    let at = 0, first = true;
    while (player === this.player) {
      const answer = await fetch(`/api/run/${this.number}?start=${at}`);
      if (!answer.ok) break;
      const data = await answer.arrayBuffer(), running = answer.headers.get("x-running") === "1";
      at += data.byteLength; player.feed(new TextDecoder().decode(data));
      if (player.steps.length && first) { first = false; this.go(0); }
      this.bar(); this.asks();
      if (running) { await new Promise((r) => setTimeout(r, 60)); continue; }
      const end = JSON.parse(answer.headers.get("x-ending")), raw = answer.headers.get("x-raw");
      if (raw) player.output.push([player.steps.length - 1, 1, JSON.parse(raw)]);
      this.say(end.words, end.kind !== "done");
      this.parts.root.dataset.ended = end.kind;
      if (around) { player.seek(0); this.go(player.toLines(1, this.breakpoints)); }
      if (this.wanted !== undefined) { this.go(this.wanted); this.wanted = undefined; }
      this.draw(); break;
    }
  }
  asks() {
    const box = document.getElementById("input");
    if (this.player.asking && !box) { this.go(this.player.steps.length - 1); this.say("the program asks for input"); document.getElementById("input")?.focus(); }
  }
  show(tab) {
    this.tab = tab; this.big = null;
    for (const t of ["road", "run", "hood"]) document.getElementById("tab-" + t).setAttribute("aria-selected", t === tab);
    this.draw();
  }
  panel(id, title, node) {
    const box = Kaa.el("article", { class: "panel", id: "panel-" + id, "data-stage": id }, Kaa.el("h2", {}, Kaa.el("button", { title: "larger, smaller", onclick: () => { this.big = this.big === id ? null : id; this.enlarge(); } }, title)), Kaa.el("div", { class: "scroll", tabindex: 0 }, node));
    return box;
  }
  enlarge() { this.parts.view.dataset.big = this.big || ""; this.parts.view.querySelectorAll(".panel").forEach((p) => p.classList.toggle("big", p.id === "panel-" + this.big)); }
  unit() { return this.road.units[this.unitNumber]; }
  draw() {
    if (!this.road) return;
    const view = this.parts.view;
    if (this.tab === "run") return this.drawRun();
    const units = Kaa.el("select", { id: "unit", "aria-label": "code object", onchange: (e) => { this.unitNumber = Number(e.target.value); this.stage = null; this.draw(); } }, ...this.road.units.map((u, i) => Kaa.el("option", { value: i, selected: i === this.unitNumber ? "" : null }, u.qualname + ", line " + u.line)));
    if (this.tab === "road") {
      view.className = "road";
      view.replaceChildren(units, ...[["tokens", "Tokens", Kaa.viewTokens], ["tree", "Tree", Kaa.viewTree], ["symbols", "Symbols", Kaa.viewSymbols], ["graph", "Control-flow graph", Kaa.viewGraph], ["bytecode", "Bytecode", (a) => Kaa.viewBytecode(a)], ["cache", "Cache file", Kaa.viewCache]].map(([id, title, make]) => this.panel(id, title, make(this))));
    } else this.drawHood(units);
    this.enlarge();
  }
  drawPanel(id) { if (id === "graph") document.querySelector("#panel-graph .scroll").replaceChildren(Kaa.viewGraph(this)); }
  codeNumber(unit) { return this.player.codes.findIndex((c) => c.qualname === unit.qualname && c.line === unit.line && c.instructions.length === unit.instructions.length); }
  async drawHood(units) {
    const view = this.parts.view, unit = this.unit();
    view.className = "hood";
    if (!unit) return view.replaceChildren(Kaa.el("p", {}, "This program has no bytecode."));
    const text = Kaa.el("pre", { id: "native" }, this.native ? "" : this.offline ? "Machine code is made by the server." : "making machine code …");
    view.replaceChildren(units, this.panel("bytecode", "Bytecode" + (this.player.steps.length ? " and how often it ran" : " (run it to see how often)"), Kaa.viewBytecode(this, unit, null, this.player.steps.length ? this.player.heat().instructions : null, this.codeNumber(unit))), this.panel("native", "Templates and machine code", text));
    if (!this.native && !this.offline) this.native = await (await this.post("/api/native", { source: this.source, filename: this.filename })).json();
    if (this.native) text.textContent = this.native.error || this.native.functions[unit.qualname + ":" + unit.line] || "There is none.";
  }
  drawSource() { this.parts.source.replaceChildren(Kaa.viewSource(this)); this.mark(); }
  lineOf(f) { const s = this.player.codes[f.code].at.get(f.offset); return s && s.place ? s.place[0] : "–"; }
  mark() {
    this.parts.source.querySelectorAll(".line.now").forEach((n) => n.classList.remove("now"));
    if (this.tab !== "run" || this.player.at < 0) return;
    const row = this.parts.source.querySelector(`[data-line="${this.player.line[this.player.at]}"]`);
    if (!row) return;
    row.classList.add("now");
    const a = row.getBoundingClientRect(), b = this.parts.source.getBoundingClientRect();
    if (a.top < b.top + 20 || a.bottom > b.bottom - 20) this.parts.source.scrollTop += a.top - b.top - b.height / 3;
  }
  go(step) {
    const p = this.player;
    if (!p.steps.length) return;
    step = Math.max(0, Math.min(step, p.steps.length - 1));
    if (step > 0 && step !== p.at) { p.seek(step - 1); this.before = Kaa.copyState(p.state); } else if (step === 0) this.before = Kaa.emptyState();
    p.seek(step);
    if (this.tab !== "run") this.show("run"); else this.drawRun();
    this.bar();
  }
  bar() {
    const p = this.player, n = p.steps.length;
    this.parts.bar.hidden = !n;
    this.parts.slider.max = Math.max(0, n - 1); this.parts.slider.value = Math.max(0, p.at);
    this.parts.count.textContent = n ? `${p.at + p.skipped} of ${n - 1 + p.skipped}` : "";
  }
  why() {
    const top = this.before.frames[this.before.frames.length - 1];
    const s = top && this.player.codes[top.code].at.get(top.offset);
    return s ? `${s.name} took the last reference` : "nothing refers to it";
  }
  resumed(number) { return (this.player.first.get(number) ?? 0) < this.player.at; }
  /* The bytecode and the graph of the code that runs: kept from step to step, only the marks move. */
  codeView(code, top) {
    const known = this.kept, all = code.instructions, part = 200;
    const chunk = all.length > 3 * part ? Math.floor(all.findIndex((s) => s.offset === top.offset) / part) : -1;
    if (!known || known.code !== code || known.heat !== this.heat || known.chunk !== chunk) {
      const steps = chunk < 0 ? all : all.slice(Math.max(0, chunk - 1) * part, (chunk + 2) * part);
      const shape = Kaa.blocksOf(code), small = shape.blocks.length < 120;
      const bytecode = Kaa.viewBytecode(this, code, null, this.heat ? this.player.heat().instructions : null, top.code, steps);
      const graph = small ? Kaa.drawGraph(shape.blocks, () => 0, -1) : Kaa.el("p", { class: "words-of" }, `${shape.blocks.length} blocks are too many to draw`);
      this.kept = { code, chunk, heat: this.heat, shape, bytecode, graph, rows: new Map(steps.map((s, i) => [s.offset, bytecode.children[i]])), boxes: [...graph.querySelectorAll(".block")] };
    }
    const view = this.kept;
    view.marked?.forEach((n) => n.classList.remove("now"));
    view.marked = [view.rows.get(top.offset), view.boxes[view.shape.of(top.offset)]].filter((n) => n);
    view.marked.forEach((n) => n.classList.add("now"));
    return view;
  }
  drawRun() {
    const view = this.parts.view, p = this.player;
    view.className = "run";
    if (p.at < 0) return view.replaceChildren(Kaa.el("p", { class: "hint" }, this.player.steps.length ? "" : "Run the program (R) to record it; then go through it in both directions."));
    const state = p.state, top = state.frames[state.frames.length - 1], code = top && p.codes[top.code];
    const fresh = new Set(p.steps[p.at].slice(1).filter((c) => c[0] === "o" || c[0] === "c").map((c) => c[1]));
    const now = code && code.at.get(top.offset), output = p.printed(p.at).slice(-400);
    const out = Kaa.el("pre", { id: "output" }, ...output.map(([, s, t]) => Kaa.el("span", { class: "stream" + s }, t)));
    if (p.asking && p.at === p.steps.length - 1) out.append(Kaa.el("input", { id: "input", "aria-label": "input for the program", placeholder: "input, Enter", onkeydown: (e) => { if (e.key === "Enter") { e.preventDefault(); p.asking = false; this.post(`/api/run/${this.number}/input`, { line: e.target.value }); e.target.remove(); } e.stopPropagation(); } }));
    const keep = [...view.querySelectorAll(".scroll")].map((s) => [s.parentNode.id, s.scrollTop, s.scrollLeft]);
    view.replaceChildren(
      this.panel("frames", "Frames and value stack", Kaa.viewFrames(this, state)), this.panel("heap", `Heap: ${state.heap.size} objects`, Kaa.drawHeap(state, p, fresh)),
      this.panel("code", code ? "Bytecode of " + code.qualname : "Bytecode", code ? Kaa.el("div", {}, now ? Kaa.el("p", { class: "words-of" }, Kaa.el("b", {}, now.name), " ", (Kaa.instructions[now.name] || {}).words, Kaa.el("code", {}, " ( " + (Kaa.instructions[now.name] || {}).picture + " )")) : null, this.codeView(code, top).bytecode) : ""),
      this.panel("blocks", "Block of the instruction", code ? this.codeView(code, top).graph : ""),
      this.panel("events", "What this step did", Kaa.viewEvents(this, state)), this.panel("output", "Output", out));
    for (const [id, t, l] of keep) { const s = document.querySelector(`#${id} .scroll`); if (s) { s.scrollTop = t; s.scrollLeft = l; } }
    for (const id of ["code", "blocks"]) {
      const box = document.querySelector(`#panel-${id} .scroll`), mark = box.querySelector(".now");
      if (mark) { const a = mark.getBoundingClientRect(), b = box.getBoundingClientRect(); if (a.top < b.top || a.bottom > b.bottom) box.scrollTop += a.top - b.top - b.height / 3; }
    }
    const box = document.querySelector("#panel-output .scroll"); box.scrollTop = box.scrollHeight;
    this.enlarge(); this.mark();
  }
  play() {
    if (this.timer) { clearInterval(this.timer); this.timer = null; return; }
    this.timer = setInterval(() => { if (this.player.at >= this.player.steps.length - 1) this.play(); else this.go(this.player.at + 1); }, 250);
  }
  breakpoint(line) { if (!this.breakpoints.delete(line)) this.breakpoints.add(line); this.drawSource(); }
  explain(name) { const i = Kaa.instructions[name]; this.tell(name, [i.words, `Stack: ( ${i.picture} )`, `Argument: ${i.argument}`, `Control goes ${i.flow}`, `Theme: ${i.theme}`]); }
  help() { this.tell("Keys", ["1 2 3: road, run, under the hood", "R: run   Shift+R: run and keep the steps around a breakpoint   E: edit   Escape: leave the editor", "← →: an instruction   Shift+L, L: a line   O: over   U: out", "B, Shift+B: to a breakpoint   G: run to the line of the pointer", "Space: play, pause   Home, End: first, last", "H: heat   T: dark or light", "A click on a line's number sets a breakpoint; on a panel's title makes it large."]); }
  tell(title, lines) { const d = this.parts.dialog; d.replaceChildren(Kaa.el("h2", {}, title), ...lines.map((l) => Kaa.el("p", {}, l)), Kaa.el("button", { onclick: () => d.close() }, "Close")); d.showModal(); }
  key(e) {
    const inEditor = e.target.tagName === "TEXTAREA";
    if (inEditor && e.key === "Escape") return this.edit();
    if (inEditor || e.ctrlKey || e.metaKey || e.altKey || this.parts.dialog.open || e.target.tagName === "SELECT") return;
    const line = document.querySelector(".line:hover")?.dataset.line;
    const act = { 1: () => this.show("road"), 2: () => this.show("run"), 3: () => this.show("hood"), r: () => this.offline || this.run(), R: () => this.offline || this.run(true), e: () => this.offline || this.edit(), ArrowRight: () => this.go(this.player.at + 1), ArrowLeft: () => this.go(this.player.at - 1),
      l: () => this.go(this.player.byLine(1)), L: () => this.go(this.player.byLine(-1)), o: () => this.go(this.player.over(1)), O: () => this.go(this.player.over(-1)), u: () => this.go(this.player.out(1)), U: () => this.go(this.player.out(-1)), b: () => this.go(this.player.toLines(1, this.breakpoints)), B: () => this.go(this.player.toLines(-1, this.breakpoints)),
      g: () => line && this.go(this.player.toLines(1, new Set([Number(line)]))), " ": () => this.play(), Home: () => this.go(0), End: () => this.go(this.player.steps.length - 1), h: () => document.getElementById("heat").click(), t: () => document.getElementById("theme").click(), "?": () => this.help() }[e.key];
    if (act) { e.preventDefault(); act(); }
  }
  async share() {
    const bytes = new Uint8Array(await new Response(new Blob([JSON.stringify({ s: this.source, f: this.filename, n: this.player.at })]).stream().pipeThrough(new CompressionStream("deflate-raw"))).arrayBuffer());
    location.hash = btoa(String.fromCharCode(...bytes)).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
    try { await navigator.clipboard.writeText(location.href); this.say("the link is in the clipboard and in the address"); } catch { this.say("the link is in the address"); }
  }
  async fromLink() {
    try {
      const bytes = Uint8Array.from(atob(location.hash.slice(1).replaceAll("-", "+").replaceAll("_", "/")), (c) => c.charCodeAt(0));
      const data = JSON.parse(await new Response(new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate-raw"))).text());
      await this.open(data.s, data.f);
      if (data.n >= 0) { this.wanted = data.n; await this.run(); }
      return true;
    } catch { this.say("the link is damaged", true); return false; }
  }
  picture() {
    const all = [...this.parts.view.querySelectorAll("svg.drawing")].filter((s) => s.getBoundingClientRect().width);
    const svg = all.sort((a, b) => b.getBoundingClientRect().width * b.getBoundingClientRect().height - a.getBoundingClientRect().width * a.getBoundingClientRect().height)[0];
    if (!svg) { this.say("there is no drawing here", true); return null; }
    const copy = svg.cloneNode(true), from = [svg, ...svg.querySelectorAll("*")];
    [copy, ...copy.querySelectorAll("*")].forEach((n, i) => { const s = getComputedStyle(from[i]); for (const k of ["fill", "stroke", "stroke-width", "stroke-dasharray", "font-family", "font-size", "font-weight"]) n.style.setProperty(k, s.getPropertyValue(k)); });
    copy.setAttribute("xmlns", "http://www.w3.org/2000/svg"); copy.style.background = getComputedStyle(this.parts.root).backgroundColor;
    return { text: new XMLSerializer().serializeToString(copy), width: svg.width.baseVal.value, height: svg.height.baseVal.value };
  }
  download(blob, name) { const a = Kaa.el("a", { href: URL.createObjectURL(blob), download: name }); a.click(); }
  save(kind) {
    const picture = this.picture();
    if (!picture) return;
    if (kind === "svg") return this.download(new Blob([picture.text], { type: "image/svg+xml" }), "kaa.svg");
    const image = new Image();
    image.onload = () => { const c = Kaa.el("canvas", { width: picture.width * 2, height: picture.height * 2 }), g = c.getContext("2d"); g.scale(2, 2); g.drawImage(image, 0, 0); c.toBlob((blob) => this.download(blob, "kaa.png")); };
    image.src = "data:image/svg+xml;charset=utf-8," + encodeURIComponent(picture.text);
  }
  async html() {
    const answer = await this.post("/api/export", { road: this.road, instructions: Kaa.instructions, lines: this.player.lines, step: this.player.at, ending: this.parts.message.textContent });
    this.download(await answer.blob(), this.filename.replace(/.*\//, "").replace(/\.py$/, "") + ".html");
  }
};

(async function () {
  const inside = document.getElementById("kaa-data");
  const data = inside ? JSON.parse(inside.textContent) : await (await fetch("/api/start")).json();
  const app = (Kaa.app = new Kaa.App(data));
  if (inside) {
    app.source = data.road.source;
    await app.open(data.road.source, data.road.filename, data.road);
    app.player.feed(data.lines.join("\n"));
    if (app.player.steps.length) app.go(Math.max(0, data.step));
    app.say(data.ending);
  } else if (!(location.hash.length > 1 && (await app.fromLink()))) {
    const first = data.source === null ? "loop.py" : data.filename;
    await app.open(data.source ?? data.examples[first], first);
  }
  document.getElementById("kaa").dataset.ready = "1";
})();
