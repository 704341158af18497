// Write, complete, leave and run queries in the workbench with Firefox; print what was seen as JSON.
import puppeteer from "puppeteer-core";

const [url, program] = process.argv.slice(2);
const browser = await puppeteer.launch({ browser: "firefox", executablePath: program, headless: true });
const page = await browser.newPage();
await page.setViewport({ width: 1280, height: 800 });
const seen = { messages: [], foreign: [] };
page.on("console", (said) => seen.messages.push(said.text()));
page.on("pageerror", (error) => seen.messages.push(String(error)));
page.on("request", (sent) => {
  if (!sent.url().startsWith(url)) seen.foreign.push(sent.url());
});

const text = () => page.$eval("textarea[name=query]", (area) => area.value);
const texts = (selector) => page.$$eval(`pierce/${selector}`, (found) => found.map((one) => one.innerText));
const offered = async (first) => {
  await page.waitForFunction(
    (words) => {
      const root = document.querySelector(".editor").shadowRoot ?? document;
      return root.querySelector("[role=option] .cm-completionLabel")?.innerText.startsWith(words);
    },
    { timeout: 20000 },
    first,
  );
  await new Promise((done) => setTimeout(done, 150));
};
const press = async (...keys) => {
  for (const key of keys) await page.keyboard.press(key);
};
const clear = async () => {
  await (await page.$("pierce/.cm-content")).focus();
  await page.keyboard.down("Control");
  await page.keyboard.press("a");
  await page.keyboard.up("Control");
  await page.keyboard.press("Delete");
};
const run = async () => {
  await page.keyboard.down("Control");
  await page.keyboard.press("Enter");
  await page.keyboard.up("Control");
};
const focused = () =>
  page.evaluate(() => {
    let place = document.activeElement;
    while (place?.shadowRoot?.activeElement) place = place.shadowRoot.activeElement;
    return place?.className || place?.innerText;
  });

try {
  await page.goto(`${url}/query`, { waitUntil: "networkidle0" });
  await clear();
  await page.keyboard.type("SELECT * WHERE { ?project a accsm:Project ; supp");
  await offered("accsm:supports");
  seen.options = (await texts("[role=option]")).slice(0, 3);
  await press("Enter");
  await page.keyboard.type("A.2.2.iv");
  await offered("action-line-apsc-2025:A.2.2.iv");
  await press("Tab");
  seen.query = await text();
  await run();
  await page.waitForSelector("section.answer tbody tr");
  seen.rows = (await page.$$("section.answer tbody tr")).length;
  seen.status = (await texts(".status"))[0];

  await clear();
  await page.keyboard.type("sel");
  await offered("SELECT");
  await press("Escape", "Tab");
  seen.after = await focused();

  await clear();
  await page.keyboard.type("ASK { ?p accsm:suports ?l }", { delay: 5 });
  await press("Escape");
  await page.waitForSelector("pierce/.cm-unknown");
  seen.unknown = await texts(".cm-unknown");

  await clear();
  await page.keyboard.type("ASK { ?s");
  await press("Escape");
  await run();
  await page.waitForSelector("section.problem");
  seen.problem = (await texts("section.problem"))[0];
} catch (error) {
  seen.failed = String(error);
} finally {
  console.log(JSON.stringify(seen));
  await browser.close();
}
