/* What is seen, as a picture: any part of the page becomes SVG of text, rectangles and paths, in which nothing of HTML
   is left, so that every program that draws SVG can draw it. */
"use strict";

Kaa.STYLES = ["fill", "stroke", "stroke-width", "stroke-dasharray", "font-family", "font-size", "font-weight", "font-style"];

Kaa.Picture = class {
  constructor(node) {
    this.parts = [];
    this.node = node;
  }

  draw() {
    const opened = this.unfold();
    const box = this.node.getBoundingClientRect();
    this.x = box.left; this.y = box.top; this.width = Math.ceil(box.width); this.height = Math.ceil(box.height);
    this.element(this.node, box);
    opened();
    return this;
  }

  /* A single panel is drawn with all that it holds, not only what is scrolled to. */
  unfold() {
    const box = this.node.querySelector(":scope > .scroll");
    if (!box) return () => 0;
    const style = this.node.getAttribute("style"), width = Math.max(520, box.scrollWidth + 24), head = this.node.clientHeight - box.clientHeight;
    this.node.setAttribute("style", `position:fixed;inset:auto;left:0;top:0;width:${width}px;height:${box.scrollHeight + head + 2}px`);
    return () => style === null ? this.node.removeAttribute("style") : this.node.setAttribute("style", style);
  }

  element(node, clip) {
    const box = node.getBoundingClientRect(), style = getComputedStyle(node);
    if (!box.width || !box.height || style.visibility === "hidden" || !Kaa.meet(box, clip)) return;
    if (node.matches("svg.drawing")) return this.drawing(node, clip);
    this.rectangle(box, style, clip);
    if (node.matches("select, input, textarea")) return this.text(node.selectedOptions?.[0]?.text ?? node.value, box.left + 8, box.bottom - 7, style);
    if (style.overflowY === "visible") return this.children(node, style, clip);
    const outer = this.parts, inner = Kaa.common(box, clip);
    this.parts = [];
    this.children(node, style, inner);
    const x = inner.left - this.x, y = inner.top - this.y, width = inner.right - inner.left, height = inner.bottom - inner.top;
    const cut = Kaa.make(Kaa.svg("svg", { x, y, width, height, viewBox: `${x} ${y} ${width} ${height}` }));  // which hides the rest
    cut.append(...this.parts);
    this.parts = outer;
    this.parts.push(cut);
  }

  /* What sticks to an edge lies on top of the others. */
  children(node, style, clip) {
    const sticks = (child) => child.nodeType === Node.ELEMENT_NODE && getComputedStyle(child).position === "sticky";
    const all = [...node.childNodes];
    for (const child of [...all.filter((c) => !sticks(c)), ...all.filter(sticks)]) {
      if (child.nodeType === Node.TEXT_NODE) this.words(child, style, clip);
      else if (child.nodeType === Node.ELEMENT_NODE) this.element(child, clip);
    }
  }

  rectangle(box, style, clip) {
    const line = parseFloat(style.borderTopWidth) || 0, fill = style.backgroundColor;
    const isClear = fill === "rgba(0, 0, 0, 0)", seen = Kaa.common(box, clip);
    if (isClear && !line) return;
    this.add(Kaa.svg("rect", { x: seen.left - this.x + line / 2, y: seen.top - this.y + line / 2,
      width: Math.max(0, seen.right - seen.left - line), height: Math.max(0, seen.bottom - seen.top - line), rx: Math.min(8, parseFloat(style.borderRadius) || 0),
      style: `fill:${isClear ? "none" : fill};stroke:${line ? style.borderTopColor : "none"};stroke-width:${line}` }));
  }

  /* A text node, line by line as it is wrapped. */
  words(node, style, clip) {
    if (!node.data.trim()) return;
    const range = document.createRange(), lines = [];
    range.selectNodeContents(node);
    if (range.getClientRects().length === 1 && !node.data.includes("\n")) lines.push([node.data, range.getClientRects()[0]]);
    else {
      for (let i = 0; i < node.data.length; i++) {
        range.setStart(node, i); range.setEnd(node, i + 1);
        const box = range.getClientRects()[0], last = lines[lines.length - 1];
        if (!box || node.data[i] === "\n") continue;
        if (last && Math.abs(last[1].top - box.top) < 3) last[0] += node.data[i]; else lines.push([node.data[i], box]);
      }
    }
    for (const [text, box] of lines) {
      if (Kaa.meet(box, clip)) this.text(text, box.left, box.bottom - box.height * 0.24, style);
    }
  }

  add(what) { this.parts.push(Kaa.make(what)); }

  text(text, x, y, style) {
    const look = ["font-family", "font-size", "font-weight"].map((name) => `${name}:${style.getPropertyValue(name)}`).join(";");
    this.add(Kaa.svg("text", { x: x - this.x, y: y - this.y, style: `${look};fill:${style.color};white-space:pre` }, text));
  }

  /* A drawing is SVG already; its looks come from the page's style and are written into it. */
  drawing(node, clip) {
    const copy = node.cloneNode(true), from = [node, ...node.querySelectorAll("*")], box = node.getBoundingClientRect();
    [copy, ...copy.querySelectorAll("*")].forEach((part, i) => {
      const style = getComputedStyle(from[i]);
      for (const name of Kaa.STYLES) part.style.setProperty(name, style.getPropertyValue(name));
      part.removeAttribute("class");
    });
    const seen = Kaa.common(box, clip), left = seen.left - box.left, top = seen.top - box.top;
    const width = seen.right - seen.left, height = seen.bottom - seen.top;
    for (const [name, value] of Object.entries({ x: seen.left - this.x, y: seen.top - this.y, width, height, viewBox: `${left} ${top} ${width} ${height}` })) {
      copy.setAttribute(name, value);
    }
    this.parts.push(copy);
  }

  source() {
    const { width, height } = this, paper = getComputedStyle(document.getElementById("kaa")).backgroundColor;
    const root = Kaa.make(Kaa.svg("svg", { width, height, viewBox: `0 0 ${width} ${height}` },
      Kaa.svg("rect", { width, height, style: "fill:" + paper })));
    root.append(...this.parts);
    return new XMLSerializer().serializeToString(root);
  }

  /* The picture as a PNG, with two pixels for each of the page's. */
  async png() {
    const image = new Image(), canvas = document.createElement("canvas"), scale = 2;
    image.src = "data:image/svg+xml;charset=utf-8," + encodeURIComponent(this.source());
    await image.decode();
    canvas.width = this.width * scale; canvas.height = this.height * scale;
    const pen = canvas.getContext("2d");
    pen.scale(scale, scale);
    pen.drawImage(image, 0, 0);
    return new Promise((done) => canvas.toBlob(done));
  }
};

Kaa.meet = (a, b) => a.left < b.right && a.right > b.left && a.top < b.bottom && a.bottom > b.top;
Kaa.common = (a, b) => ({ left: Math.max(a.left, b.left), top: Math.max(a.top, b.top), right: Math.min(a.right, b.right), bottom: Math.min(a.bottom, b.bottom) });

/* Text to the part of an address after `#`, and back. */
Kaa.pack = async function (text) {
  const stream = new Blob([text]).stream().pipeThrough(new CompressionStream("deflate-raw"));
  const bytes = new Uint8Array(await new Response(stream).arrayBuffer());
  const letters = Array.from(bytes, (byte) => String.fromCharCode(byte)).join("");
  return btoa(letters).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
};
Kaa.unpack = async function (text) {
  const bytes = Uint8Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), (c) => c.charCodeAt(0));
  return new Response(new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate-raw"))).text();
};
Kaa.download = function (blob, name) {
  const link = Kaa.make(Kaa.el("a", { href: URL.createObjectURL(blob), download: name }));
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
};
