// Reading the API: the list page by page, again and again, and one execution.

const LIST = "api/driver/lifecycle/executions";
const MOST = 10_000; // executions that the page holds
const PAUSE = 5_000; // milliseconds between two readings of what is shown
const LONG_PAUSE = 60_000; // of what is only counted
const SHARE = 5; // a long list is read at most this part of the time: the driver has other work
const ANSWER = 30_000; // milliseconds that an answer may take

/** The JSON that the driver answers. Raises an Error whose message says what is wrong, with the status, 0 for none. */
async function ask(path, query, stop) {
  const url = new URL(path, BASE);
  url.search = new URLSearchParams(query).toString();
  let answer;
  let content = null;
  try {
    const signal = AbortSignal.any([stop, AbortSignal.timeout(ANSWER)]);
    answer = await fetch(url, { signal, headers: { Accept: "application/json" }, cache: "no-store", redirect: "manual" });
    content = await answer.json();
  } catch (error) {
    if (stop.aborted) throw error;
    if (answer === undefined) {
      const text = error.name === "TimeoutError" ? `no answer within ${ANSWER / 1000} seconds` : "it cannot be reached";
      throw Object.assign(new Error(text), { status: 0 });
    }
  }
  if (answer.type === "opaqueredirect") throw Object.assign(new Error("it redirects this page elsewhere"), { status: 401 });
  if (!answer.ok && !content?.vitals) {
    throw Object.assign(new Error(content?.localizedMessage ?? `status ${answer.status}`), { status: answer.status });
  }
  if (content === null) throw Object.assign(new Error("its answer is no JSON"), { status: answer.status });
  return content;
}

/** The executions of a state of the page, read again when they are due.
 *
 * `items` by requestId; `asOf` when the newest whole reading began, in milliseconds; `trouble` `{message, status, since}`
 * while the driver does not answer. `changed` is called after each page.
 */
class Reading {
  constructor(state, changed) {
    Object.assign(this, { state, changed, items: new Map(), asOf: 0, trouble: null, isCut: false });
    Object.assign(this, { due: 0, pages: 0, isBusy: false, stopping: new AbortController() });
  }

  stop() {
    this.stopping.abort();
  }

  async read() {
    const begun = Date.now();
    this.isBusy = true;
    this.pages = 0;
    try {
      const seen = await this.readPages(begun);
      for (const id of this.items.keys()) if (!seen.has(id)) this.items.delete(id);
      this.asOf = begun;
      this.trouble = null;
    } catch (error) {
      if (this.stopping.signal.aborted) return;
      this.trouble = { message: error.message, status: error.status, since: this.trouble?.since ?? Date.now() };
    }
    this.isBusy = false;
    this.finished = Date.now();
    this.took = this.finished - begun;
    this.changed(this);
  }

  /** When it is to be read again: soon if it is shown, seldom if it is only counted. */
  isDue(isShown, now) {
    if (this.isBusy) return false;
    if (!this.finished || this.hurried) return true;
    const pause = isShown || this.trouble ? PAUSE : LONG_PAUSE;
    return now >= this.finished + Math.max(pause, this.took * (SHARE - 1));
  }

  async readPages(begun) {
    const seen = new Set();
    const since = findSince(this.state, begun);
    const query = { ...buildQuery(this.state), ...(since ? { since } : {}), limit: "100" };
    this.hurried = false;
    for (;;) {
      const page = await ask(LIST, query, this.stopping.signal);
      for (const item of page.executions) {
        seen.add(item.requestId);
        this.items.set(item.requestId, item);
      }
      this.pages += 1;
      const isWhole = !page.continuation;
      if (isWhole || seen.size >= MOST) {
        this.isCut = !isWhole;
        return seen;
      }
      query.continuation = page.continuation;
      this.changed(this);
    }
  }
}

/** The executions that the filters of the page itself leave. */
function selectItems(reading, state) {
  const part = ID.test(state.resource) ? "" : state.resource.trim().toLowerCase();
  return [...reading.items.values()].filter((item) => {
    const named = [item.resource?.name, item.resource?.id, item.requestId];
    if (part && !named.some((text) => text?.toLowerCase().includes(part))) return false;
    return !state.code || state.status !== "FAILED" || item.failureDetails?.failureCode === state.code;
  });
}

/** Executions, the newest first: by the time of their acceptance, which never changes. */
function sortItems(items) {
  const time = new Map(items.map((item) => [item, new Date(item.acceptedAt || item.endedAt || 0).getTime()]));
  return items.sort((one, other) => time.get(other) - time.get(one) || (one.requestId < other.requestId ? -1 : 1));
}
