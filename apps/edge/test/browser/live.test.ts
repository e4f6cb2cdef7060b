/** Live sessions of the page. */
import { expect, test } from 'vitest';
import { open, useBrowser } from './open.ts';

useBrowser();

test('a session answers word by word, also after a disconnection', async () => {
  const { page, problems } = await open('/#sentiment');
  await page.getByText('Live session: one word at a time').click();
  const push = async (word: string, steps: number) => {
    await page.getByLabel('Next word').fill(word);
    await page.keyboard.press('Enter');
    await page.getByText(`The session has read ${steps} step`).waitFor();
  };
  await push('the', 1);
  await push('zorblax', 2);
  await page.getByRole('button', { name: 'Disconnect' }).click();
  await page.getByText('The server keeps the state').waitFor();
  await push('was', 3);
  expect(await page.locator('.live .word').allTextContents()).toEqual(['the', 'zorblax', 'was']);
  expect(await page.locator('.live .unknown.word').allTextContents()).toEqual(['zorblax']);
  await page.getByRole('button', { name: 'Start over' }).click();
  await page.getByText('Started over.').waitFor();
  expect(await page.locator('.live .word').count()).toBe(0);
  expect(problems).toEqual([]);
  await page.close();
});

test('words typed while the socket opens are read in the order typed, on one socket', async () => {
  const { page } = await open('/');
  let sockets = 0;
  const frames: unknown[] = [];
  await page.routeWebSocket(/\/v1\/sessions\//, (socket) => {
    sockets++;
    const server = socket.connectToServer();
    socket.onMessage((message) => {
      frames.push((JSON.parse(String(message)) as { input: unknown }).input);
      server.send(message);
    });
    server.onMessage((message) => setTimeout(() => socket.send(message), frames.length === 0 ? 500 : 0));
  });
  await page.goto(`${page.url().split('#')[0]}#sentiment`);
  await page.getByText('Live session: one word at a time').click();
  const words = ['the', 'food', 'was', 'not', 'so', 'good'];
  for (const word of words) {
    await page.getByLabel('Next word').fill(word);
    await page.keyboard.press('Enter');
  }
  await page.getByText('The session has read 6 steps').waitFor();
  expect(frames).toEqual(words);
  expect(await page.locator('.live .word').allTextContents()).toEqual(words);
  expect(sockets).toBe(1);
  await page.close();
});

test('a session that cannot be opened shows the reason and the pieces that were not sent', async () => {
  const { page } = await open('/#sentiment');
  await page.getByText('Live session: one word at a time').click();
  await page.routeWebSocket(/\/v1\/sessions\//, (socket) => socket.close());
  await page.getByLabel('Next word').fill('the');
  await page.keyboard.press('Enter');
  await page.getByText('The session cannot be opened; 1 piece not sent.').waitFor();
  await page.close();
});

test('a broken connection shows which pieces got no answer, and later answers appear at their own words', async () => {
  const { page } = await open('/');
  let breaks = true;
  await page.routeWebSocket(/\/v1\/sessions\//, (socket) => {
    const server = socket.connectToServer();
    socket.onMessage((message) => (breaks ? socket.close() : server.send(message)));
    server.onMessage((message) => socket.send(message));
  });
  await page.goto(`${page.url().split('#')[0]}#sentiment`);
  await page.getByText('Live session: one word at a time').click();
  const push = async (word: string) => {
    await page.getByLabel('Next word').fill(word);
    await page.keyboard.press('Enter');
  };
  await push('lost');
  await page.getByText('The connection closed before 1 piece got an answer.').waitFor();
  breaks = false;
  await push('found');
  await page.getByText('The session has read 1 step').waitFor();
  expect(await page.locator('.live .word').allTextContents()).toEqual(['found']);
  await page.close();
});

test('rows go to a forecaster one by one; a changed table starts the session over', async () => {
  const { page, problems } = await open('/#weather', { viewport: { width: 900, height: 1200 } });
  await page.getByText('Live session: one row at a time').click();
  for (let row = 1; row <= 3; row++) {
    await page.getByRole('button', { name: 'Push the next row' }).click();
    await page.getByText(`The session has read ${row} step`).waitFor();
  }
  await page.getByText('After 3 rows').waitFor();
  // A chart draws itself once the browser has laid out its figure.
  await page.locator('.live canvas').nth(1).waitFor();
  expect(await page.locator('.live canvas').count()).toBe(2);
  const table = page.getByLabel('History, the oldest row first');
  await table.fill((await table.inputValue()).replace(',30,', ',31,'));
  await page.getByText('Started over.').waitFor();
  expect(await page.locator('.live canvas').count()).toBe(0);
  await page.getByRole('button', { name: 'Push the next row' }).click();
  await page.getByText('The session has read 1 step').waitFor();
  expect(problems).toEqual([]);
  await page.close();
});
