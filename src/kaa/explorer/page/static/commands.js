/* What can be done in the page, in one table: the buttons, the keys and the list of keys are made of it. */
"use strict";

Kaa.KEYS = { ArrowRight: "→", ArrowLeft: "←", ArrowUp: "↑", ArrowDown: "↓", " ": "Space" };
Kaa.keyName = (key) => Kaa.KEYS[key] || (/^[A-Z]$/.test(key) ? "Shift+" + key : key.length === 1 ? key.toUpperCase() : key);

/* [where its button is, id, label, what it does, keys, the deed]. `server` ones are left out of a saved page. */
Kaa.COMMANDS = [
  ["server", "edit", "Edit", "edit the program; Escape ends it", ["e"], (app) => app.edit()],
  ["server", "run", "▶ Run", "run the program", ["r"], (app) => app.run()],
  ["server", "around", "▶ around ●", "run, and keep the steps around the first breakpoint reached", ["R"], (app) => app.run(true)],
  ["server", "stop", "■", "stop the run", ["x"], (app) => app.stop()],
  ["tabs", "tab-road", "Road", "the road", ["1"], (app) => app.show("road")],
  ["tabs", "tab-run", "Run", "the run", ["2"], (app) => app.show("run")],
  ["tabs", "tab-hood", "Under the hood", "under the hood", ["3"], (app) => app.show("hood")],
  ["tools", "heat", "Heat", "how often each line and instruction ran", ["h"], (app) => app.toggleHeat()],
  ["server", "share", "Link", "put this program and step into the address", ["k"], (app) => app.share()],
  ["tools", "svg", "SVG", "save the enlarged panel, or else the whole view, as SVG", ["v"], (app) => app.save("svg")],
  ["tools", "png", "PNG", "save the enlarged panel, or else the whole view, as PNG", ["p"], (app) => app.save("png")],
  ["server", "html", "HTML", "save the run as a page that needs no server", ["w"], (app) => app.html()],
  ["tools", "theme", "◐", "dark or light", ["t"], (app) => app.otherTheme()],
  ["tools", "help", "?", "the keys", ["?"], (app) => app.help()],
  ["steps", "first", "|◀", "first step", ["Home"], (app) => app.go(0)],
  ["steps", "back-break", "◀●", "back to a breakpoint", ["B"], (app) => app.go(app.player.toPlaces(-1, app.breakpoints))],
  ["steps", "back-line", "↶ line", "back a line", ["L"], (app) => app.go(app.player.byLine(-1))],
  ["steps", "back", "◀ step", "back an instruction", ["ArrowLeft"], (app) => app.go(app.player.at - 1)],
  ["steps", "play", "play", "play, pause", [" "], (app) => app.play()],
  ["steps", "step", "step ▶", "an instruction", ["ArrowRight"], (app) => app.go(app.player.at + 1)],
  ["steps", "line", "line ↷", "a line, into calls", ["l"], (app) => app.go(app.player.byLine(1))],
  ["steps", "over", "over", "a line, over calls", ["o"], (app) => app.go(app.player.over(1))],
  ["steps", "out", "out", "out of the frame", ["u"], (app) => app.go(app.player.out(1))],
  ["steps", "break", "●▶", "to a breakpoint", ["b"], (app) => app.go(app.player.toPlaces(1, app.breakpoints))],
  ["steps", "last", "▶|", "last step", ["End"], (app) => app.go(app.player.steps.length - 1)],
  ["", "", "", "back a line, over calls", ["O"], (app) => app.go(app.player.over(-1))],
  ["", "", "", "back out of the frame", ["U"], (app) => app.go(app.player.out(-1))],
  ["", "", "", "run to the line that is pointed at", ["g"], (app) => app.runTo(1)],
  ["", "", "", "run back to the line that is pointed at", ["G"], (app) => app.runTo(-1)],
  ["", "", "", "a breakpoint on the line that is pointed at, or none", ["d"], (app) => app.pointedLine() && app.breakpoint(app.pointedLine())],
  ["", "", "", "make the panel that has the focus large, or small again", ["m"], (app) => app.enlargeFocused()],
  ["", "", "", "point at the row above, in the source or panel that has the focus", ["ArrowUp"], (app) => app.walk(-1)],
  ["", "", "", "point at the row below", ["ArrowDown"], (app) => app.walk(1)],
  ["", "", "", "explain the instruction that is pointed at", ["Enter"], (app) => app.explainPointed()],
].map(([where, id, label, words, keys, act]) => ({ where, id, label, words, keys, act }));

Kaa.button = (command, app) => Kaa.el("button", {
  id: command.id, title: `${command.words} (${command.keys.map(Kaa.keyName).join(", ")})`, "aria-label": command.words,
  role: command.where === "tabs" ? "tab" : null, onclick: () => command.act(app),
}, command.label);

/* The command of a key, if the key is for the page and not for the element that has the focus. */
Kaa.commandOf = function (event, app) {
  const target = event.target, isField = target.matches?.("textarea, select, input:not([type=range])");
  if (isField || event.ctrlKey || event.metaKey || event.altKey || document.querySelector("dialog[open]")) return null;
  const pressed = target.matches?.("button, [type=range]") && [" ", "Enter"].includes(event.key);
  const command = pressed ? null : Kaa.COMMANDS.find((known) => known.keys.includes(event.key));
  return command && !(app.offline && command.where === "server") ? command : null;
};
