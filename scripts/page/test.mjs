// Why: see scripts/test-page, which calls this. Opens report pages in Chromium and fails on a console error,
// a request, a fold that does not open, a dead link, a page wider than the screen or the paper, a table that is cut
// off, a page that takes a second to load, that is not whole without scripts or cannot be questioned with the
// keyboard alone, or an accessibility violation. Usage: node test.mjs CHROMIUM SHOTS PAGE...
// A page after --layout is not checked for accessibility: it has the parts of another one, only many more of them.
import { readFileSync } from "node:fs";
import { availableParallelism } from "node:os";
import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { chromium } from "playwright-core";
import { ask, whole } from "./ask.mjs";

const [executablePath, shots, ...rest] = process.argv.slice(2);
const pages = rest.filter((word) => word !== "--layout");
const judged = new Set(rest.includes("--layout") ? rest.slice(0, rest.indexOf("--layout")) : pages);
const axe = readFileSync(new URL("node_modules/axe-core/axe.min.js", import.meta.url), "utf8");
const args = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
  "--disable-background-networking", "--disable-component-update", "--disable-sync"];
/** Where `walked` is set, folds are opened and links followed; where `asked` is, the page is questioned with the
 *  keyboard; axe checks the page by `rules`. */
const screens = [
  { name: "phone", width: 390, height: 844, walked: true },
  { name: "tablet", width: 768, height: 1024, walked: true, asked: true },
  { name: "laptop", width: 1280, height: 800, walked: true, asked: true, rules: {} },
  { name: "dark", width: 1280, height: 800, colorScheme: "dark", rules: { runOnly: ["color-contrast"] } },
  // A4 less the margins of style.css.
  { name: "print", width: 794 - 2 * 53, height: 1016, media: "print" },
];
const faults = [];

/** Milliseconds in which a page has to be loaded. */
const most = 1000;

/** Collects console messages, dialogs and requests of the page. */
function listen(page, fault) {
  page.on("console", (message) => fault(`console ${message.type()}: ${message.text()}`));
  page.on("pageerror", (error) => fault(`error: ${error.message}`));
  page.on("dialog", (dialog) => { fault(`dialog: ${dialog.message()}`); return dialog.dismiss(); });
  page.on("popup", () => fault("a window opened"));
  page.on("request", (request) => {
    const own = request.isNavigationRequest() && request.url().startsWith("file:");
    if (!own && !request.url().startsWith("data:") && request.url() !== "about:blank") fault(`request: ${request.url()}`);
  });
}

/** Tables that are wider than the place they have; a plot may be. */
function cut() {
  const places = [...document.querySelectorAll(".wide")].filter((place) => place.querySelector("table"));
  const over = places.filter((place) => place.scrollWidth > place.clientWidth + 1);
  return over.map((place) => `${place.getAttribute("aria-label")} (${place.scrollWidth - place.clientWidth} pixels)`);
}

/** Clicks every fold; returns those that then show nothing. */
function folds() {
  const all = [...document.querySelectorAll("summary")];
  const shows = (fold) => {
    fold.click();
    return fold.parentElement.open && fold.parentElement.offsetHeight > fold.offsetHeight;
  };
  return { count: all.length, closed: all.filter((fold) => !shows(fold)).map((fold) => fold.innerText) };
}

/** Follows every link, of equal ones the first; returns those whose target is then not visible. */
function links() {
  const lost = [];
  const all = new Map([...document.querySelectorAll("a[href]")].reverse().map((link) => [link.href, link]));
  for (const link of all.values()) {
    link.click();
    const target = document.getElementById(decodeURIComponent(location.hash.slice(1)));
    const at = target?.getBoundingClientRect();
    const seen = at && at.height > 0 && at.top < innerHeight && at.bottom > 0;
    if (link.hash !== location.hash || !seen) lost.push(link.getAttribute("href"));
  }
  return { count: all.size, lost };
}

/** Checks one page on one screen. */
async function look(browser, path, screen) {
  const begun = performance.now();
  const { name, width, height, colorScheme = "light", media = "screen" } = screen;
  const context = await browser.newContext({ viewport: { width, height }, colorScheme });
  const page = await context.newPage();
  const fault = (what) => faults.push(`${path} (${name}): ${what}`);
  listen(page, fault);
  await page.emulateMedia({ media, colorScheme });
  await page.goto(pathToFileURL(resolve(path)).href);
  const wide = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
  if (wide > 0) fault(`the page is ${wide} pixels wider than the ${media === "print" ? "paper" : "screen"}`);
  await page.screenshot({ path: join(shots, `${pages.indexOf(path)}-${name}.png`), fullPage: true });
  let done = screen.asked ? await ask(page, fault) : "";
  if (screen.asked) await page.goto(pathToFileURL(resolve(path)).href);
  done += screen.walked ? await walk(page, fault) : "";
  (await page.evaluate(cut)).forEach((table) => fault(`a table is cut off: ${table}`));
  if (screen.rules && judged.has(path)) await judge(page, screen.rules, fault);
  await context.close();
  console.log(`${path} (${name}): ${((performance.now() - begun) / 1000).toFixed(1)} s${done}`);
}

async function walk(page, fault) {
  const folded = await page.evaluate(folds);
  folded.closed.forEach((text) => fault(`a fold does not open: ${text}`));
  const linked = await page.evaluate(links);
  linked.lost.forEach((href) => fault(`a link leads nowhere: ${href}`));
  return `, ${folded.count} folds, ${linked.count} links`;
}

async function judge(page, rules, fault) {
  await page.evaluate(axe);
  const options = { resultTypes: ["violations"], ...rules };
  const { violations } = await page.evaluate((options) => globalThis.axe.run(options), options);
  for (const one of violations) {
    const where = one.nodes.slice(0, 3).map((node) => node.target.join(" ")).join(", ");
    fault(`accessibility, ${one.id}: ${one.help} (${one.nodes.length} times, first at ${where})`);
  }
}

/** The time until a page is loaded, one page at a time; the best of three, as the machine may do other things. */
async function load(browser, path) {
  const page = await browser.newPage();
  let took = Infinity;
  for (let times = 0; times < 3 && took > most; times += 1) {
    await page.goto(pathToFileURL(resolve(path)).href);
    took = Math.min(took, await page.evaluate(() => performance.getEntriesByType("navigation")[0].loadEventEnd));
  }
  await page.close();
  if (took > most) faults.push(`${path}: loads in ${took.toFixed(0)} ms, more than ${most}`);
  console.log(`${path}: loads in ${took.toFixed(0)} ms`);
  await whole(browser, pathToFileURL(resolve(path)).href, listen, (what) => faults.push(`${path} (without scripts): ${what}`));
}

const browser = await chromium.launch({ executablePath, args, headless: true });
// The largest page is the last of them and takes longest.
const due = [...pages].reverse().flatMap((path) => screens.map((screen) => [path, screen]));
const worker = async () => {
  for (let next = due.shift(); next; next = due.shift()) await look(browser, ...next);
};
try {
  for (const path of pages) await load(browser, path);
  await Promise.all(Array.from({ length: availableParallelism() }, worker));
} finally {
  await browser.close();
}
faults.forEach((fault) => console.error(fault));
process.exitCode = faults.length > 0 ? 1 : 0;
