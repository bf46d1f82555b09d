// What the operator does: filters, views, shortcuts; the requests that are opened and closed. The last lines begin it all.

/** Show another state. With `isStep` the browser's Back leads to the one before. */
function change(changes, isStep = true) {
  const next = { ...state, ...changes };
  history[isStep ? "pushState" : "replaceState"](null, "", writeAddress(next));
  follow(next);
}

function follow(next) {
  if (!isSameList(state, next)) {
    restartReadings();
    get("list").scrollTop = 0;
  }
  state = next;
  work();
  draw();
}

function openRequest(requestId, link = null) {
  returnTo = link ? requestId : returnTo;
  change({ request: requestId });
  details.title.focus({ preventScroll: true });
}

function closeRequest() {
  if (!state.request) return;
  const hadFocus = get("details").contains(document.activeElement) || document.activeElement === document.body;
  change({ request: "" });
  if (!hadFocus) return;
  if (table.places.has(returnTo)) table.active = returnTo;
  table.focusActive(true);
}

/** A filter by resource. An id may be that of a request, too: then it is opened. */
async function filterResource(text) {
  change({ resource: text, code: "" }, false);
  if (!ID.test(text)) return;
  try {
    await ask(`${LIST}/${encodeURIComponent(text)}`, {}, never);
  } catch {
    return; // it is a resource's id
  }
  if (state.resource !== text) return;
  get("resource").value = "";
  change({ resource: "", request: text });
}

function showTheme(theme) {
  document.documentElement.dataset.theme = theme;
  get("theme").value = theme;
  remember("theme", theme);
}

function refreshAll() {
  for (const reading of readings.values()) reading.hurried = true;
  health.due = 0;
  details.due = 0;
  work();
}

const ACTIONS = {
  "/": () => get("resource").focus(),
  j: () => table.move(1),
  k: () => table.move(-1),
  r: refreshAll,
  t: () => showTheme(THEMES[(THEMES.indexOf(get("theme").value) + 1) % THEMES.length]),
  "?": () => get("help").showModal(),
};
VIEWS.forEach((view, index) => {
  ACTIONS[String(index + 1)] = () => change({ status: view.status, code: "", request: "" });
});

function press(event) {
  if (event.ctrlKey || event.metaKey || event.altKey || get("help").open) return;
  if (event.key === "Escape") {
    if (event.target === get("resource") && get("resource").value) return; // the field clears itself
    closeRequest();
    return;
  }
  if (event.target.closest("input, select, textarea") || !get("keys").checked) return;
  if (Object.hasOwn(ACTIONS, event.key)) {
    event.preventDefault();
    ACTIONS[event.key]();
  }
}

let typing = 0;
get("resource").addEventListener("input", (event) => {
  clearTimeout(typing);
  const text = event.target.value.trim();
  typing = setTimeout(() => filterResource(text), 300);
});
for (const name of ["type", "location"]) {
  get(name).addEventListener("change", (event) => change({ [name]: event.target.value }));
}
get("since").addEventListener("change", (event) => {
  const value = event.target.value;
  get("since-time-label").hidden = value !== "time";
  if (value === "time") get("since-time").focus();
  else change({ since: value === findView(state).since ? "" : value });
});
get("since-time").addEventListener("change", (event) => {
  const time = new Date(event.target.value);
  if (!Number.isNaN(time.getTime())) change({ since: time.toISOString() });
});
get("clear").addEventListener("click", () => change(Object.fromEntries(FILTERS.map((name) => [name, ""]))));
get("filters").addEventListener("submit", (event) => event.preventDefault());
get("views").addEventListener("click", (event) => {
  const link = event.target.closest("a");
  if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  change({ status: link.dataset.key, code: "", request: "" });
});
get("failures").addEventListener("click", (event) => {
  const button = event.target.closest("[data-code]");
  if (button) change({ code: button.dataset.code === state.code ? "" : button.dataset.code });
});
get("theme").addEventListener("change", (event) => showTheme(event.target.value));
get("keys").addEventListener("change", (event) => remember("keys", event.target.checked ? "" : "off"));
get("help-button").addEventListener("click", () => get("help").showModal());
get("refresh").addEventListener("click", refreshAll);
document.addEventListener("keydown", press);
document.addEventListener("visibilitychange", () => {
  if (!document.hidden) refreshAll();
});
addEventListener("popstate", () => follow(readAddress()));

showTheme(THEMES.includes(recall("theme")) ? recall("theme") : "");
get("keys").checked = recall("keys") !== "off";
work();
draw();
setInterval(work, 1000);
