/* The application: what is open, where it stands, and what it shows. Drawing is the views' work. */
"use strict";

Kaa.App = class {
  constructor(data) {
    this.data = data; this.offline = !!data.roads; this.player = new Kaa.Player(); this.before = Kaa.emptyState();
    this.roads = new Map(); this.breakpoints = new Set(); this.file = 0; this.unitNumber = 0; this.stage = null;
    this.tab = "road"; this.heat = false; this.big = null; this.native = data.native || null;
    this.runView = new Kaa.RunView(this);
    Kaa.instructions = data.instructions;
    this.theme(localStorage.getItem("kaa-theme") || (matchMedia("(prefers-color-scheme: light)").matches ? "light" : "dark"));
    this.parts = Kaa.layOut(this);
    this.lines = new Kaa.SourceView(this.parts.source, this.parts.sheet);
    addEventListener("keydown", (event) => this.key(event));
  }

  post(url, body) {
    const headers = { "content-type": "application/json" };
    return fetch(url, { method: "POST", headers, body: JSON.stringify(body || {}) });
  }
  say(text, isBad) { this.parts.message.textContent = text || ""; this.parts.message.className = isBad ? "bad" : ""; }
  theme(name) { document.documentElement.dataset.theme = name; localStorage.setItem("kaa-theme", name); }
  otherTheme() { this.theme(document.documentElement.dataset.theme === "dark" ? "light" : "dark"); }
  get road() { return this.roads.get(this.file); }
  get unit() { return this.road.units[this.unitNumber]; }

  // Opening and editing.

  async open(source, filename, roads) {
    this.source = source; this.filename = filename || "program.py";
    this.breakpoints.clear(); this.file = this.unitNumber = 0; this.stage = null; this.native = this.data.native || null;
    this.parts.editor.hidden = true;
    this.say("making the road …");
    if (this.parts.examples) this.parts.examples.value = this.data.examples[filename] === source ? filename : "";
    this.roads = new Map(roads || [[0, await this.ask("/api/road", { source, filename: this.filename, imports: true })]]);
    this.files = [{ name: this.filename, source }, ...(this.road.imports || [])];
    this.player = new Kaa.Player(this.files);
    const error = this.road.error, place = error?.place ? ` (line ${error.place[0]})` : "";
    this.say(error ? `${error.type}: ${error.message}${place}` : "", !!error);
    this.drawSource();
    this.show(this.tab === "run" ? "road" : this.tab);
    this.bar();
  }
  async ask(url, body) {
    const answer = await this.post(url, body);
    if (answer.ok) return answer.json();
    this.say(await answer.text(), true);
    throw Error(this.parts.message.textContent);
  }

  edit() {
    const editor = this.parts.editor;
    if (!editor.hidden) return this.open(editor.value, this.filename);
    editor.value = this.source;
    editor.hidden = false;
    editor.focus();
    editor.setSelectionRange(0, 0);
    editor.scrollTop = 0;
    this.say("Escape shows the road of what you have written");
  }

  /* Show a file, the program's own or one that it imports; its road is made when it is first shown. */
  async showFile(number) {
    this.file = number; this.unitNumber = 0; this.stage = null;
    await this.roadOf(number);
    if (this.file !== number) return;
    this.drawSource();
    this.mark();
    if (this.tab !== "run") this.draw();
  }
  async roadOf(number) {
    const { name, source } = this.files[number];
    if (this.roads.get(number)?.source === source) return;
    this.roads.set(number, { source, filename: name, tokens: [], tree: [], scopes: [], units: [], cache: null, error: null });
    this.roads.set(number, await this.ask("/api/road", { source, filename: name }));
  }

  // Running.

  async run(isAround) {
    if (isAround && !this.breakpoints.size) return this.say("set a breakpoint first: click a line's number", true);
    if (!this.parts.editor.hidden) await this.edit();
    if (this.roads.get(0).error) return;
    const player = (this.player = new Kaa.Player(this.files));
    this.native = null;
    const order = { source: this.source, filename: this.filename, breakpoints: isAround ? this.places() : [] };
    this.number = (await this.ask("/api/run", order)).run;
    this.say("running …");
    this.show("run");
    const ending = await this.follow(player);
    if (!ending) return;
    this.say(ending.words, ending.kind !== "done");
    this.parts.root.dataset.ended = ending.kind;
    if (isAround) { player.seek(0); this.go(player.toPlaces(1, this.breakpoints)); }
    if (this.wanted !== undefined) { this.go(this.wanted); this.wanted = undefined; }
    this.draw();
  }

  /* The breakpoints as the server wants them: a file's name and a line. */
  places() {
    return [...this.breakpoints].map((place) => {
      const [file, line] = place.split(":").map(Number);
      return [this.files[file].name, line];
    });
  }

  /* Take up the recording as it grows. The answer is how the run ended, or nothing if another one has begun. */
  async follow(player) {
    for (let at = 0; player === this.player;) {
      const answer = await fetch(`/api/run/${this.number}?start=${at}`);
      if (!answer.ok) return null;
      const data = await answer.arrayBuffer(), isNew = !player.steps.length;
      at += data.byteLength;
      player.feed(new TextDecoder().decode(data));
      if (isNew && player.steps.length) this.go(0);
      this.drawFiles();
      this.bar();
      this.askForInput();
      if (answer.headers.get("x-running") === "1") { await new Promise((done) => setTimeout(done, 60)); continue; }
      const raw = answer.headers.get("x-raw");
      if (raw) player.output.push([player.steps.length - 1, 1, JSON.parse(raw)]);
      return JSON.parse(answer.headers.get("x-ending"));
    }
    return null;
  }
  stop() { return this.number && this.post(`/api/run/${this.number}/stop`); }

  askForInput() {
    if (!this.player.asking || document.getElementById("input")) return;
    this.go(this.player.steps.length - 1);
    this.say("the program asks for input");
    document.getElementById("input")?.focus();
  }
  answer(line) {
    this.player.asking = false;
    this.post(`/api/run/${this.number}/input`, { line });
    this.say("running …");
    this.drawRun();
  }

  // Going through the run.

  go(step) {
    const player = this.player;
    if (!player.steps.length) return;
    step = Math.max(0, Math.min(step, player.steps.length - 1));
    if (step === 0) this.before = Kaa.emptyState();
    else if (step !== player.at) { player.seek(step - 1); this.before = Kaa.copyState(player.state); }
    player.seek(step);
    if (this.tab !== "run") this.show("run"); else this.drawRun();
    this.bar();
  }
  /* Where the slider is drawn to: of many events only the last one before a frame is drawn. */
  slide(step) {
    if (this.sliding === undefined) requestAnimationFrame(() => { this.go(this.sliding); this.sliding = undefined; });
    this.sliding = step;
  }
  bar() {
    const { player, parts } = this, count = player.steps.length;
    parts.bar.hidden = !count;
    parts.slider.max = Math.max(0, count - 1);
    parts.slider.value = Math.max(0, player.at);
    parts.count.textContent = count ? `${player.at + player.skipped} of ${count - 1 + player.skipped}` : "";
  }
  play() {
    if (this.timer) { clearInterval(this.timer); this.timer = null; return; }
    this.timer = setInterval(() => {
      if (this.player.at >= this.player.steps.length - 1) this.play(); else this.go(this.player.at + 1);
    }, 250);
  }
  breakpoint(line) {
    const place = this.file + ":" + line;
    if (!this.breakpoints.delete(place)) this.breakpoints.add(place);
    this.drawSource();
  }
  pointedLine() { return (document.querySelector(".line:hover") || document.querySelector(".line.pointed"))?.dataset.line; }
  runTo(way) {
    const line = this.pointedLine();
    if (line) this.go(this.player.toPlaces(way, new Set([this.file + ":" + line])));
  }

  // Showing.

  show(tab) {
    this.tab = tab; this.big = null;
    for (const name of ["road", "run", "hood"]) document.getElementById("tab-" + name).setAttribute("aria-selected", name === tab);
    this.draw();
  }
  draw() {
    if (!this.road) return;
    this.mark();
    if (this.tab === "run") return this.drawRun();
    if (this.tab === "hood") return this.drawHood();
    const { road, unit } = this, explain = (name) => this.explain(name);
    this.panels("road", this.unitChoice(), [
      ["tokens", "Tokens", Kaa.viewTokens(road, unit)], ["tree", "Tree", Kaa.viewTree(road, unit)],
      ["symbols", "Symbols", Kaa.viewSymbols(road)],
      ["graph", "Control-flow graph", Kaa.viewGraph(unit, this.stage, (stage) => { this.stage = stage; this.draw(); })],
      ["bytecode", "Bytecode", Kaa.viewBytecode(unit, explain)], ["cache", "Cache file", Kaa.viewCache(road)]]);
  }
  unitChoice() {
    if (!this.road.units.length) return null;
    const choose = (event) => { this.unitNumber = Number(event.target.value); this.stage = null; this.draw(); };
    return Kaa.el("select", { id: "unit", "aria-label": "code object", onchange: choose }, ...this.road.units.map((unit, i) =>
      Kaa.el("option", { value: i, selected: i === this.unitNumber ? "" : null }, `${unit.qualname}, line ${unit.line}`)));
  }

  /* Panels are [id, title, ...descriptions]; those that stay keep their place, size and scrolling. */
  panels(view, choice, panels) {
    const enlarge = (id) => { this.big = this.big === id ? null : id; this.enlarge(); };
    this.parts.view.className = view;
    Kaa.show(this.parts.view, choice, ...panels.map(([id, title, ...content]) =>
      Kaa.el("article", { id: "panel-" + id, class: "panel", "data-stage": id, key: view + id },
        Kaa.el("h2", {}, Kaa.el("button", { title: "larger, smaller", onclick: () => enlarge(id) }, title)),
        Kaa.el("div", { class: "scroll", tabindex: 0, "aria-label": title }, ...content))));
    this.enlarge();
  }
  enlarge() {
    for (const panel of this.parts.view.querySelectorAll(":scope > .panel")) panel.classList.toggle("big", panel.id === "panel-" + this.big);
  }
  enlargeFocused() {
    const panel = document.activeElement.closest(".panel");
    if (panel) { this.big = this.big ? null : panel.id.replace("panel-", ""); this.enlarge(); }
  }

  drawRun() {
    const { player, parts } = this;
    if (player.at < 0) {
      const words = player.steps.length ? "" : "Run the program (R) to record it; then go through it in both directions.";
      parts.view.className = "empty";
      return Kaa.show(parts.view, Kaa.el("p", { class: "hint" }, words));
    }
    Kaa.dark();
    const file = player.file(player.at);
    if (file !== this.file && player.frame[player.at] >= 0) this.showFile(file); else this.mark();
    this.panels("run", null, this.runView.panels());  // from here on the page is only looked at, so that it is laid out once
    for (const node of parts.view.querySelectorAll("#panel-code .now, #panel-blocks .now")) Kaa.reveal(node);
    const output = document.querySelector("#panel-output .scroll");
    if (output.textContent.length !== this.printed) output.scrollTop = output.scrollHeight;
    this.printed = output.textContent.length;
  }

  async drawHood() {
    const { unit, player, road } = this;
    if (!unit) return this.panels("hood", this.unitChoice(), [["native", "Templates and machine code", Kaa.note("This program has no bytecode.")]]);
    const found = this.native?.files[road.filename], known = found?.functions[unit.qualname + ":" + unit.line];
    const counts = player.steps.length ? this.counts(unit) : null, explain = (name) => this.explain(name);
    const words = found ? found.words : this.native?.error ? this.native.error : this.offline ? "Machine code is made by the server." : "making machine code …";
    const cached = known?.filter(({ cache }) => cache), states = cached?.length ? new Map(cached.map((piece) => [piece.offset, piece.cache])) : null;
    this.panels("hood", this.unitChoice(), [
      ["bytecode", "Bytecode" + (counts ? ", how often it ran, and its caches" : " (run it to see how often it runs)"),
        Kaa.viewBytecode(unit, explain, counts, states)],
      ["native", "Templates and machine code", Kaa.note(words), known ? Kaa.viewNative(unit, known) : Kaa.note("")]]);
    if (!found) await this.askForNative();
  }
  /* The machine code of all files after a run, or else of the one that is shown. */
  async askForNative() {
    const { player, road } = this, isRun = !this.native && player.steps.length > 0;
    if (this.offline || this.asked === player || this.native?.error) return;
    this.asked = player;
    const answers = player.output.filter(([, stream]) => stream === 3).map(([, , text]) => text);
    const [source, filename] = isRun ? [this.source, this.filename] : [road.source, road.filename];
    const native = await this.ask("/api/native", { source, filename, run: isRun, answers });
    this.asked = null;
    if (player !== this.player) return;
    const files = Object.entries(native.files || {}).map(([name, functions]) => [name, { functions, words: native.words }]);
    this.native = { error: native.error, files: { ...this.native?.files, ...Object.fromEntries(files) } };
    if (this.tab === "hood") this.drawHood();
  }
  counts(unit) {
    const isSame = (code) => code.qualname === unit.qualname && code.line === unit.line && code.file === this.file;
    const number = this.player.codes.findIndex(isSame), { instructions } = this.player.heat();
    return (offset) => instructions.get(number + ":" + offset);
  }
  toggleHeat() { this.heat = !this.heat; this.drawSource(); this.draw(); }

  /* The choice among the program's files, if it has more than its own. */
  drawFiles() {
    const { files } = this, choose = (event) => this.showFile(Number(event.target.value));
    Kaa.show(this.parts.files, files.length < 2 ? null : Kaa.el("select", { id: "file", "aria-label": "file", onchange: choose },
      ...files.map(({ name }, i) => Kaa.el("option", { value: i }, Kaa.baseName(name)))));
    const choice = document.getElementById("file");
    if (choice) choice.value = String(this.file);
  }
  drawSource() {
    this.drawFiles();
    const heat = this.heat && this.player.steps.length ? this.player.heat().lines : null;
    const longest = this.road.source.split("\n").reduce((most, line) => Math.max(most, Math.min(line.length, Kaa.WIDEST)), 0);
    this.lines.fill(Kaa.viewSource(this.road, this.file, this.breakpoints, heat, (line) => this.breakpoint(line)), longest);
  }
  mark() {
    const { player } = this, isHere = this.tab === "run" && player.at >= 0 && player.file(player.at) === this.file;
    this.lines.mark(isHere ? player.line[player.at] : 0);
  }

  // Keys and words.

  key(event) {
    if (event.target === this.parts.editor && event.key === "Escape") return this.edit();
    const command = Kaa.commandOf(event, this);
    if (command && command.act(this) !== false) event.preventDefault();
  }
  walk(way) {
    const panel = document.activeElement.closest(".scroll");
    if (!panel) return false;
    return panel === this.parts.source ? this.lines.point(way) : Kaa.walk(panel, way);
  }
  explainPointed() {
    const row = document.activeElement.closest(".scroll")?.kaaRow;
    if (!row?.isConnected || !row.onclick) return false;
    row.onclick();
    return true;
  }
  explain(name) {
    const about = Kaa.instructions[name];
    this.tell(name, [about.words, `Stack: ( ${about.picture} )`, `Argument: ${about.argument}`,
      `Control goes ${about.flow}`, `Theme: ${about.theme}`].map((words) => Kaa.el("p", {}, words)));
  }
  help() {
    const known = Kaa.COMMANDS.filter((command) => !(this.offline && command.where === "server"));
    this.tell("Keys", [Kaa.el("div", { class: "keys" }, ...known.flatMap(({ keys, words }) =>
      [Kaa.el("kbd", {}, keys.map(Kaa.keyName).join(" ")), Kaa.el("span", {}, words)])),
    Kaa.el("p", {}, "Tab goes from panel to panel. A click on a line's number sets a breakpoint, on a panel's title makes it large, on an instruction explains it.")]);
  }
  tell(title, content) {
    const { dialog } = this.parts;
    Kaa.show(dialog, Kaa.el("h2", {}, title), ...content, Kaa.el("button", { onclick: () => dialog.close() }, "Close"));
    dialog.showModal();
  }

  // Sharing and saving.

  async share() {
    location.hash = await Kaa.pack(JSON.stringify({ s: this.source, f: this.filename, n: this.player.at }));
    try {
      await navigator.clipboard.writeText(location.href);
      this.say("the link is in the clipboard and in the address");
    } catch { this.say("the link is in the address"); }
  }
  async fromLink() {
    try {
      const data = JSON.parse(await Kaa.unpack(location.hash.slice(1)));
      await this.open(data.s, data.f);
      if (data.n >= 0) { this.wanted = data.n; await this.run(); }
      return true;
    } catch {
      this.say("the link is damaged", true);
      return false;
    }
  }
  async save(kind) {
    const picture = new Kaa.Picture(this.parts.view.querySelector(".panel.big") || document.querySelector("#kaa main")).draw();
    const blob = kind === "svg" ? new Blob([picture.source()], { type: "image/svg+xml" }) : await picture.png();
    Kaa.download(blob, `${this.baseName()}.${kind}`);
  }
  /* The saved page can ask for nothing later. */
  async html() {
    for (let i = 0; i < this.files.length; i++) await this.roadOf(i);
    if (!this.native) await this.askForNative();
    const answer = await this.post("/api/export", {
      roads: [...this.roads], instructions: Kaa.instructions, lines: this.player.lines, native: this.native,
      step: this.player.at, ending: this.parts.message.textContent });
    Kaa.download(await answer.blob(), this.baseName() + ".html");
  }
  baseName() { return Kaa.baseName(this.filename).replace(/\.py$/, ""); }
};

/* The frame of the page; what of it changes later is handed back by name. */
Kaa.layOut = function (app) {
  const { el } = Kaa, buttons = (...places) => Kaa.COMMANDS
    .filter(({ where, id }) => id && places.includes(where) && !(app.offline && where === "server"))
    .map((command) => Kaa.button(command, app));
  const open = (event) => event.target.value && app.open(app.data.examples[event.target.value], event.target.value);
  const server = buttons("server"), isLeft = (button) => ["edit", "run", "around", "stop"].includes(button.attributes.id);
  const root = Kaa.make(el("div", { id: "kaa" },
    el("header", {}, el("strong", {}, "Kaa"),
      app.offline ? el("span", {}, app.data.roads[0][1].filename) : el("select", { id: "examples", "aria-label": "examples", onchange: open },
        el("option", { value: "" }, "examples …"), ...Object.keys(app.data.examples).map((name) => el("option", {}, name))),
      ...server.filter(isLeft), el("nav", { role: "tablist" }, ...buttons("tabs")), el("span", { class: "space" }),
      ...server.filter((button) => !isLeft(button)), ...buttons("tools")),
    el("div", { id: "message", role: "status" }),
    el("main", {}, el("section", { class: "left" }, el("div", { id: "files" }),
      el("div", { id: "source", class: "scroll", tabindex: 0, "aria-label": "source" }, el("div", { class: "source", "data-stage": "source" })),
      el("textarea", { id: "editor", spellcheck: "false", wrap: "off", hidden: "", "aria-label": "the program" })), el("section", { id: "view" })),
    el("footer", {}, ...buttons("steps"),
      el("input", { id: "slider", type: "range", min: 0, max: 0, "aria-label": "step", oninput: (event) => app.slide(Number(event.target.value)) }),
      el("span", { id: "count" }))));
  const dialog = Kaa.make(el("dialog", { id: "dialog" })), find = (selector) => root.querySelector(selector);
  document.body.append(root, dialog);
  return { root, dialog, examples: find("#examples"), message: find("#message"), files: find("#files"), source: find("#source"), sheet: find(".source"), editor: find("#editor"),
    view: find("#view"), bar: find("footer"), slider: find("#slider"), count: find("#count") };
};

(async function () {
  const inside = document.getElementById("kaa-data");
  const data = inside ? JSON.parse(inside.textContent) : await (await fetch("/api/start")).json();
  const app = (Kaa.app = new Kaa.App(data));
  if (inside) {
    const road = data.roads[0][1];
    await app.open(road.source, road.filename, data.roads);
    app.player.feed(data.lines.join("\n"));
    if (app.player.steps.length) app.go(Math.max(0, data.step));
    app.say(data.ending);
  } else if (!(location.hash.length > 1 && (await app.fromLink()))) {
    const first = data.source === null ? "loop.py" : data.filename;
    await app.open(data.source ?? data.examples[first], first);
  }
  app.parts.root.dataset.ready = "1";
})();
