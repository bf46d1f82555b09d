// What is shown is in the page's own address, so that it can be sent to a colleague.

/** The views, by the API's status. `since` is what the view shows if the address does not say. */
const VIEWS = [
  { status: "IN_PROGRESS", title: "Running", since: "any", nothing: "Nothing runs." },
  { status: "FAILED", title: "Failed", since: "24h", nothing: "Nothing has failed." },
  { status: "COMPLETE", title: "Complete", since: "24h", nothing: "Nothing has completed." },
  { status: "ALL", title: "All", since: "24h", nothing: "There are no executions." },
];
const FILTERS = ["resource", "type", "location", "since", "code"];
const PERIODS = { "1h": 3_600_000, "24h": 86_400_000, "7d": 7 * 86_400_000 };
const ID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

// The page is at `<prefix>/console`: below a secret path, or behind a proxy that adds a path.
const BASE = new URL(location.pathname.replace(/console\/?$/i, ""), location.origin);

/** The state of the page as its address says: status, filters, and the request that is open. */
function readAddress() {
  const given = new URLSearchParams(location.search);
  const view = VIEWS.find((known) => known.status === (given.get("status") ?? "").toUpperCase()) ?? VIEWS[0];
  const state = { status: view.status, request: given.get("request") ?? "" };
  for (const name of FILTERS) state[name] = given.get(name) ?? "";
  return state;
}

function findView(state) {
  return VIEWS.find((view) => view.status === state.status);
}

/** The address of a state, relative to the page. */
function writeAddress(state) {
  const query = new URLSearchParams();
  if (state.status !== VIEWS[0].status) query.set("status", state.status);
  for (const name of FILTERS) if (state[name]) query.set(name, state[name]);
  if (state.request) query.set("request", state.request);
  return query.size ? `?${query}` : location.pathname;
}

/** The query of the list API for a state, but for `since`, which depends on the time. */
function buildQuery(state) {
  const query = {};
  if (state.status !== "ALL") query.status = state.status;
  if (ID.test(state.resource)) query.resource = state.resource;
  if (state.type) query.type = state.type;
  if (state.location) query.location = state.location;
  return query;
}

/** Whether two states show the same list of the API. */
function isSameList(one, other) {
  const key = (state) => JSON.stringify([state.status, buildQuery(state), state.since || findView(state).since]);
  return key(one) === key(other);
}

/** The time (ISO 8601) from which on executions are listed; empty: all. */
function findSince(state, now = Date.now()) {
  const since = state.since || findView(state).since;
  if (since === "any") return "";
  if (since === "today") return new Date(new Date(now).setHours(0, 0, 0, 0)).toISOString();
  if (since in PERIODS) return new Date(now - PERIODS[since]).toISOString();
  const time = new Date(since);
  return Number.isNaN(time.getTime()) ? "" : time.toISOString();
}
