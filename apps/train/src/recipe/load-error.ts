import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

/** The reason why a module cannot be loaded, with the line if it is known. */
export function loadError(error: Error, path: string): string {
  const place = placeOf(error, path);
  if (!place) return error.message;
  return `${place.file === path ? '' : `${place.file}, `}line ${place.line}: ${error.message}`;
}

interface Place {
  file: string;
  line: number;
}

function placeOf({ stack = '', name }: Error, path: string): Place | undefined {
  // Node puts the place of a syntax error in TypeScript above the message.
  const above = placeAbove(stack);
  if (above) return above;
  // V8 knows the place of a syntax error in JavaScript, but shows it only when it prints the error.
  if (name === 'SyntaxError') return placeAbove(spawnSync(process.execPath, ['--check', path], { encoding: 'utf8' }).stderr);
  const [, url, line] = /^ +at .*?(file:\/\/[^\s)]+?):(\d+):\d+\)?$/m.exec(stack) ?? [];
  return url === undefined ? undefined : { file: fileURLToPath(url), line: Number(line) };
}

function placeAbove(text: string): Place | undefined {
  const [, place = '', line] = /^(.+):(\d+)\n/.exec(text) ?? [];
  if (line === undefined) return undefined;
  return { file: place.startsWith('file:') ? fileURLToPath(place) : place, line: Number(line) };
}
