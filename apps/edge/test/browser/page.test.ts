/** The page in Chromium, against the Worker as npm run serve starts it. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { build } from 'esbuild';
import { type Browser, chromium, type Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { tinyModel } from '../../src/testing/tiny-model.ts';
import { freePort, waitFor } from '../servers.ts';

const executablePath = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'].find((path) => existsSync(path));
const model = join(mkdtempSync(join(tmpdir(), 'unroll-page-')), 'a.safetensors');

let server: ChildProcess;
let browser: Browser;
let origin = '';

beforeAll(async () => {
  if (!executablePath) throw new Error('no Chromium found: apt-get install chromium');
  // Named to come first in the list: the page takes the first model that fits.
  writeFileSync(model, (await tinyModel('a-page-test')).bytes);
  const port = await freePort();
  origin = `http://127.0.0.1:${port}`;
  server = spawn(process.execPath, [join(import.meta.dirname, '../../scripts/serve.ts'), '--model', model, '--port', String(port)], {
    stdio: 'inherit',
  });
  await waitFor(`${origin}/v1/models/a-page-test`, server);
  browser = await chromium.launch({
    executablePath,
    args: ['--no-sandbox', '--disable-quic', '--disable-background-networking', '--disable-component-update', '--disable-sync'],
  });
});

afterAll(async () => {
  await browser?.close();
  server?.kill('SIGTERM');
  if (server) await once(server, 'exit');
});

/** The page once it has its first answer; page errors and refused loads fail the test. */
async function open(viewport: { width: number; height: number }, path = '/'): Promise<{ page: Page; problems: string[] }> {
  const page = await browser.newPage({ viewport });
  const problems: string[] = [];
  page.on('pageerror', (error) => problems.push(error.message));
  page.on('console', (message) => message.type() === 'error' && problems.push(message.text()));
  page.on('requestfailed', (request) => problems.push(`${request.url()} failed`));
  await page.goto(origin + path);
  return { page, problems };
}

/** Into docs/, when asked: UNROLL_SCREENSHOTS=1 npm run test:browser */
async function screenshot(page: Page, name: string): Promise<void> {
  if (process.env.UNROLL_SCREENSHOTS)
    await page.screenshot({ path: join(import.meta.dirname, `../../../../docs/${name}.png`), fullPage: true });
}

const wordsBegin = (page: Page, word: string) => page.locator('#words', { hasText: new RegExp(`^${word}`) }).waitFor();

describe('the page', () => {
  test('colours each word, draws the curve and follows typing', async () => {
    const { page, problems } = await open({ width: 1000, height: 800 });
    await page.waitForSelector('#words span');
    expect(await page.textContent('#words')).toBe('The food was not good at first, but the dessert was absolutely wonderful.');
    expect(await page.locator('#words span').count()).toBe(13);
    expect(await page.textContent('#verdict')).toMatch(/^(negative|positive), \d+ %$/);

    await page.fill('#text', "Bad SERVICE... isn't <b>good</b>!");
    await wordsBegin(page, 'Bad');
    expect(await page.textContent('#words')).toBe("Bad SERVICE... isn't <b>good</b>!");
    expect(await page.locator('#words b').count()).toBe(0);
    const words = await page.locator('#words span').allTextContents();
    expect(words).toEqual(['Bad', 'SERVICE', "isn't", 'b', 'good', 'b']);
    const points = (await page.getAttribute('#curve .line', 'd'))?.split('L') ?? [];
    expect(points).toHaveLength(words.length);

    await page.fill('#text', '');
    await page.getByText('Type something.').waitFor();
    expect(problems).toEqual([]);
    await page.close();
  });

  test('fits a phone without scrolling sideways, in light and dark', async () => {
    const { page, problems } = await open({ width: 360, height: 740 });
    for (const colorScheme of ['light', 'dark'] as const) {
      await page.emulateMedia({ colorScheme });
      await page.waitForSelector('#words span');
      const [scroll, client] = await page.evaluate<[number, number]>(
        '[document.documentElement.scrollWidth, document.documentElement.clientWidth]',
      );
      expect(scroll).toBeLessThanOrEqual(client);
    }
    await page.getByRole('button', { name: 'Loved every minute' }).click();
    await wordsBegin(page, 'Loved');
    expect(problems).toEqual([]);
    await page.close();
  });

  test('a live session answers word by word, also after a disconnection', async () => {
    const { page, problems } = await open({ width: 800, height: 900 });
    await page.getByText('Live session: one word at a time').click();
    const push = async (word: string, steps: number) => {
      await page.getByLabel('Next word').fill(word);
      await page.keyboard.press('Enter');
      await page.getByText(`The session has read ${steps} steps`).waitFor();
    };
    await push('the', 1);
    await push('food', 2);
    await page.getByRole('button', { name: 'Disconnect' }).click();
    await page.getByText('the state is kept').waitFor();
    await push('was', 3);
    expect(await page.locator('.live .words span').allTextContents()).toEqual(['the', 'food', 'was']);
    await page.getByRole('button', { name: 'Begin anew' }).click();
    await page.getByText('Begun anew.').waitFor();
    expect(problems).toEqual([]);
    await page.close();
  });

  test('shows a forecast with its interval, follows edits, and feeds a session row by row', async () => {
    const { page, problems } = await open({ width: 900, height: 1200 }, '/#weather');
    await page.locator('.charts canvas').nth(1).waitFor();
    await page.getByText('The numbers').click();
    const cells = () => page.locator('details table tbody tr').first().locator('td').allTextContents();
    const [step, low, middle, high] = await cells();
    expect(step).toBe('+1');
    expect(Number(low)).toBeLessThan(Number(middle));
    expect(Number(middle)).toBeLessThan(Number(high));
    await page.getByText('Live session: one row at a time').click();
    for (let row = 1; row <= 3; row++) {
      await page.getByRole('button', { name: 'Push the next row' }).click();
      await page.getByText(`The session has read ${row} steps`).waitFor();
    }
    await page.getByText('temp_max after 3 rows').waitFor();
    await screenshot(page, 'playground-forecast');

    const table = page.getByLabel('History, the oldest row first');
    await table.fill((await table.inputValue()).replace(',30,', ',cold,'));
    await page.waitForSelector('#problem:not([hidden])');
    expect(await page.textContent('#problem')).toBe("Row 1: 'temp_max' is no number.");
    expect(problems).toEqual([]);
    await page.close();
  });

  test('writes as a stream, and stops when asked', async () => {
    const { page, problems } = await open({ width: 900, height: 800 }, '/#moby-dick');
    await page.getByText(/^300 tokens/).waitFor();
    expect((await page.textContent('#written'))?.length).toBe(300);
    await screenshot(page, 'playground-generate');
    await page.getByLabel('Tokens').fill('4000');
    await page.getByRole('button', { name: 'Write' }).click();
    await page.getByText(/^\d\d+ tokens/).waitFor();
    await page.getByRole('button', { name: 'Stop' }).click();
    await page.getByRole('button', { name: 'Write' }).waitFor();
    expect((await page.textContent('#written'))?.length).toBeLessThan(4000);
    // Chromium calls a request that was stopped a failed one.
    expect(problems).toEqual([`${origin}/v1/models/moby-dick/generate failed`]);
    await page.close();
  });

  test('every model can be reached by the keyboard, and fields have names', async () => {
    const { page, problems } = await open({ width: 900, height: 800 });
    await page.waitForSelector('#words span');
    await page.getByRole('link', { name: 'weather' }).focus();
    await page.keyboard.press('Enter');
    await page.locator('.charts canvas').first().waitFor();
    expect(await page.locator('nav [aria-current=page]').textContent()).toContain('weather');
    const unnamed = await page.evaluate<number>(
      "[...document.querySelectorAll('input, textarea')].filter((field) => !field.labels?.length && !field.ariaLabel).length",
    );
    expect(unnamed).toBe(0);
    expect(problems).toEqual([]);
    await page.close();
  });

  test('says what is wrong when the API does', async () => {
    const { page } = await open({ width: 800, height: 700 });
    await page.waitForSelector('#words span');
    await page.route('**/predict', (route) =>
      route.fulfill({
        status: 503,
        contentType: 'application/problem+json',
        body: '{"title":"Service Unavailable","detail":"Try later."}',
      }),
    );
    await page.fill('#text', 'anything');
    await page.waitForSelector('#problem:not([hidden])');
    expect(await page.textContent('#problem')).toBe('Service Unavailable: Try later.');
    await page.close();
  });
});

test('the API docs render from this deployment alone', async () => {
  const { page, problems } = await open({ width: 1000, height: 900 }, '/docs');
  await page.waitForSelector('.opblock');
  expect(await page.locator('.opblock').count()).toBe(14);
  expect(problems).toEqual([]);
  await page.close();
});

test('packages/client runs in a browser: predicts, streams, keeps a session', async () => {
  const { page } = await open({ width: 600, height: 600 }, '/healthz');
  const entry = "export { createClient } from '@unroll/client/client.ts'";
  const { outputFiles } = await build({
    ...{ stdin: { contents: entry, resolveDir: import.meta.dirname }, bundle: true, write: false, format: 'iife', globalName: 'unroll' },
  });
  const script = outputFiles[0]?.text ?? '';
  const said = await page.evaluate<{ labels: string[]; text: string; steps: number }>(`(async () => {
    ${script}
    const client = unroll.createClient({ url: location.origin });
    const { predictions } = await client.predict('sentiment', ['What a wonderful film.']);
    let text = '';
    for await (const event of client.generate('moby-dick', { prompt: 'Call me ', maxTokens: 20 })) if (event.event === 'token') text += event.text;
    const session = await client.session(crypto.randomUUID(), { model: 'sentiment' });
    const { steps } = await session.push('so good');
    session.close();
    return { labels: predictions[0].labels, text, steps };
  })()`);
  expect(said).toEqual({ labels: ['positive'], text: expect.any(String), steps: 2 });
  expect(said.text).toHaveLength(20);
  await page.close();
});

test('the screenshot of the README: the built-in sentiment model', async () => {
  const { page, problems } = await open({ width: 1000, height: 1000 }, '/#sentiment');
  await page.waitForSelector('#words span');
  await page.getByText('Model sentiment:').waitFor();
  await screenshot(page, 'playground');
  expect(problems).toEqual([]);
  await page.close();
});
