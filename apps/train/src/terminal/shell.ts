import { isAbsolute, relative } from 'node:path';

/** The command that a person types for some arguments of the command line, quoted for a shell. */
export const commandLine = (...args: readonly string[]): string => `npm run unroll -- ${args.map(quoted).join(' ')}`;

const quoted = (word: string) => (/^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`);

/** A path as it is shortest to type here. */
export function shown(path: string): string {
  const near = isAbsolute(path) ? relative(process.cwd(), path) : path;
  return near.length < path.length ? near : path;
}
