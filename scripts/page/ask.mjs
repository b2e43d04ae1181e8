// Why: see scripts/test-page. What a reader without a mouse does with a page that can be questioned, and what a
// reader without scripts is left with.

/** Presses Tab until `wanted`, a function of the element with the focus, says yes. */
async function tabTo(page, wanted, fault, what) {
  for (let presses = 0; presses < 400; presses += 1) {
    await page.keyboard.press("Tab");
    if (await page.evaluate(wanted)) return true;
  }
  fault(`${what} cannot be reached with the keyboard`);
  return false;
}

const told = () => ({
  status: document.querySelector("[role=status]").textContent,
  fails: [...document.querySelectorAll("[data-facts].fails")].map((row) => row.querySelector(".why")?.textContent ?? ""),
  sorted: document.querySelector("[aria-sort]")?.textContent ?? "",
  grey: [...new Set([...document.querySelectorAll("svg g.fails")].map((one) => one.dataset.configuration))],
  drawn: [...new Set([...document.querySelectorAll("svg g[data-configuration]")].map((one) => one.dataset.configuration))],
  named: [...document.querySelectorAll("[data-facts].fails")].map((row) => row.dataset.configuration),
  hidden: document.querySelectorAll("[data-workload][hidden], [data-configuration][hidden]").length,
});

/** Sets requirements with the keyboard alone; the address then leads to the same. */
export async function ask(page, fault) {
  if (!(await page.evaluate(() => document.querySelector("#ask") !== null))) return "";
  const before = await page.evaluate(told);
  if (before.fails.length > 0) fault("a configuration fails before anything is asked");
  const slider = () => document.activeElement.type === "range";
  if (!(await tabTo(page, slider, fault, "a slider"))) return "";
  await page.keyboard.press("Home");
  const box = () => document.activeElement.type === "checkbox" && document.activeElement.parentElement.textContent.includes("root");
  if (await tabTo(page, box, fault, "a requirement")) await page.keyboard.press("Space");
  const after = await page.evaluate(told);
  if (after.status === before.status) fault(`a requirement changes nothing: ${after.status}`);
  if (after.fails.some((why) => !why.startsWith("fails: "))) fault(`a configuration fails and is not told why: ${after.fails}`);
  if (after.drawn.some((name) => after.grey.includes(name) !== after.named.includes(name))) {
    fault(`the pictures grey out ${after.grey}, and ${after.named} fail`);
  }
  const fold = () => document.activeElement.tagName === "SUMMARY" && document.activeElement.textContent.startsWith("Configurations");
  if (await tabTo(page, fold, fault, "the choice of configurations")) {
    await page.keyboard.press("Enter");
    await page.keyboard.press("Tab");
    await page.keyboard.press("Space");
  }
  await page.evaluate(() => document.querySelector(".sortable thead button").focus());
  await page.keyboard.press("Enter");
  const asked = await page.evaluate(told);
  if (asked.hidden === 0) fault("a configuration that is left out is still there");
  if (asked.sorted === "") fault("a column that is sorted by does not say so");
  await page.goto("about:blank");
  await page.goBack();
  const again = await page.evaluate(told);
  if (JSON.stringify(again) !== JSON.stringify(asked)) {
    fault(`the address does not hold what was asked: ${JSON.stringify(asked)} became ${JSON.stringify(again)}`);
  }
  return `, ${asked.fails.length} fail`;
}

/** Nothing of the page may be missing without scripts: not a row, a figure, a picture or a link. */
export async function whole(browser, address, listen, fault) {
  const count = () => ["tr:not([hidden])", "td", "dd", "svg", "a[href]", "details", "h2"].map((one) =>
    document.querySelectorAll(one).length - document.querySelectorAll(`#ask ${one}`).length);
  const counts = [];
  for (const javaScriptEnabled of [true, false]) {
    const context = await browser.newContext({ javaScriptEnabled });
    const page = await context.newPage();
    listen(page, fault);
    await page.goto(address);
    counts.push(String(await page.evaluate(count)));
    if (!javaScriptEnabled && await page.evaluate(() => document.querySelector("#ask"))) fault("controls that do nothing");
    await context.close();
  }
  if (counts[0] !== counts[1]) fault(`without scripts the page is not whole: ${counts.join(" against ")}`);
}
