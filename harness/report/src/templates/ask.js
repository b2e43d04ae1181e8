// Why: a reader has requirements of their own. All of this works on what is in the page already, which is whole
// without it: requirements grey out the configurations that fail them and name why, parts can be left out, tables
// sorted, and the address holds all of that.
"use strict";
(() => {
  const all = (selector, root = document) => [...root.querySelectorAll(selector)];
  const make = (tag, properties = {}, ...children) => {
    const one = Object.assign(document.createElement(tag), properties);
    one.append(...children);
    return one;
  };

  const any = "any";
  /** Each is held against the figure of the table, as `harness advise` does. */
  const limits = [
    { key: "overhead", words: "Overhead at most", name: "overhead", unit: " %", steps: [0.5, 1, 2, 3, 5, 10, 20, 50] },
    { key: "loss", words: "Event loss at most", name: "event loss", unit: " %", steps: [0, 0.001, 0.01, 0.1, 1, 10] },
    { key: "p99", words: "Detection latency p99 at most", name: "latency p99", unit: " ms", steps: [1, 2, 5, 10, 20, 50, 100, 1000] },
    { key: "cpu", words: "Own CPU at most", name: "own CPU", unit: " us/event", steps: [1, 2, 5, 10, 20, 50] },
  ];
  const properties = [
    { key: "static", words: "Static programs seen", holds: (facts) => facts.statics, fails: "does not see static programs" },
    { key: "detail", words: "exe and argv of all", holds: (facts) => facts.detail === null ? null : facts.detail >= 99.9, fails: "not exe and argv of all" },
    { key: "noroot", words: "Without root", holds: (facts) => facts.root === null ? null : !facts.root, fails: "needs root" },
  ];
  const kernels = ["3.10", "4.4", "4.19", "5.4", "5.10", "5.15", "6.1", "6.12"];

  const rows = all("[data-facts]");
  if (rows.length === 0) return;
  const facts = new Map(rows.map((row) => [row, JSON.parse(row.dataset.facts)]));
  const names = (attribute) => [...new Set(all(`[data-${attribute}]`).map((one) => one.dataset[attribute]))];
  const inputs = new Map();

  /** A requirement that is not given holds. */
  const asked = (key) => {
    const input = inputs.get(key);
    if (input.type === "checkbox") return input.checked;
    if (input.type === "range") return Number(input.value) < Number(input.max) ? input.steps[Number(input.value)] : null;
    return input.value === any || input.value === "" ? null : input.value;
  };
  const older = (one, other) => {
    const [a, b] = [one, other].map((version) => version.split(".").map(Number));
    return a[0] !== b[0] ? a[0] < b[0] : (a[1] ?? 0) < (b[1] ?? 0);
  };
  const figure = (value) => Number(value.toPrecision(2));

  /** What a configuration fails, and of what it cannot be told. */
  function judge(of) {
    const found = { fails: [], untold: [] };
    for (const { key, name, unit } of limits) {
      const most = asked(key);
      if (most === null) continue;
      if (of[key] === null) found.untold.push(name);
      else if (of[key] > most) found.fails.push(`${name} ${figure(of[key])}${unit}, more than ${most}`);
    }
    for (const { key, words, holds, fails } of properties) {
      if (!asked(key)) continue;
      if (holds(of) === null) found.untold.push(words.toLowerCase());
      else if (!holds(of)) found.fails.push(fails);
    }
    const kernel = asked("kernel");
    if (kernel !== null && of.since === null) found.untold.push("oldest kernel");
    else if (kernel !== null && older(kernel, of.since)) found.fails.push(`needs Linux ${of.since} or later`);
    return found;
  }

  /** Marks rows, in the matrix and the pictures too, and says what came of it. */
  function hold() {
    const count = { meets: [], untold: 0, fails: 0 };
    const given = [...limits, ...properties, { key: "kernel" }].some(({ key }) => asked(key) !== null && asked(key) !== false);
    for (const row of rows) {
      const { fails, untold } = judge(facts.get(row));
      const { configuration } = row.dataset;
      const own = all("tr[data-configuration], g[data-configuration]", row.closest("section")).filter((one) => one.dataset.configuration === configuration);
      own.forEach((one) => one.classList.toggle("fails", fails.length > 0));
      all(".why", row).forEach((one) => one.remove());
      const why = fails.length > 0 ? `fails: ${fails.join("; ")}` : untold.length > 0 ? `cannot be told: ${untold.join(", ")}` : "";
      if (why) row.cells[0].append(make("span", { className: "why", textContent: why }));
      if (fails.length > 0) count.fails += 1;
      else if (untold.length > 0) count.untold += 1;
      else count.meets.push(configuration);
    }
    const rest = `${count.fails} fail${count.untold ? `, of ${count.untold} it cannot be told` : ""}`;
    status.textContent = given
      ? `${count.meets.length} of ${rows.length} meet all of this${count.meets.length ? ": " : ""}${count.meets.join(", ")}; ${rest}.`
      : "No requirement given.";
  }

  const chosen = (attribute) => all(`input[data-of="${attribute}"]`, panel).filter((one) => !one.checked).map((one) => one.value);
  const visible = (one, attribute, without, words) => !without.includes(one.dataset[attribute])
    && (words === "" || attribute !== "configuration" || one.dataset.configuration.toLowerCase().includes(words));
  function filter() {
    const words = inputs.get("find").value.trim().toLowerCase();
    for (const attribute of ["configuration", "workload"]) {
      const without = chosen(attribute);
      all(`[data-${attribute}]`).forEach((one) => one.toggleAttribute("hidden", !visible(one, attribute, without, words)));
    }
  }

  /** The figure a cell begins with, of a latency that of p99; what cannot be told comes last. */
  function value(row, column) {
    const text = row.cells[column].textContent.replaceAll(",", "").split(" / ").pop();
    return Number(/-?\d+(\.\d+)?/.exec(column === 0 ? "" : text)?.[0] ?? Infinity);
  }
  function sort() {
    const [label, order] = inputs.get("sort").value.split(" | ");
    for (const table of all("table.sortable")) {
      const heads = all("thead th", table);
      const column = heads.findIndex((one) => one.textContent === label);
      heads.forEach((one, place) => {
        if (place === column) one.setAttribute("aria-sort", order);
        else one.removeAttribute("aria-sort");
      });
      const sign = order === "descending" ? -1 : 1;
      for (const body of all("tbody", table)) {
        const lines = all("tr[data-configuration]", body);
        lines.forEach((one, place) => { one.place ??= place; });
        const by = (a, b) => {
          const [x, y] = [value(a, column), value(b, column)];
          return x === y ? a.place - b.place : x === Infinity ? 1 : y === Infinity ? -1 : sign * (x - y);
        };
        body.append(...lines.sort(column > 0 ? by : (a, b) => a.place - b.place));
      }
    }
  }

  /** Everything that is not as the page begins. */
  function state() {
    const found = new URLSearchParams();
    for (const [key, input] of inputs) {
      if (input.type === "checkbox" ? input.checked : input.type === "range" ? asked(key) !== null : input.value !== "" && input.value !== any) {
        found.append(key, input.type === "checkbox" ? "1" : input.type === "range" ? asked(key) : input.value);
      }
    }
    for (const attribute of ["configuration", "workload"]) chosen(attribute).forEach((name) => found.append(`without-${attribute}`, name));
    return found.toString();
  }
  function show() {
    for (const [key, input] of inputs) {
      if (input.type !== "range") continue;
      const most = asked(key);
      input.words.textContent = most === null ? any : `${most}${input.unit}`;
      input.setAttribute("aria-valuetext", input.words.textContent);
    }
    hold();
    filter();
    sort();
  }
  function changed() {
    show();
    const text = state();
    history.replaceState(null, "", text ? `#ask?${text}` : "#ask");
  }
  function restore() {
    if (!location.hash.startsWith("#ask")) return;
    const found = new URLSearchParams(location.hash.split("?")[1] ?? "");
    for (const [key, input] of inputs) {
      const text = found.get(key);
      if (input.type === "checkbox") input.checked = text === "1";
      else if (input.type === "range") input.value = text !== null && input.steps.includes(Number(text)) ? input.steps.indexOf(Number(text)) : input.max;
      else input.value = text ?? (input.type === "search" ? "" : any);
      if (input.tagName === "SELECT" && input.selectedIndex < 0) input.value = any;
    }
    for (const box of all("input[data-of]", panel)) box.checked = !found.getAll(`without-${box.dataset.of}`).includes(box.value);
    show();
    panel.scrollIntoView();
  }

  const add = (key, input) => { inputs.set(key, input); return input; };
  const slider = ({ key, words, unit, steps }) => {
    const told = make("output");
    const input = make("input", { type: "range", min: 0, max: steps.length, value: steps.length });
    Object.assign(input, { steps, unit, words: told });
    return make("label", {}, make("span", { textContent: words }), told, add(key, input));
  };
  const box = (input, text) => make("label", {}, input, ` ${text}`);
  const choice = (key, text, none, options) => make("label", {}, make("span", { textContent: text }),
    add(key, make("select", {}, make("option", { value: any, textContent: none }),
      ...options.map((one) => make("option", { value: one, textContent: one })))));
  const group = (title, ...children) => make("fieldset", {}, make("legend", { textContent: title }), ...children);
  const parts = (title, attribute) => {
    const boxes = names(attribute).map((name) => {
      const input = make("input", { type: "checkbox", checked: true, value: name });
      input.dataset.of = attribute;
      return box(input, name);
    });
    return make("details", {}, make("summary", { textContent: `${title} (${boxes.length})` }), group(title, ...boxes));
  };
  const columns = [...new Set(all("table.sortable").flatMap((table) => all("thead th", table).slice(1).map((one) => one.textContent)))];

  const status = make("p", { role: "status" });
  const again = make("button", { type: "button", textContent: "Reset" });
  const panel = make("section", { className: "ask", id: "ask" },
    make("h2", { textContent: "Which of them meet your requirements?" }),
    group("Requirements", ...limits.map(slider), choice("kernel", "On Linux", any, kernels),
      ...properties.map(({ key, words }) => box(add(key, make("input", { type: "checkbox" })), words))),
    status,
    group("Tables", choice("sort", "Sorted by", "order of the record", columns.flatMap((one) => [`${one} | ascending`, `${one} | descending`])),
      make("label", {}, make("span", { textContent: "Only configurations with" }), add("find", make("input", { type: "search" })))),
    parts("Configurations", "configuration"), parts("Workloads", "workload"), again);
  status.setAttribute("role", "status");
  panel.setAttribute("aria-label", "Requirements");

  for (const head of all("table.sortable thead th")) {
    const label = head.textContent;
    if (!columns.includes(label)) continue;
    const button = make("button", { type: "button", textContent: label });
    button.addEventListener("click", () => {
      const up = `${label} | ascending`;
      inputs.get("sort").value = inputs.get("sort").value === up ? `${label} | descending` : up;
      changed();
    });
    head.replaceChildren(button);
  }
  const first = rows[0].closest("section");
  (first.querySelector(":scope > .pictures") ?? rows[0].closest(".wide")).after(panel);
  panel.addEventListener("input", changed);
  again.addEventListener("click", () => { location.hash = "#ask?"; restore(); history.replaceState(null, "", "#ask"); });
  addEventListener("hashchange", restore);
  show();
  restore();
})();
