// One request: what it is, why it waits or failed, and its timeline.

/** An ARM id without where it lies: `Microsoft.Network/virtualNetworks/vnet-1`, `resourceGroups/rg-1`. */
function shortenId(id) {
  const [, provider] = id.match(/.*\/providers\/(.+)/) ?? id.match(/\/(resourceGroups\/[^/]+)$/i) ?? [null, id];
  return provider;
}

/** Copy a text; where the browser does not let a page copy (plain HTTP), select it for Ctrl+C. */
async function copyText(text, element, label) {
  try {
    await navigator.clipboard.writeText(text);
    announce(`${label} copied`);
  } catch {
    getSelection().selectAllChildren(element);
    announce(`${label} is selected`);
  }
}

function makeFact(label, value, { copy = false } = {}) {
  if (!value) return null;
  const shown = value instanceof Node ? value : make("span", { className: copy ? "id" : "", textContent: value });
  const button = copy ? make("button", { type: "button", "data-key": `copy ${label}`, "data-copy": label, "aria-label": `Copy ${label}` }, "copy") : null;
  return [make("dt", {}, label), make("dd", {}, shown, button)];
}

function makeFacts(item) {
  return make("dl", {},
    makeFact("request id", item.requestId, { copy: true }),
    makeFact("resource", item.resource?.name),
    makeFact("resource id", item.resource?.id, { copy: true }),
    makeFact("type", item.resource?.type),
    makeFact("location", item.deploymentLocation),
    makeFact("tenant", item.tenantId),
    makeFact("step", item.step && `${item.step}${item.attempt ? `, tries before this one: ${item.attempt}` : ""}`),
    makeFact("accepted", item.acceptedAt && makeTime(item.acceptedAt)),
    makeFact("deadline", item.deadline && makeTime(item.deadline)),
    makeFact("ended", item.endedAt && makeTime(item.endedAt)),
    makeFact("deployment", item.deployment?.name, { copy: true }),
    makeFact("deployment id", item.deployment?.id, { copy: true }),
    makeFact("correlation id", item.deployment?.correlationId, { copy: true }),
  );
}

function makeFailure(item) {
  if (!item.failureDetails) return null;
  const { failureCode, description } = item.failureDetails;
  return make("section", { "aria-label": "Failure" }, make("h3", {}, `Failed: ${failureCode}`), make("p", { className: "failure" }, description));
}

function makeWait(item, state) {
  if (!item.waiting) return null;
  const { for: cause, reason, since, until, requestId } = item.waiting;
  const other = requestId && make("a", { href: writeAddress({ ...state, request: requestId }), "data-key": "other", "data-request": requestId }, requestId);
  return make("section", { "aria-label": "Wait" },
    make("h3", {}, `Waits for ${cause}`),
    reason ? make("p", { className: "failure" }, reason) : null,
    make("dl", {}, makeFact("since", makeTime(since)), makeFact("next try", makeTime(until)), makeFact("request", other)));
}

/** The rows of the timeline: `{label, state, kind, since, until}`, times in milliseconds; null: not known. */
function listSpans(item, end) {
  const time = (text) => (text ? new Date(text).getTime() : null);
  const [kind, word] = describeStatus(item);
  const spans = [{ label: item.transition || "transition", state: word, kind, since: time(item.acceptedAt), until: end }];
  if (item.waiting) {
    spans.push({ label: `waits for ${item.waiting.for}`, state: item.step ?? "", kind: "waiting", since: time(item.waiting.since), until: end });
  }
  const kinds = { succeeded: "complete", failed: "failed" };
  const operations = [...item.operations].sort((one, other) => (one.since ?? "").localeCompare(other.since ?? ""));
  for (const { resource, state, since, until } of operations) {
    const kindOf = kinds[state.toLowerCase()] ?? "running";
    spans.push({ label: shortenId(resource), title: resource, state, kind: kindOf, since: time(since), until: kindOf === "running" ? end : time(until) });
  }
  return spans;
}

function makeTimeline(item) {
  if (!item.acceptedAt) return null;
  const now = Date.now();
  const begin = new Date(item.acceptedAt).getTime();
  const end = item.endedAt ? new Date(item.endedAt).getTime() : now;
  const deadline = item.deadline ? new Date(item.deadline).getTime() : null;
  const width = Math.max(end - begin, 1000);
  const place = (time) => Math.max(0, Math.min(100, ((time - begin) / width) * 100));
  const rows = listSpans(item, end).map((span, index) => {
    const track = make("div", { className: "track", "aria-hidden": "true" });
    if (span.since && span.until) {
      const bar = make("div", { className: `bar ${span.kind}` });
      bar.style.left = `${place(span.since).toFixed(2)}%`;
      bar.style.width = `${Math.max(0, place(span.until) - place(span.since)).toFixed(2)}%`;
      track.append(bar);
    }
    if (index === 0 && deadline !== null && deadline < end) {
      const line = make("div", { className: "deadline" });
      line.style.left = `${place(deadline).toFixed(2)}%`;
      track.append(line);
    }
    const took = span.since && span.until ? formatDuration(span.until - span.since) : "";
    const times = make("small", { className: "number" }, took, span.since ? [" from ", makeTime(span.since)] : "time not known");
    const label = span.label.split("/").flatMap((part, number) => (number ? ["/", make("wbr"), part] : [part]));
    return make("tr", {}, make("th", { scope: "row", title: span.title ?? "" }, label), make("td", {}, make("span", { className: span.kind }, span.state)), make("td", {}, track, times));
  });
  const more = item.operationsTotal > item.operations.length ? `, the newest ${item.operations.length} of ${item.operationsTotal} operations` : "";
  return make("section", { "aria-label": "Timeline" },
    make("h3", {}, "Timeline"),
    make("table", { className: "timeline" },
      make("caption", {}, makeTime(begin), " to ", item.endedAt ? makeTime(end) : "now", more),
      make("thead", {}, make("tr", {}, ...["What", "State", "When"].map((text) => make("th", { scope: "col" }, text)))),
      make("tbody", {}, rows)));
}

function makeListing(title, lines) {
  if (!lines.length) return null;
  return make("section", { "aria-label": title }, make("h3", {}, title), make("ul", {}, lines.map((line) => make("li", {}, line))));
}

function listNotOwned(item) {
  const lines = item.notOwned.map(({ id, reason }) => `${id}: ${reason}`);
  const left = item.notOwnedTotal - lines.length;
  return left > 0 ? [...lines, `and ${left} more, which the log names`] : lines;
}

/** The panel of one request. `close()` closes it; `open(requestId)` opens another one. */
class Details {
  constructor(panel, { open, close }) {
    Object.assign(this, { panel, requestId: "", item: null, trouble: "", due: 0, stopping: new AbortController() });
    this.title = make("h2", { tabIndex: -1 });
    this.status = make("p");
    this.parts = make("div");
    this.json = make("pre");
    const button = make("button", { type: "button", title: "Esc" }, "Close");
    button.addEventListener("click", close);
    panel.append(
      make("div", { className: "top" }, make("div", {}, this.title, this.status), button),
      this.parts,
      make("details", {}, make("summary", {}, "All that the driver answers"), this.json),
    );
    this.parts.addEventListener("click", (event) => {
      const target = event.target.closest("[data-copy], [data-request]");
      if (target?.dataset.copy) {
        const shown = target.parentElement.firstElementChild;
        copyText(shown.textContent, shown, target.dataset.copy);
      } else if (target && !event.ctrlKey && !event.metaKey) {
        event.preventDefault();
        open(target.dataset.request);
      }
    });
  }

  /** Show the request of this id, with what the list knows of it; nothing if the id is empty. */
  show(state, known) {
    const isOther = state.request !== this.requestId;
    if (isOther) {
      this.stopping.abort();
      Object.assign(this, { requestId: state.request, item: known ?? null, trouble: "", due: 0, stopping: new AbortController() });
      this.panel.scrollTop = 0;
    }
    this.state = state;
    this.panel.hidden = !state.request;
    if (state.request) this.draw();
  }

  /** Ask for the request again if it is due: one that has ended does not change any more. */
  async refresh(now) {
    const isOver = this.item && this.item.status !== "IN_PROGRESS" && this.asked === this.requestId;
    if (!this.requestId || now < this.due || isOver) return;
    this.due = Infinity;
    const stop = this.stopping.signal;
    try {
      const item = await ask(`${LIST}/${encodeURIComponent(this.requestId)}`, {}, stop);
      Object.assign(this, { item, trouble: "", asked: this.requestId });
    } catch (error) {
      if (stop.aborted) return;
      this.trouble = error.message;
    }
    this.due = Date.now() + PAUSE;
    this.draw();
  }

  draw() {
    const { item } = this;
    setText(this.title, item ? `${item.transition} ${nameResource(item)}`.trim() : this.requestId);
    const trouble = this.trouble ? make("p", { className: "notice" }, `The driver does not show it: ${this.trouble}`) : null;
    if (!item) {
      this.status.replaceChildren();
      patchChildren(this.parts, [trouble]);
      setText(this.json, "");
      return;
    }
    if (!this.status.firstChild?.isEqualNode(makeStatus(item))) this.status.replaceChildren(makeStatus(item));
    patchChildren(this.parts, [
      trouble,
      makeFailure(item),
      makeWait(item, this.state),
      makeTimeline(item),
      make("section", { "aria-label": "Facts" }, make("h3", {}, "Facts"), makeFacts(item)),
      makeListing(`Not owned: ${item.notOwnedTotal}`, listNotOwned(item)),
      makeListing("Warnings", item.warnings ?? []),
    ]);
    setText(this.json, JSON.stringify(item, null, 2));
  }
}
