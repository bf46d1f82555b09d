// The page: what the address says is read, shown, and read again every few seconds while the page is visible.

const get = (id) => document.getElementById(id);
const THEMES = ["", "light", "dark"];
const HEALTH = "management/health";
const HEALTH_PAUSE = 15_000;
const never = new AbortController().signal;

let state = readAddress();
let readings = new Map(); // by status
let returnTo = null; // what had the focus before a request was opened
const health = { vitals: {}, due: 0 };
const known = { type: new Set(), location: new Set() };
const table = new Executions(get("list"), openRequest);
const details = new Details(get("details"), { open: openRequest, close: closeRequest });

function remember(key, value) {
  try {
    localStorage.setItem(`azure-driver.${key}`, value);
  } catch { /* the browser keeps nothing for this page */ }
}

function recall(key) {
  try {
    return localStorage.getItem(`azure-driver.${key}`) ?? "";
  } catch {
    return "";
  }
}

// what is read

function makeReading(status) {
  const reading = new Reading({ ...state, status, since: status === state.status ? state.since : "" }, () => requestDraw());
  readings.set(status, reading);
  return reading;
}

function restartReadings() {
  for (const reading of readings.values()) reading.stop();
  readings = new Map();
}

/** Begin what is due. Running and failed executions are counted in every view. */
function work() {
  if (document.hidden) return;
  const now = Date.now();
  for (const status of new Set([state.status, "IN_PROGRESS", "FAILED"])) {
    const reading = readings.get(status) ?? makeReading(status);
    if (reading.isDue(status === state.status, now)) reading.read();
  }
  for (const [status, reading] of readings) {
    if (![state.status, "IN_PROGRESS", "FAILED"].includes(status)) {
      reading.stop();
      readings.delete(status);
    }
  }
  details.refresh(now);
  if (now >= health.due) readHealth();
  tick();
}

async function readHealth() {
  health.due = Infinity;
  try {
    health.vitals = (await ask(HEALTH, {}, never)).vitals ?? {};
  } catch {
    health.vitals = {}; // the notice about the list says that the driver does not answer
  }
  health.due = Date.now() + HEALTH_PAUSE;
  requestDraw();
}

// what is shown

let isDrawn = true;
function requestDraw() {
  if (!isDrawn) return;
  isDrawn = false;
  requestAnimationFrame(() => {
    isDrawn = true;
    draw();
  });
}

function draw() {
  const reading = readings.get(state.status);
  const items = reading ? sortItems(selectItems(reading, state)) : [];
  for (const item of reading?.items.values() ?? []) {
    if (item.resource?.type) known.type.add(item.resource.type);
    if (item.deploymentLocation) known.location.add(item.deploymentLocation);
  }
  table.show(items, state);
  drawViews();
  drawFilters();
  drawFailures(reading);
  drawVitals();
  const isOver = Boolean(reading?.asOf);
  get("empty").hidden = items.length > 0 || !isOver;
  setText(get("empty"), `${findView(state).nothing} ${hasFilters() ? "The filters may hide something." : ""}`.trim());
  details.show(state, reading?.items.get(state.request));
  tick();
  tellChanges(reading, items);
}

function hasFilters() {
  return FILTERS.some((name) => state[name]);
}

function drawViews() {
  patchChildren(get("views"), VIEWS.map((view) => {
    const reading = readings.get(view.status);
    const isShown = view.status === state.status;
    const count = reading?.asOf ? selectItems(reading, { ...state, status: view.status, code: "" }).length : null;
    const period = view.status === "FAILED" && !isShown ? ", last 24 h" : "";
    const text = count === null ? view.title : `${view.title} ${count}${reading.isCut ? "+" : ""}${period}`;
    const link = make("a", { href: writeAddress({ ...state, status: view.status, code: "", request: "" }), "data-key": view.status }, text);
    if (isShown) link.setAttribute("aria-current", "page");
    return link;
  }));
}

function drawFilters() {
  for (const name of ["type", "location"]) {
    if (state[name]) known[name].add(state[name]);
    const label = (value) => (name === "type" ? shortenType(value) : value);
    const options = ["", ...[...known[name]].sort()].map((value) => make("option", { value }, value ? label(value) : "all"));
    const select = get(name);
    if (options.length !== select.options.length) select.replaceChildren(...options);
    if (select.value !== state[name]) select.value = state[name];
  }
  const since = state.since || findView(state).since;
  const isPeriod = since in PERIODS || since === "today" || since === "any";
  get("since").value = isPeriod ? since : "time";
  get("since-time-label").hidden = get("since").value !== "time";
  if (!isPeriod && since !== "time" && document.activeElement !== get("since-time")) {
    const time = new Date(since);
    const local = new Date(time - time.getTimezoneOffset() * 60_000);
    get("since-time").value = Number.isNaN(time.getTime()) ? "" : local.toISOString().slice(0, 16);
  }
  if (document.activeElement !== get("resource")) get("resource").value = state.resource;
  get("clear").disabled = !hasFilters();
}

function drawFailures(reading) {
  const isShown = state.status === "FAILED" && reading?.items.size;
  const groups = isShown ? groupFailures(selectItems(reading, { ...state, code: "" })) : [];
  patchChildren(get("failures"), groups.length ? [makeFailures(groups, state.code)] : []);
}

function drawVitals() {
  patchChildren(get("vitals"), Object.entries(health.vitals).map(([name, vital]) => {
    const kind = vital.status === "OK" ? "complete" : "failed";
    const title = [vital.reason, vital.since && `since ${formatUtc(vital.since)}`].filter(Boolean).join(", ");
    return make("li", { title }, make("span", { className: `status ${kind}` }, make("span", { className: "mark", "aria-hidden": "true" }), `${name} ${vital.status}`));
  }));
}

/** What changes with the time alone. */
function tick() {
  const reading = readings.get(state.status);
  table.tick();
  if (state.request) details.draw();
  const old = reading?.asOf ? [make("span", {}, "as of "), makeTime(reading.asOf)] : [make("span", {}, "nothing is read yet")];
  const progress = reading?.isBusy && !reading.asOf ? make("span", {}, `, ${reading.items.size.toLocaleString("en")} so far`) : null;
  patchChildren(get("freshness"), [...old, progress]);
  patchChildren(get("notices"), makeNotices(reading));
  const count = reading ? table.items.length : 0;
  const cut = reading?.isCut ? `, of the first ${MOST.toLocaleString("en")} that the driver lists: narrow the filters to see the others` : "";
  setText(get("count"), reading?.pages ? `${count.toLocaleString("en")} shown${cut}` : "");
}

/** What an answer means that is not the list, by its status; 0 for none. The driver itself asks nobody to sign in. */
function nameTrouble(status) {
  if (status === 200 || status === 401 || status === 403) return "Something before the driver does not let this page through (reload it to sign in)";
  return status >= 400 && status < 500 ? "The driver refuses the list" : "The driver does not answer";
}

function makeNotices(reading) {
  const notices = [];
  if (reading?.trouble) {
    const { message, since, status } = reading.trouble;
    const what = nameTrouble(status);
    const age = reading.asOf
      ? [" What is shown is of ", makeTime(reading.asOf), `, ${formatDuration(Date.now() - reading.asOf)} ago.`]
      : [" Nothing could be read yet."];
    notices.push(make("p", { className: "notice" }, `${what} since `, makeTime(since), `: ${message}.`, age));
  }
  for (const [name, vital] of Object.entries(health.vitals)) {
    if (vital.status === "OK") continue;
    const since = vital.since ? [" since ", makeTime(vital.since)] : [];
    notices.push(make("p", { className: "notice" }, `${name} is ${vital.status}`, since, vital.reason ? `: ${vital.reason}` : ""));
  }
  return notices;
}

/** Tell a screen reader what matters, and not each reading: that the driver is away or back, and new failures. */
const told = { away: false, failed: null, view: "" };
function tellChanges(reading, items) {
  const isAway = Boolean(reading?.trouble);
  if (isAway !== told.away) {
    announce(isAway ? "The driver does not answer. The list is old." : "The driver answers again.");
    told.away = isAway;
  } else if (reading?.asOf && told.view !== state.status) {
    announce(`${findView(state).title}: ${items.length}`);
    told.view = state.status;
  }
  const failed = readings.get("FAILED");
  if (!failed?.asOf || failed.isBusy) return;
  const count = failed.items.size;
  if (told.failed !== null && told.filters === failed.state && count > told.failed) announce(`New failures: ${count - told.failed}, ${count} in all`);
  Object.assign(told, { failed: count, filters: failed.state });
}
