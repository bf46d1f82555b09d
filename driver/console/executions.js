// The table of executions. Only the rows that can be seen are in the document; a row stays the same element as long as
// it is there, so that neither focus nor selection is lost when the list is read again.

const ROW = 46; // pixels, as --row in the style sheet
const AROUND = 8; // rows above and below those that can be seen

/** How an execution is shown: the class of its mark, and its word. */
function describeStatus(item) {
  if (item.status === "FAILED") return ["failed", "Failed"];
  if (item.status === "COMPLETE") return ["complete", "Complete"];
  return item.waiting ? ["waiting", "Waiting"] : ["running", "Running"];
}

function makeStatus(item) {
  const [kind, word] = describeStatus(item);
  return make("span", { className: `status ${kind}` }, make("span", { className: "mark", "aria-hidden": "true" }), word);
}

/** `resource::AzureVNet::1.0` without what all types have in common. */
function shortenType(type) {
  return type.replace(/^resource::/, "").replace("::", " ");
}

function nameResource(item) {
  return item.resource?.name || item.resource?.id || item.requestId;
}

/** What happens, in two lines: what it waits for and why, or how it ended. */
function describeProgress(item) {
  if (item.status === "FAILED") {
    return [item.failureDetails?.failureCode ?? "", item.failureDetails?.description ?? ""];
  }
  if (item.status === "COMPLETE") {
    return ["", item.notOwnedTotal ? `not owned: ${item.notOwnedTotal} of what it wrote` : ""];
  }
  if (!item.waiting) return [item.step ? "" : "not begun yet", ""];
  const { for: cause, reason, since, until, requestId } = item.waiting;
  const next = new Date(until) > Date.now() ? `, next try ${formatLocal(until)}` : "";
  const text = reason || (requestId ? `request ${requestId}` : "");
  return [`waits for ${cause} since ${formatLocal(since)}${next}`, text];
}

/** From the acceptance to the end, or until now, in milliseconds; NaN if it is not known. */
function measureDuration(item) {
  return (item.endedAt ? new Date(item.endedAt) : Date.now()) - new Date(item.acceptedAt || NaN);
}

function isOverdue(item) {
  return item.status === "IN_PROGRESS" && Boolean(item.deadline) && new Date(item.deadline) < Date.now();
}

function makeRow(open) {
  const cell = (...children) => make("td", { role: "cell" }, ...children);
  const row = make("tr", { role: "row" });
  const status = cell();
  const link = make("a", { draggable: false });
  const [about, transition, step] = [make("small"), make("span"), make("small")];
  const [first, second, attempt] = [make("span"), make("small"), make("span")];
  const [duration, accepted] = [make("span", { className: "number" }), make("small", {}, make("time"))];
  const [limit, limitTime] = [make("span", { className: "number" }), make("small", {}, make("time"))];
  row.append(status, cell(link, about), cell(transition, step), cell(first, second), cell(duration, accepted), cell(limit, limitTime), cell(attempt));
  row.addEventListener("click", (event) => {
    const selection = getSelection();
    if (event.ctrlKey || event.metaKey || event.shiftKey) return;
    if (String(selection) && row.contains(selection.anchorNode)) return; // a text of the row is being selected
    event.preventDefault();
    open(row.item.requestId, link);
  });

  /** Show an execution, now. */
  function fill(item, state) {
    row.item = item;
    if (!status.firstChild?.isEqualNode(makeStatus(item))) status.replaceChildren(makeStatus(item));
    setText(link, nameResource(item));
    setTitle(link, `${item.resource?.name ?? ""} ${item.resource?.id ?? ""}`.trim());
    const address = writeAddress({ ...state, request: item.requestId });
    if (link.getAttribute("href") !== address) link.setAttribute("href", address);
    setText(about, [shortenType(item.resource?.type ?? ""), item.deploymentLocation].filter(Boolean).join(" · "));
    setTitle(about, [item.resource?.type, item.deploymentLocation].filter(Boolean).join(" in "));
    setText(transition, item.transition);
    setTitle(transition, item.transition);
    setText(step, item.step ?? "");
    const [what, why] = describeProgress(item);
    setText(first, what);
    setTitle(first, what);
    setText(second, why);
    setTitle(second, why);
    setText(attempt, item.attempt ? String(item.attempt) : "");
    fillTimes(item);
  }

  function fillTimes(item) {
    const milliseconds = measureDuration(item);
    setText(duration, Number.isNaN(milliseconds) ? "" : formatDuration(milliseconds));
    setTime(accepted.firstChild, item.acceptedAt);
    const left = new Date(item.deadline || NaN) - Date.now();
    const running = item.status === "IN_PROGRESS" && !Number.isNaN(left);
    setText(limit, running ? (left < 0 ? `overdue ${formatDuration(-left)}` : `in ${formatDuration(left)}`) : item.endedAt ? "ended" : "");
    limit.classList.toggle("overdue", isOverdue(item));
    setTime(limitTime.firstChild, item.status === "IN_PROGRESS" ? item.deadline : item.endedAt);
  }

  return Object.assign(row, { fill, fillTimes, link });
}

/** The table in `scroller`; `open(requestId, link)` opens a request. */
class Executions {
  constructor(scroller, open) {
    Object.assign(this, { scroller, open, items: [], places: new Map(), rows: new Map(), active: "", state: null });
    this.table = scroller.querySelector("table");
    this.body = this.table.tBodies[0];
    scroller.addEventListener("scroll", () => this.draw(), { passive: true });
    new ResizeObserver(() => this.draw()).observe(scroller);
    this.body.addEventListener("focusin", (event) => {
      this.active = event.target.closest("tr").item.requestId;
      this.draw();
    });
    this.body.addEventListener("keydown", (event) => this.press(event));
  }

  /** Show these executions. What is at the upper edge stays there, unless that is the newest. */
  show(items, state) {
    const top = this.scroller.scrollTop;
    const edge = top > 0 ? this.items[Math.floor(top / ROW)] : undefined;
    const before = { index: this.places.get(this.active), focused: this.body.contains(document.activeElement) };
    const old = edge && this.places.get(edge.requestId);
    Object.assign(this, { items, state, places: new Map(items.map((item, index) => [item.requestId, index])) });
    if (!this.places.has(this.active)) {
      this.active = items[Math.min(before.index ?? 0, items.length - 1)]?.requestId ?? "";
    }
    this.body.style.height = `${items.length * ROW}px`;
    this.table.setAttribute("aria-rowcount", String(items.length + 1));
    const place = edge && this.places.get(edge.requestId);
    if (place !== undefined && place !== old) this.scroller.scrollTop = top + (place - old) * ROW;
    this.draw();
    if (before.focused && !this.body.contains(document.activeElement)) this.focusActive(true);
  }

  /** Draw the rows that can be seen, and the one that Tab leads to. */
  draw() {
    const first = Math.max(0, Math.floor(this.scroller.scrollTop / ROW) - AROUND);
    const last = Math.min(this.items.length, first + Math.ceil(this.scroller.clientHeight / ROW) + 2 * AROUND);
    const wanted = new Set(this.items.slice(first, last).map((item) => item.requestId));
    if (this.places.has(this.active)) wanted.add(this.active);
    for (const [id, row] of this.rows) {
      if (!wanted.has(id)) {
        this.rows.delete(id);
        row.remove();
      }
    }
    let at = this.body.firstElementChild;
    for (const id of [...wanted].sort((one, other) => this.places.get(one) - this.places.get(other))) {
      const row = this.rows.get(id) ?? makeRow(this.open);
      this.rows.set(id, row);
      if (row === at) at = at.nextElementSibling;
      else this.body.insertBefore(row, at);
      this.place(row, this.places.get(id));
    }
  }

  place(row, index) {
    const item = this.items[index];
    const shown = [item, index, this.state, item.requestId === this.active];
    if (row.shown?.every((value, number) => value === shown[number])) return; // most rows, while somebody scrolls
    row.shown = shown;
    row.fill(item, this.state);
    row.style.top = `${index * ROW}px`;
    row.setAttribute("aria-rowindex", String(index + 2));
    row.link.tabIndex = item.requestId === this.active ? 0 : -1;
    if (item.requestId === this.state.request) row.setAttribute("aria-current", "true");
    else row.removeAttribute("aria-current");
  }

  tick() {
    for (const row of this.rows.values()) row.fillTimes(row.item);
  }

  press(event) {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const page = Math.max(1, Math.floor(this.scroller.clientHeight / ROW) - 1);
    const steps = { ArrowDown: 1, ArrowUp: -1, PageDown: page, PageUp: -page, Home: -Infinity, End: Infinity };
    if (!(event.key in steps)) return;
    event.preventDefault();
    this.move(steps[event.key]);
  }

  /** Move the focus by so many rows. From elsewhere it first comes to the row that it was on. */
  move(steps) {
    if (!this.items.length) return;
    const isHere = this.body.contains(document.activeElement);
    const index = (this.places.get(this.active) ?? 0) + (isHere ? steps : 0);
    this.active = this.items[Math.max(0, Math.min(this.items.length - 1, index))].requestId;
    this.focusActive(false);
  }

  focusActive(stay) {
    const top = (this.places.get(this.active) ?? 0) * ROW;
    const room = this.scroller.clientHeight - this.table.tHead.offsetHeight - ROW;
    if (!stay && top < this.scroller.scrollTop) this.scroller.scrollTop = top;
    if (!stay && top > this.scroller.scrollTop + room) this.scroller.scrollTop = top - room;
    this.draw();
    this.rows.get(this.active)?.link.focus({ preventScroll: true });
  }
}
