// node page.mjs MODULES CHROMIUM: opens the status page in a real browser and does what scenarios say. Each line of standard input is one, as JSON:
// [SCENARIO, URL, ARGUMENT...]; what it has seen is printed as one line of JSON. Nothing of a scenario is left for the next but the running browser. MODULES is
// the folder of packages that .ci/run has installed. Waits are for conditions; their bound is against hangs alone.
import { createInterface } from 'node:readline';
import { createRequire } from 'node:module';
import { connect } from 'node:net';
import { readFileSync } from 'node:fs';
import path from 'node:path';

const [modules, executablePath] = process.argv.slice(2);
const need = createRequire(path.join(modules, 'x.js'));
const { chromium } = need('playwright-core');
const PATIENCE = 90_000;

const browser = await chromium.launch({
  executablePath,
  headless: true,
  chromiumSandbox: false,
  timeout: PATIENCE,
  args: [
    '--headless', '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update',
    '--disable-sync', '--disable-dev-shm-usage',
  ],
});

// Playwright's own wait makes a function of a text, which the page's policy forbids.
const when = async (page, condition, argument) => {
  const end = Date.now() + PATIENCE;
  while (!await page.evaluate(condition, argument)) {
    if (Date.now() > end) throw new Error(`not within ${PATIENCE} ms: ${condition}`);
    await new Promise(done => setTimeout(done, 50));
  }
};

// Of the scenario that is played.
let url, args, seen;
const open = async (options = {}, before = async () => {}) => {
  const context = await browser.newContext({ viewport: { width: 1280, height: 900 }, ...options });
  context.setDefaultTimeout(PATIENCE);
  const page = await context.newPage();
  page.on('console', message => { if (['error', 'warning'].includes(message.type())) seen.console.push(message.text()); });
  page.on('pageerror', error => seen.errors.push(String(error)));
  page.on('request', request => { if (!request.url().startsWith(url) && !request.url().startsWith('data:')) seen.elsewhere.push(request.url()); });
  await page.addInitScript(() => {
    globalThis.violations = [];
    addEventListener('securitypolicyviolation', event => globalThis.violations.push(`${event.violatedDirective} ${event.blockedURI}`));
  });
  await before(page);
  await page.goto(url);
  await when(page, () => !['loading', ''].includes(document.getElementById('verdict').textContent));
  await page.waitForSelector('#rows tr:not(.space):not([hidden])');
  return page;
};
const rowsOf = page => page.$$eval('#rows tr:not(.space)', rows => rows.filter(row => !row.hidden).map(row => [...row.children].map(cell => cell.textContent)));
const cellOf = (page, name, column) => page.evaluate(([service, place]) => {
  const row = [...document.querySelectorAll('#rows tr:not(.space)')].find(one => !one.hidden && one.children[0].textContent.startsWith(service));
  return row?.children[place].textContent;
}, [name, column]);
const until = (page, name, column, expected) => when(page, ([service, place, text]) => {
  const row = [...document.querySelectorAll('#rows tr:not(.space)')].find(one => !one.hidden && one.children[0].textContent.startsWith(service));
  return row && new RegExp(text).test(row.children[place].textContent);
}, [name, column, expected]);
const closing = async page => { seen.violations.push(...await page.evaluate(() => globalThis.violations)); };

const scenarios = {
  async render() {
    const page = await open();
    const result = {
      title: await page.title(), node: await page.textContent('#node'), verdict: await page.textContent('#verdict'), count: await page.textContent('#count'),
      facts: await page.textContent('#facts'), tiles: await page.$$eval('#tiles dt', all => all.map(one => one.textContent)), rows: await rowsOf(page),
      headers: await page.$$eval('#columns th', all => all.map(one => one.textContent)),
    };
    await closing(page);
    return result;
  },

  // args: part of a name, how many fit.
  async search([text, count]) {
    const page = await open();
    await page.fill('#search', text);
    await when(page, expected => document.getElementById('count').textContent.startsWith(`${expected} of `), count);
    const found = await rowsOf(page);
    await page.fill('#search', '');
    await when(page, () => !document.getElementById('count').textContent.includes(' of '));
    await page.click('#columns button:has-text("Service")');
    await when(page, () => document.querySelector('#columns th').getAttribute('aria-sort') === 'ascending');
    await when(page, () => document.querySelector('#rows tr:not(.space) button').textContent !== '…');
    await closing(page);
    return { found, sorted: await rowsOf(page) };
  },

  // args: name of a Service, its port, connections to open.
  async live([name, port, connections]) {
    const page = await open();
    const before = await cellOf(page, name, 2);
    const sockets = [];
    for (let i = 0; i < Number(connections); i++) {
      sockets.push(await new Promise((done, failed) => { const socket = connect(Number(port), '127.0.0.1', () => done(socket)); socket.on('error', failed); }));
      sockets.at(-1).write('hello');
    }
    await until(page, name, 2, `^${connections}$`);
    await until(page, name, 3, '[1-9]');
    const during = await rowsOf(page);
    await page.click(`#rows button:has-text("${name}")`);
    await page.waitForSelector('#chosen:not([hidden]) #endpoints tr');
    const endpoints = await page.$$eval('#endpoints tr', rows => rows.map(row => [...row.children].map(cell => cell.textContent)));
    // A point of the history comes every five seconds.
    await when(page, () => document.querySelector('#tiles polyline').getAttribute('points')?.split(' ').some(point => Number(point.split(',')[1]) < 28));
    for (const socket of sockets) socket.destroy();
    await until(page, name, 2, '^0$');
    await closing(page);
    return { before, during, endpoints };
  },

  // args: part of a name, another one. An answer to what was asked before a click comes after it: it is of nothing that is shown now.
  async late([one, other]) {
    const held = [], past = { one: [1, 2, 3, 4], other: [4, 3, 2, 1] };
    let holds = null;
    const page = await open({}, async page => page.route('**/v1/*', async route => {
      const asked = new URL(route.request().url()), chosen = asked.searchParams.get('chosen');
      const answer = await route.fetch(), json = await answer.json();
      if (asked.pathname.endsWith('/history') && chosen) {
        const active = chosen.includes(one) ? past.one : past.other;
        json.chosen = { active, connections: active, failures: active, bytesIn: active, bytesOut: active };
      }
      const pass = () => route.fulfill({ response: answer, json });
      if (holds?.(asked.pathname, chosen)) held.push(pass); else await pass();
    }));
    const isHeld = async count => { const end = Date.now() + PATIENCE; while (held.length < count && Date.now() < end) await new Promise(done => setTimeout(done, 20)); };
    await page.evaluate(() => {
      globalThis.headings = [];
      new MutationObserver(() => globalThis.headings.push(document.getElementById('chosen-heading').textContent))
        .observe(document.getElementById('chosen-heading'), { childList: true, characterData: true, subtree: true });
    });
    const names = name => when(page, part => document.getElementById('chosen-heading').textContent.includes(part), name);
    const curve = () => page.getAttribute('#chosen-tiles polyline', 'points');
    const drawn = () => when(page, () => (document.querySelector('#chosen-tiles polyline').getAttribute('points') ?? '').split(' ').length === 4);

    // A look that was asked for without a choice.
    holds = (path, chosen) => path.endsWith('/glance') && !chosen;
    await isHeld(1);
    await page.click(`#rows button:has-text("${one}")`);
    holds = null;
    for (const pass of held.splice(0)) await pass();
    await names(one);
    await drawn();
    const ofOne = await curve();

    // A history of the one that was chosen before.
    await page.click(`#rows button:has-text("${other}")`);
    await names(other);
    holds = (path, chosen) => path.endsWith('/history') && chosen?.includes(one);
    await page.click(`#rows button:has-text("${one}")`);
    await isHeld(1);
    await page.click(`#rows button:has-text("${other}")`);
    await names(other);
    await drawn();
    const before = await curve();
    holds = (path, chosen) => path.endsWith('/history') && chosen?.includes(other);
    for (const pass of held.splice(0)) await pass();
    // It has been handled when a later question of the page's own has been answered.
    await page.evaluate(async () => { for (let i = 0; i < 5; i++) { await (await fetch('status.css')).text(); await new Promise(done => setTimeout(done, 0)); } });
    const after = await curve();
    holds = null;
    for (const pass of held.splice(0)) await pass();
    const headings = await page.evaluate(() => globalThis.headings);
    await closing(page);
    return { headings, ofOne, before, after };
  },

  // Somebody who has paused it comes back to the tab.
  async paused() {
    const page = await open();
    await page.click('#pause');
    const asked = [];
    page.on('request', request => asked.push(new URL(request.url()).pathname));
    const back = mark => page.evaluate(async path => { document.dispatchEvent(new Event('visibilitychange')); await fetch(path); }, mark);
    await back('status.css');
    const paused = [...asked];
    await page.click('#pause');
    asked.length = 0;
    await back('status.css');
    await closing(page);
    return { paused, running: [...asked] };
  },

  // args: process to end.
  async gone([pid]) {
    const page = await open();
    process.kill(Number(pid), 'SIGKILL');
    await page.waitForSelector('#gone:not([hidden])');
    const result = { said: await page.textContent('#gone'), verdict: await page.textContent('#verdict'), rows: (await rowsOf(page)).length };
    // Its network errors are what this is about.
    seen.console = seen.console.filter(text => !text.includes('net::ERR_'));
    await closing(page);
    return result;
  },

  // Every text of every answer is one that tries to be more than a text.
  async hostile() {
    const evil = '<img src=x onerror="globalThis.owned=1"><script>globalThis.owned=1</script>';
    const poison = value => typeof value === 'string' ? evil + value : Array.isArray(value) ? value.map(poison)
      : value && typeof value === 'object' ? Object.fromEntries(Object.entries(value).map(([key, one]) => [key, poison(one)])) : value;
    const page = await open({}, async page => page.route('**/v1/*', async route => {
      const answer = await route.fetch();
      const json = await answer.json();
      if (route.request().url().includes('/glance')) {
        json.status.issues.push({ subject: 's', reason: 'r', message: 'm' });
        json.issuesTotal += 1;
        json.status.followed.push({ resource: 'services', heardSecondsAgo: 1, trouble: 't', failure: 'f' });
      }
      await route.fulfill({ response: answer, json: poison(json) });
    }));
    await page.route('**/v1/glance*', async route => {
      const from = new URL(route.request().url());
      from.searchParams.set('chosen', args[0]);
      const answer = await route.fetch({ url: from.toString() });
      const json = await answer.json();
      await route.fulfill({ response: answer, json: poison(json) });
    });
    await page.click('#rows button');
    await page.waitForSelector('#endpoints tr');
    const result = await page.evaluate(() => ({
      owned: globalThis.owned ?? null, images: document.images.length, scripts: document.scripts.length,
      name: document.querySelector('#rows button').textContent, heading: document.getElementById('chosen-heading').textContent,
      inline: document.querySelectorAll('[onerror], [onclick], [onload]').length,
    }));
    await closing(page);
    return result;
  },

  // Scrolls through all Services, a screen or more at a time.
  async many() {
    const page = await open();
    const count = await page.textContent('#count');
    const cdp = await page.context().newCDPSession(page);
    await cdp.send('Performance.enable', { timeDomain: 'threadTicks' });
    const metrics = async () => Object.fromEntries((await cdp.send('Performance.getMetrics')).metrics.map(one => [one.name, one.value]));
    const before = await metrics();
    const scrolled = await page.evaluate(() => new Promise(done => {
      const scroller = document.getElementById('scroller'), frames = [], rows = [];
      let last = performance.now(), blank = 0;
      const next = () => {
        const now = performance.now();
        frames.push(now - last);
        last = now;
        rows.push(document.querySelectorAll('#rows tr').length);
        blank += [...document.querySelectorAll('#rows tr:not(.space)')].filter(row => !row.hidden && row.children[0].textContent === '…').length > 0 ? 1 : 0;
        if (frames.length === 240) { done({ frames, most: Math.max(...rows), blank, top: scroller.scrollTop }); return; }
        scroller.scrollTop += 300;
        requestAnimationFrame(next);
      };
      requestAnimationFrame(next);
    }));
    const after = await metrics();
    await page.evaluate(() => { const scroller = document.getElementById('scroller'); scroller.scrollTop = scroller.scrollHeight; });
    await when(page, () => {
      const rows = [...document.querySelectorAll('#rows tr:not(.space)')].filter(row => !row.hidden);
      return rows.length > 0 && rows.every(row => row.children[0].textContent !== '…') && Number(rows.at(-1).getAttribute('aria-rowindex')) > 9000;
    });
    const end = (await rowsOf(page)).at(-1);
    const sorted = scrolled.frames.slice(5).sort((a, b) => a - b);
    await closing(page);
    return {
      count, end, most: scrolled.most, blank: scrolled.blank, top: scrolled.top,
      median: sorted[Math.floor(sorted.length / 2)], p95: sorted[Math.floor(sorted.length * 0.95)],
      work: 1000 * (after.TaskDuration - before.TaskDuration) / scrolled.frames.length,
    };
  },

  // args: the Service to open, and a folder for pictures or nothing.
  async axe([name, pictures]) {
    const source = readFileSync(path.join(modules, 'axe-core', 'axe.min.js'), 'utf8');
    const results = [];
    for (const colorScheme of ['light', 'dark']) {
      for (const width of [1280, 400]) {
        const page = await open({ colorScheme, viewport: { width, height: 900 } });
        await page.click(`#rows button:has-text("${name}")`);
        await page.waitForSelector('#chosen:not([hidden]) #endpoints tr');
        if (pictures) {
          await page.evaluate(() => scrollTo(0, 0));
          if (args[2]) await page.waitForTimeout(Number(args[2]));
          await page.screenshot({ path: path.join(pictures, `page-${colorScheme}-${width}.png`), fullPage: width === 400 });
        }
        await page.evaluate(source);
        const found = await page.evaluate(() => axe.run());
        results.push({
          colorScheme, width, violations: found.violations.map(one => `${one.id}: ${one.nodes.map(node => node.html).join(' | ').slice(0, 400)}`),
          passes: found.passes.length, ground: await page.evaluate(() => getComputedStyle(document.body).backgroundColor),
          overflow: await page.evaluate(() => document.documentElement.scrollWidth - innerWidth),
        });
        await closing(page);
        await page.context().close();
      }
    }
    return { results };
  },
};

for await (const line of createInterface({ input: process.stdin })) {
  const [scenario, ...rest] = JSON.parse(line);
  [url, ...args] = rest;
  seen = { console: [], errors: [], elsewhere: [], violations: [] };
  const result = await scenarios[scenario](args).then(found => ({ ...found, seen }), error => ({ failed: String(error.stack) }));
  for (const context of browser.contexts()) await context.close();
  console.log(JSON.stringify(result));
}
await browser.close();
