/** npm run pictures -w @unroll/edge: takes the pictures docs/playground*.png of the built-in models. Needs npm run build and Chromium. */
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { launchChromium } from './chromium.ts';
import { startDevServer } from './dev-server.ts';
import { newKey } from './new-key.ts';

const docs = join(import.meta.dirname, '../../../docs');

/** The README's pictures: for each the model and the steps before the picture is taken. */
const pictures: { file: string; model: string; prepare: (page: Page) => Promise<void> }[] = [
  {
    file: 'playground.png',
    model: 'sentiment',
    prepare: async (page) => {
      await page.locator('#curve').waitFor();
    },
  },
  {
    file: 'playground-forecast.png',
    model: 'weather',
    prepare: async (page) => {
      await page.locator('.plot canvas').nth(1).waitFor();
    },
  },
  {
    file: 'playground-generate.png',
    model: 'moby-dick',
    prepare: async (page) => {
      await page.getByText(/^300 tokens/).waitFor();
    },
  },
];

const directory = mkdtempSync(join(tmpdir(), 'unroll-pictures-'));
const server = await startDevServer({ port: await freePort(), directory, key: newKey('pictures') }, new AbortController().signal);
const browser = await launchChromium();
try {
  for (const picture of pictures) await take(browser, picture);
} finally {
  await browser.close();
  await server?.stop();
  rmSync(directory, { recursive: true });
}

async function take(browser: Browser, { file, model, prepare }: (typeof pictures)[number]): Promise<void> {
  const page = await browser.newPage({ viewport: { width: 860, height: 600 }, colorScheme: 'light' });
  await page.goto(`${server?.url}/#${model}`);
  await prepare(page);
  await page.screenshot({ path: join(docs, file), fullPage: true });
  await page.close();
  console.log(`docs/${file}`);
}

async function freePort(): Promise<string> {
  const probe = createServer().listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const { port } = probe.address() as { port: number };
  probe.close();
  return String(port);
}
