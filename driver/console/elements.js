// Elements, texts and times. A text of a request reaches the page as a text node or an attribute, never as markup.

/** An element with these properties, attributes (`aria-*`, `role`, `scope`, `data-*`) and children; null is left out. */
function make(name, properties = {}, ...children) {
  const element = document.createElement(name);
  for (const [key, value] of Object.entries(properties)) {
    if (key.includes("-") || key === "role" || key === "scope") element.setAttribute(key, value);
    else element[key] = value;
  }
  element.append(...children.flat().filter((child) => child !== null && child !== ""));
  return element;
}

/** Set a text only if it differs: a screen reader and a selection are disturbed by each change. */
function setText(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

function setTitle(element, text) {
  if (element.title !== text) element.title = text;
}

/** Replace the children that differ. The focus goes back to the element with the same `data-key`. */
function patchChildren(parent, children) {
  const fresh = children.filter((child) => child !== null);
  const focused = parent.contains(document.activeElement) ? document.activeElement.dataset.key : undefined;
  while (parent.children.length > fresh.length) parent.lastElementChild.remove();
  fresh.forEach((child, index) => {
    const old = parent.children[index];
    if (old === undefined) parent.append(child);
    else if (!old.isEqualNode(child)) old.replaceWith(child);
  });
  if (focused !== undefined && !parent.contains(document.activeElement)) {
    parent.querySelector(`[data-key="${CSS.escape(focused)}"]`)?.focus({ preventScroll: true });
  }
}

const pad = (number) => String(number).padStart(2, "0");

/** A time (ISO 8601, or a number of milliseconds) in local time; the date only if it is not today. */
function formatLocal(time) {
  const date = new Date(time);
  if (Number.isNaN(date.getTime())) return "";
  const clock = `${pad(date.getHours())}:${pad(date.getMinutes())}:${pad(date.getSeconds())}`;
  if (date.toDateString() === new Date().toDateString()) return clock;
  return `${date.getFullYear()}-${pad(date.getMonth() + 1)}-${pad(date.getDate())} ${clock}`;
}

function formatUtc(time) {
  const date = new Date(time);
  return Number.isNaN(date.getTime()) ? "" : `${date.toISOString().slice(0, 19).replace("T", " ")} UTC`;
}

function setTime(element, time) {
  const iso = time ? new Date(time).toISOString() : "";
  if (element.dateTime !== iso) element.dateTime = iso;
  setText(element, time ? formatLocal(time) : "");
  setTitle(element, time ? formatUtc(time) : "");
}

function makeTime(time) {
  const element = make("time");
  setTime(element, time);
  return element;
}

/** A duration in milliseconds with its two largest units. */
function formatDuration(milliseconds) {
  const seconds = Math.max(0, Math.floor(milliseconds / 1000));
  if (seconds < 60) return `${seconds} s`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min ${pad(seconds % 60)} s`;
  if (seconds < 86400) return `${Math.floor(seconds / 3600)} h ${pad(Math.floor(seconds / 60) % 60)} min`;
  return `${Math.floor(seconds / 86400)} d ${Math.floor(seconds / 3600) % 24} h`;
}

/** Say a change to a screen reader. What is said twice in a row is said once. */
function announce(text) {
  setText(document.getElementById("announcements"), text);
}
