// Failures by code, each with how many there are and the newest one's description.

/** The groups of failed executions, the largest first: `{code, count, newest}`. */
function groupFailures(items) {
  const groups = new Map();
  for (const item of items) {
    const code = item.failureDetails?.failureCode ?? "";
    const group = groups.get(code) ?? { code, count: 0, newest: item };
    group.count += 1;
    if ((item.endedAt ?? "") > (group.newest.endedAt ?? "")) group.newest = item;
    groups.set(code, group);
  }
  return [...groups.values()].sort((one, other) => other.count - one.count || (one.code < other.code ? -1 : 1));
}

function makeFailures(groups, chosen) {
  const rows = groups.map(({ code, count, newest }) => make("tr", {},
    make("td", {}, make("button", { type: "button", "data-key": code, "data-code": code, "aria-pressed": String(code === chosen) }, code)),
    make("td", { className: "number" }, String(count)),
    make("td", {}, newest.endedAt ? makeTime(newest.endedAt) : ""),
    make("td", {}, make("p", { title: newest.failureDetails?.description ?? "" }, newest.failureDetails?.description ?? ""))));
  const heads = ["Code", "How many", "Newest", "What the newest says"];
  return make("section", { "aria-label": "Failures by code" },
    make("table", {},
      make("caption", {}, "Failures by code", make("small", {}, " (press a code to list only its failures)")),
      make("thead", {}, make("tr", {}, heads.map((text) => make("th", { scope: "col" }, text)))),
      make("tbody", {}, rows)));
}
