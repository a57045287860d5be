/* Elements as plain descriptions, and the one function that makes the page agree with them.

   A view returns descriptions; `Kaa.show` compares them with what it showed last and touches only what differs. A
   description that is the same object as before costs nothing, so views keep those that cannot have changed. */
"use strict";
var Kaa = {};

const SVG = "http://www.w3.org/2000/svg";
const describe = (space) => (name, attributes, ...children) =>
  ({ space, name, attributes: attributes || {}, children: children.filter((c) => c !== null && c !== undefined) });
Kaa.el = describe("http://www.w3.org/1999/xhtml");
Kaa.svg = describe(SVG);

/* The node of a description. Attributes: text, null for none, functions for `on…`; `place` and `names` link it. */
Kaa.make = function (what) {
  if (typeof what !== "object") return document.createTextNode(what);
  const node = document.createElementNS(what.space, what.name);
  for (const name in what.attributes) Kaa.attribute(node, name, what.attributes[name]);
  node.append(...what.children.map(Kaa.make));
  return node;
};

Kaa.attribute = function (node, name, value) {
  if (name === "key") return;
  if (name === "place" || name === "names") node["kaa-" + name] = value;
  else if (name.startsWith("on")) node[name] = value;
  else if (value === null || value === undefined) node.removeAttribute(name);
  else node.setAttribute(name, value);
};

Kaa.isAlike = (old, now) => typeof old === "object" && typeof now === "object" &&
  old.name === now.name && old.attributes.key === now.attributes.key;

/* Change a node from one description to another; the answer is the node, or the one in its place. */
Kaa.patch = function (node, old, now) {
  if (old === now) return node;
  if (typeof old !== "object" && typeof now !== "object") {
    if (String(old) !== String(now)) node.data = now;
    return node;
  }
  if (!Kaa.isAlike(old, now)) {
    const made = Kaa.make(now);
    node.replaceWith(made);
    return made;
  }
  for (const name in old.attributes) if (!(name in now.attributes)) Kaa.attribute(node, name, null);
  for (const name in now.attributes) {
    if (old.attributes[name] !== now.attributes[name]) Kaa.attribute(node, name, now.attributes[name]);
  }
  Kaa.patchChildren(node, old.children, now.children);
  return node;
};

/* Children with a `key` keep their node wherever they move to; others keep it in the same place. What goes, goes first:
   then those that stay need not move. */
Kaa.patchChildren = function (node, old, now) {
  if (old === now) return;
  const nodes = [...node.childNodes], keyed = new Map(), left = new Set(nodes);
  old.forEach((what, i) => { if (what.attributes?.key !== undefined) keyed.set(what.attributes.key, i); });
  const kept = now.map((what, i) => {
    const key = what.attributes?.key, from = key === undefined ? i : keyed.get(key), was = old[from];
    const isTaken = was !== undefined && (key !== undefined || was.attributes?.key === undefined);
    return isTaken && left.delete(nodes[from]) ? from : -1;
  });
  left.forEach((child) => child.remove());
  now.forEach((what, i) => {
    const child = kept[i] < 0 ? Kaa.make(what) : Kaa.patch(nodes[kept[i]], old[kept[i]], what);
    const there = node.childNodes[i];
    if (there !== child) node.insertBefore(child, there || null);
  });
};

/* Make an element hold these descriptions and nothing else. */
Kaa.show = function (container, ...now) {
  now = now.filter((c) => c !== null && c !== undefined);
  if (container.kaaShown) Kaa.patchChildren(container, container.kaaShown, now);
  else container.replaceChildren(...now.map(Kaa.make));
  container.kaaShown = now;
};
