// Opens report pages in Chromium and fails with what a reader would stumble over: a console error,
// a request, a fold that does not open, a link that leads nowhere, a page wider than the screen, an
// accessibility violation. Usage: node test.mjs CHROMIUM SHOTS PAGE...
import { readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { chromium } from "playwright-core";

const [executablePath, shots, ...pages] = process.argv.slice(2);
const axe = readFileSync(new URL("node_modules/axe-core/axe.min.js", import.meta.url), "utf8");
const args = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
  "--disable-background-networking", "--disable-component-update", "--disable-sync"];
const screens = [
  { name: "phone", width: 390, height: 844 },
  { name: "laptop", width: 1280, height: 800 },
  { name: "dark", width: 1280, height: 800, colorScheme: "dark" },
  { name: "print", width: 794, height: 1123, media: "print" },
];
const faults = [];

/** Collects everything the page says or asks for that it should not. */
function listen(page, name) {
  const fault = (what) => faults.push(`${name}: ${what}`);
  page.on("console", (message) => fault(`console ${message.type()}: ${message.text()}`));
  page.on("pageerror", (error) => fault(`error: ${error.message}`));
  page.on("dialog", (dialog) => { fault(`dialog: ${dialog.message()}`); return dialog.dismiss(); });
  page.on("popup", () => fault("a window opened"));
  page.on("request", (request) => {
    const own = request.isNavigationRequest() && request.url().startsWith("file:");
    if (!own && !request.url().startsWith("data:")) fault(`request: ${request.url()}`);
  });
  return fault;
}

/** Clicks every fold; gives those that did not open. */
async function folds(page) {
  const all = await page.locator("summary").all();
  const closed = [];
  for (const fold of all) {
    await fold.click();
    const open = await fold.evaluate((summary) => summary.parentElement.open);
    if (!open) closed.push(await fold.innerText());
  }
  return { count: all.length, closed };
}

/** Follows every link, of equal ones the first; gives those after which their target is not seen. */
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

async function look(browser, path, screen) {
  const { name, width, height, colorScheme = "light", media = "screen" } = screen;
  const context = await browser.newContext({ viewport: { width, height }, colorScheme });
  const page = await context.newPage();
  const fault = listen(page, `${path} (${name})`);
  await page.emulateMedia({ media, colorScheme });
  await page.goto(pathToFileURL(resolve(path)).href);
  const wide = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
  if (media === "screen" && wide > 0) fault(`the page is ${wide} pixels wider than the screen`);
  const shot = join(shots, `${pages.indexOf(path)}-${name}.png`);
  await page.screenshot({ path: shot, fullPage: true });
  if (media === "screen") {
    const folded = await folds(page);
    folded.closed.forEach((text) => fault(`a fold does not open: ${text}`));
    const linked = await page.evaluate(links);
    linked.lost.forEach((href) => fault(`a link leads nowhere: ${href}`));
    await page.evaluate(axe);
    const { violations } = await page.evaluate(() => globalThis.axe.run());
    for (const one of violations) {
      const where = one.nodes.slice(0, 3).map((node) => node.target.join(" ")).join(", ");
      fault(`accessibility, ${one.id}: ${one.help} (${one.nodes.length} times, first at ${where})`);
    }
    console.log(`${path} (${name}): ${folded.count} folds, ${linked.count} links`);
  } else {
    await page.pdf({ path: shot.replace(".png", ".pdf"), format: "A4", printBackground: false });
  }
  await context.close();
}

const browser = await chromium.launch({ executablePath, args, headless: true });
try {
  for (const path of pages) for (const screen of screens) await look(browser, path, screen);
} finally {
  await browser.close();
}
faults.forEach((fault) => console.error(fault));
process.exitCode = faults.length > 0 ? 1 : 0;
