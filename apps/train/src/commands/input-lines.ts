/** A line of input and its number, from 1. */
export interface InputLine {
  text: string;
  line: number;
}

/**
 * Lines that end with \n or \r\n. Lines that arrive together are one list. A byte order mark is not part of the first line. The last line
 * does not need a line end.
 * @throws an error that names the line of the first byte that is not UTF-8, or a line before it.
 */
export async function* inputLines(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<InputLine[]> {
  const decoder = new TextDecoder('utf-8', { fatal: true });
  let rest = '';
  let line = 1;
  const decode = (chunk?: Uint8Array) => {
    try {
      return chunk ? decoder.decode(chunk, { stream: true }) : decoder.decode();
    } catch (cause) {
      throw new Error(`standard input is not UTF-8, from line ${line} on or later; convert it first`, { cause });
    }
  };
  for await (const chunk of chunks) {
    const lines = (rest + decode(chunk)).split('\n');
    rest = lines.pop() as string;
    yield lines.map((text) => ({ text: text.endsWith('\r') ? text.slice(0, -1) : text, line: line++ }));
  }
  rest += decode();
  if (rest !== '') yield [{ text: rest, line }];
}
