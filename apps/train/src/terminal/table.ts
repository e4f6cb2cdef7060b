import Table from 'cli-table3';

/** A table for the terminal: bold heading, no lines between rows. The first `left` columns are left-aligned, the others right-aligned. */
export function plainTable(head: readonly string[], rows: readonly (readonly string[])[], { left = 1 } = {}): string {
  const table = new Table({
    head: [...head],
    colAligns: head.map((_, column) => (column < left ? 'left' : 'right')),
    chars: { mid: '', 'left-mid': '', 'mid-mid': '', 'right-mid': '' },
    style: { head: process.stdout.isTTY ? ['bold'] : [], border: [] },
  });
  table.push(...rows.map((row) => [...row]));
  return table.toString();
}
