/** Ranks of one process that exchange messages as MPI does: for tests of many numbers of ranks. */
import type { Bytes } from '../src/calls.ts';
import type { Ranks } from '../src/ordered-sum.ts';

interface End {
  bytes: Uint8Array;
  done(): void;
}

/** @param delays turns of the event loop that each message takes, in a cycle. Content is copied at the end, as MPI may do. */
export function ranksInMemory(size: number, delays: readonly number[]): Ranks[] {
  const queues = new Map<string, { sends: End[]; receives: End[] }>();
  let messages = 0;

  async function deliver(send: End, receive: End): Promise<void> {
    for (let i = delays[messages++ % delays.length] as number; i > 0; i--) await new Promise((resolve) => setImmediate(resolve));
    if (send.bytes.length > receive.bytes.length)
      throw new Error(`a message of ${send.bytes.length} bytes, room for ${receive.bytes.length}`);
    receive.bytes.set(send.bytes);
    // Until now the sender must not change the content, and from now on nobody relies on it.
    send.done();
    receive.done();
  }
  function post(kind: 'sends' | 'receives', name: string, array: Bytes): Promise<void> {
    const queue = queues.get(name) ?? { sends: [], receives: [] };
    queues.set(name, queue);
    return new Promise((done) => {
      queue[kind].push({ bytes: new Uint8Array(array.buffer, array.byteOffset, array.byteLength), done });
      if (queue.sends.length === 0 || queue.receives.length === 0) return;
      deliver(queue.sends.shift() as End, queue.receives.shift() as End);
    });
  }
  return Array.from({ length: size }, (_, rank) => ({
    rank,
    size,
    send: (bytes, to, tag) => post('sends', `${rank} ${to} ${tag}`, bytes),
    receive: (bytes, from, tag) => post('receives', `${from} ${rank} ${tag}`, bytes),
    add(addend, total) {
      for (const [i, value] of addend.entries()) total[i] = (total[i] as number) + value;
    },
  }));
}
