/** The page in Chromium, against the Worker as npm run serve starts it. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Browser, chromium, type Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { unpublishLocally } from '../../scripts/publish.ts';
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
  await waitFor(`${origin}/healthz`, server);
  browser = await chromium.launch({
    executablePath,
    args: ['--no-sandbox', '--disable-quic', '--disable-background-networking', '--disable-component-update', '--disable-sync'],
  });
});

afterAll(async () => {
  await browser?.close();
  server?.kill('SIGTERM');
  if (server) await once(server, 'exit');
  unpublishLocally('a-page-test');
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
  expect(await page.locator('.opblock').count()).toBe(3);
  expect(problems).toEqual([]);
  await page.close();
});
