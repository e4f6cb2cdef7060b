import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

/** Why a module cannot be loaded, after the line where that can be told. */
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
  // V8 knows the place of one in JavaScript, and tells it only where the error is printed.
  if (name === 'SyntaxError') return placeAbove(spawnSync(process.execPath, ['--check', path], { encoding: 'utf8' }).stderr);
  const [, url, line] = /^ +at .*?(file:\/\/[^\s)]+?):(\d+):\d+\)?$/m.exec(stack) ?? [];
  return url === undefined ? undefined : { file: fileURLToPath(url), line: Number(line) };
}

function placeAbove(text: string): Place | undefined {
  const [, place = '', line] = /^(.+):(\d+)\n/.exec(text) ?? [];
  if (line === undefined) return undefined;
  return { file: place.startsWith('file:') ? fileURLToPath(place) : place, line: Number(line) };
}
