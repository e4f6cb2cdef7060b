import type { ByteSource } from './bytes.ts';

/** A line of a text and the place of its bytes. */
export interface Line {
  text: string;
  /** The line break that ends it: '' at the end of a file. */
  end: string;
  /** Counted from 1. */
  line: number;
  offset: number;
  /** Without the line break and a byte order mark. */
  bytes: number;
}

const LONGEST = 1 << 26;

/**
 * Lines that end with \n or \r\n, or with \r if the file's first chunk has no \n. A byte order mark is not part of the first line.
 * @throws an error that names a line longer than `LONGEST` bytes.
 */
export function* linesOf(source: ByteSource, encoding: string): Generator<Line> {
  const decoder = new TextDecoder(encoding, { ignoreBOM: true });
  const width = encoding.startsWith('utf-16') ? 2 : 1;
  const unit = (code: number) => Buffer.from(encoding === 'utf-16be' ? [0, code] : [code, 0].slice(0, width));
  const [feed, carriage] = [unit(10), unit(13)];
  let lineEnd = feed;
  let rest: Buffer = Buffer.alloc(0);
  let [line, offset] = [1, 0];
  const take = (buffer: Buffer, ended: boolean): Line => {
    const dropped = ended && lineEnd === feed && buffer.subarray(-width).equals(carriage) ? width : 0;
    const whole = decoder.decode(buffer.subarray(0, buffer.length - dropped));
    const mark = offset === 0 && whole.startsWith('\ufeff');
    const markBytes = mark ? (width === 2 ? 2 : 3) : 0;
    const taken = {
      text: mark ? whole.slice(1) : whole,
      end: ended ? `${dropped ? '\r' : ''}${lineEnd === feed ? '\n' : '\r'}` : '',
      line: line++,
      offset: offset + markBytes,
      bytes: buffer.length - dropped - markBytes,
    };
    offset += buffer.length + (ended ? width : 0);
    return taken;
  };
  for (const chunk of source.chunks()) {
    if (offset === 0 && rest.length === 0 && chunk.includes(13) && indexOf(chunk, feed, 0) < 0) lineEnd = carriage;
    const buffer = rest.length ? Buffer.concat([rest, chunk]) : chunk;
    let start = 0;
    for (let at = indexOf(buffer, lineEnd, 0); at >= 0; at = indexOf(buffer, lineEnd, start)) {
      yield take(buffer.subarray(start, at), true);
      start = at + width;
    }
    rest = buffer.subarray(start);
    if (rest.length > LONGEST)
      throw new Error(`${source.name}, line ${line}: the line is longer than ${LONGEST >> 20} MB; is this a table?`);
  }
  if (rest.length) yield take(rest, false);
}

/** The offset of a unit of one or two bytes, at a whole number of units from `from`; -1 if there is none. */
function indexOf(buffer: Buffer, unit: Buffer, from: number): number {
  let at = buffer.indexOf(unit, from);
  while (at >= 0 && (at - from) % unit.length !== 0) at = buffer.indexOf(unit, at + 1);
  return at;
}
