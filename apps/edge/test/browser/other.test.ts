/** Models with unfamiliar inputs or answers: rows of numbers, token ids, a task that the page has no view for. */
import { expect, inject, test } from 'vitest';
import { open, useBrowser } from './open.ts';

useBrowser();

test('rows of numbers are typed as lines; any number of labels may be right', async () => {
  const { page, problems } = await open('/#marks');
  await page.getByLabel('Rows of 2 numbers').fill('1, 2\n3 -4\n\n5;6');
  await page.locator('#words', { hasText: 'line 4' }).waitFor();
  expect(await page.locator('#words .word').allTextContents()).toEqual(['line 1', 'line 2', 'line 4']);
  expect(await page.locator('.bar').count()).toBe(3);
  expect(await page.textContent('#verdict')).toMatch(/^(none of the labels|(fast|loud|far), \d+ %( · (fast|loud|far), \d+ %)*)$/);
  await page.getByLabel('Rows of 2 numbers').fill('1, 2\n3, x');
  await page.getByText('Line 2: number 2 is not a number: "x".').waitFor();
  await page.getByLabel('Rows of 2 numbers').fill('1, 2, 3');
  await page.locator('#input-error', { hasText: /length|2/ }).waitFor();
  expect(problems.every((problem) => problem.includes('422'))).toBe(true);
  await page.close();
});

test('token ids are tagged one by one', async () => {
  const { page, problems } = await open('/#ids');
  await page.getByLabel('Token ids').fill('1 2, 3 1 1 1 1');
  await page.getByText('1 step not read: the model reads 6 of 7').waitFor();
  expect(await page.locator('.tagged .word').allTextContents()).toEqual(['1', '2', '3', '1', '1', '1']);
  expect(problems).toEqual([]);
  await page.close();
});

test('the answer of an unknown task is an outline of names and values', async () => {
  const { page, problems } = await open('/');
  await page.route('**/v1/models/topics', async (route) => {
    const response = await route.fetch();
    const details = (await response.json()) as object;
    await route.fulfill({ response, json: { ...details, task: 'unheard-of' } });
  });
  await page.goto(`${inject('origin')}/#topics`);
  await page.locator('#answer dt', { hasText: 'probabilities' }).waitFor();
  expect(await page.locator('#answer dl dl dt').allTextContents()).toEqual(['travel', 'sport', 'money']);
  expect(await page.locator('#answer').textContent()).not.toMatch(/[{}[\]"]/);
  expect(problems).toEqual([]);
  await page.close();
});
