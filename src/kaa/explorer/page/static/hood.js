/* Under the hood: the machine code of a function beside its bytecode, and what its inline caches know. */
"use strict";

/* Which state a cache is in, as a word and a colour; the rest of what it knows as a tip. */
Kaa.cacheState = (cache) => cache
  ? Kaa.el("span", { class: "cache " + cache.state, title: cache.words }, cache.state) : Kaa.el("span", {});

/* `pieces` are those of `kaa.explorer.hood`: one an instruction, in the order of the machine code. */
Kaa.viewNative = function (unit, pieces) {
  const places = new Map(unit.instructions.map((step) => [step.offset, step.place]));
  return Kaa.el("div", { id: "native" }, ...pieces.map((piece) =>
    Kaa.el("div", { class: "piece linked", place: places.get(piece.offset) },
      Kaa.el("div", {}, Kaa.el("span", { class: "num" }, String(piece.offset)), " ", Kaa.el("b", {}, piece.name), ` ${piece.argument} `,
        Kaa.el("i", {}, "← " + piece.template), " ",
        piece.cache ? Kaa.el("span", { class: "cache " + piece.cache.state }, piece.cache.words) : null),
      Kaa.el("pre", {}, piece.lines.join("\n")))));
};
