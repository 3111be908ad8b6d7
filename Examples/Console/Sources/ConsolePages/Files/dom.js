// Building the page. Text goes in as text and nowhere as markup.

function fill(node, attributes, children) {
  for (const [name, value] of Object.entries(attributes ?? {})) {
    if (value === null || value === undefined || value === false) continue;
    if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
    else node.setAttribute(name, value === true ? "" : String(value));
  }
  for (const child of children.flat(Infinity)) {
    if (child === null || child === undefined || child === false) continue;
    node.append(child instanceof Node ? child : document.createTextNode(String(child)));
  }
  return node;
}

/** An element with attributes and children; functions named `on…` listen. */
export function el(tag, attributes, ...children) {
  return fill(document.createElement(tag), attributes, children);
}

/** An element of a drawing. */
export function svg(tag, attributes, ...children) {
  return fill(document.createElementNS("http://www.w3.org/2000/svg", tag), attributes, children);
}

/** Sets an element's text if it is another one, so that nothing is announced twice. */
export function say(node, text) {
  if (node.textContent !== String(text)) node.textContent = String(text);
}

/**
 * Makes the children of `parent` those of `items`: one each, found again by its key, so that what
 * has the focus keeps it.
 */
export function sync(parent, items, key, make, update) {
  const known = new Map();
  for (const child of parent.children) known.set(child.dataset.key, child);
  let place = parent.firstElementChild;
  for (const item of items) {
    const name = String(key(item));
    let child = known.get(name);
    if (child) known.delete(name);
    else {
      child = make(item);
      child.dataset.key = name;
    }
    if (update) update(child, item);
    if (child === place) place = place.nextElementSibling;
    else parent.insertBefore(child, place);
  }
  for (const child of known.values()) child.remove();
}

/** A table with a head; the body is for the caller to fill. */
export function table(caption, columns) {
  const body = el("tbody");
  const head = columns.map((column) =>
    el("th", { scope: "col", class: column.number ? "number" : null }, column.title));
  const node = el("div", { class: "scroll" },
    el("table", {}, caption && el("caption", {}, caption), el("thead", {}, el("tr", {}, head)), body));
  return { node, body };
}

/** A card with a title and, perhaps, a line below it. */
export function card(width, title, note, ...children) {
  return el("section", { class: `card ${width}` }, el("h2", {}, title),
    note && el("p", { class: "note" }, note), children);
}
