/* The source: rows of one height, of which only those in sight are in the page, however long the file is. Of a row with
   many tokens, only those in sight are elements of their own. */
"use strict";

Kaa.ROW = 18;
Kaa.SPARE = 6;
Kaa.MANY = 80;

Kaa.SourceView = class {
  /* `box` scrolls and holds the one element `sheet`, which is as high as all rows. */
  constructor(box, sheet) {
    this.box = box; this.sheet = sheet; this.rows = []; this.marked = this.pointed = 0;
    box.addEventListener("scroll", () => this.draw());
    new ResizeObserver(() => this.draw()).observe(box);
  }

  /* Take up the descriptions of all lines. */
  fill(rows, longest) {
    this.rows = rows;
    this.sheet.style.height = rows.length * Kaa.ROW + "px";
    this.sheet.style.minWidth = longest + 12 + "ch";
    this.column = parseFloat(getComputedStyle(this.sheet).minWidth) / (longest + 12);  // pixels
    this.draw();
  }

  draw() {
    const first = Math.max(0, Math.floor(this.box.scrollTop / Kaa.ROW) - Kaa.SPARE);
    const count = Math.ceil(this.box.clientHeight / Kaa.ROW) + 2 * Kaa.SPARE;
    this.left = Math.floor(this.box.scrollLeft / this.column) - Kaa.SPARE;
    this.right = this.left + Math.ceil(this.box.clientWidth / this.column) + 2 * Kaa.SPARE;
    this.sheet.style.paddingTop = first * Kaa.ROW + "px";
    Kaa.show(this.sheet, ...this.rows.slice(first, first + count).map((row, i) => this.look(row, first + i + 1)));
  }
  look(row, line) {
    const marks = (line === this.marked ? " now" : "") + (line === this.pointed ? " pointed" : "");
    if (row.tokens.length > Kaa.MANY) row = { ...row, children: row.children.map((part) => this.cut(part, row)) };
    return marks ? { ...row, attributes: { ...row.attributes, class: row.attributes.class + marks } } : row;
  }
  cut(part, { text, tokens }) {
    if (part.attributes.class !== "code") return part;
    const inSight = tokens.filter(([from, to]) => from < this.right && to > this.left);
    return { ...part, children: Kaa.coloured(text, inSight) };
  }

  /* Mark the line that is next; 0 for none. */
  mark(line) {
    if (line === this.marked) return;
    this.marked = line;
    if (line > 0) this.reveal(line);
    this.draw();
  }
  /* Point at a line with the keys. */
  point(way) {
    this.pointed = Math.max(1, Math.min(this.rows.length, (this.pointed || this.marked) + way));
    this.reveal(this.pointed);
    this.draw();
    Kaa.light(this.sheet.querySelector(".pointed"));
  }
  reveal(line, column = 0) {
    const top = (line - 1) * Kaa.ROW, left = column * this.column, { scrollTop, clientHeight, scrollLeft, clientWidth } = this.box;
    if (top < scrollTop + Kaa.ROW || top > scrollTop + clientHeight - 2 * Kaa.ROW) this.box.scrollTop = top - clientHeight / 3;
    if (left < scrollLeft || left > scrollLeft + clientWidth * 0.7) this.box.scrollLeft = left - clientWidth * 0.5;
  }
};
