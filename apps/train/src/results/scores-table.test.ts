import { expect, test } from 'vitest';
import { scoresTable } from './scores-table.ts';

test('each row has its scores, their mean and their standard deviation', () => {
  const table = scoresTable({
    title: 'test accuracy',
    seeds: [1, 2, 3],
    rows: [
      { name: 'int8', values: [2, 4, 9] },
      { name: 'cut off', values: [3] },
    ],
    format: (value) => value.toFixed(2),
  });
  const cells = table.split('\n').map((line) => line.split('│').map((cell) => cell.trim()));
  expect(cells.find(([, name]) => name === 'test accuracy')?.slice(2, -1)).toEqual(['seed 1', 'seed 2', 'seed 3', 'mean', '±']);
  expect(cells.find(([, name]) => name === 'int8')?.slice(2, -1)).toEqual(['2.00', '4.00', '9.00', '5.00', '3.61']);
  expect(cells.find(([, name]) => name === 'cut off')?.slice(2, -1)).toEqual(['3.00', '', '', '3.00', '']);
});
