/**
 * One of several ranks that leave the job, for tests. Rank 1 still answers the others for half a second after their common barrier, as on
 * a busy machine; they may be inside MPI_Finalize then.
 */
import { bindCalls, type Request } from '../src/calls.ts';
import { exitAtOnce } from '../src/exit-at-once.ts';
import { launcherOf } from '../src/launcher.ts';
import { loadLibrary, type MpiLibrary } from '../src/library.ts';

// MPI reads and writes all buffers until their requests are complete.
const toItself = { received: new Uint8Array(new ArrayBuffer(8)), sent: new Uint8Array(new ArrayBuffer(8)) };

exitAtOnce();
const library = loadLibrary(launcherOf(process.env)?.family);
const late = {
  func: (name: string, result: string, types: string[]) => {
    const call = library.handle.func(name, result, types);
    return name === 'MPI_Barrier' ? (world: unknown) => stillAnswering(call(world)) : call;
  },
};
const calls = bindCalls({ ...library, handle: late as unknown as MpiLibrary['handle'] });
const { rank, size } = calls.init();
const left = (rank + size - 1) % size;
const right = (rank + 1) % size;
const [received, sent] = [new Float32Array(new ArrayBuffer(4_000_000)), new Float32Array(new ArrayBuffer(4_000_000)).fill(rank)];
const incoming = calls.receive(received, left, 1);
const outgoing = calls.send(sent, right, 1);
for (const request of [incoming, outgoing]) waitFor(request);
calls.finalize();
console.log(`rank ${rank} left with ${received[0] === left && sent[0] === rank ? 'its message' : 'another message'}`);

function waitFor(request: Request): void {
  while (!calls.isComplete(request));
}

function stillAnswering(code: number): number {
  if (rank !== 1) return code;
  const message = calls.receive(toItself.received, 1, 2);
  for (const end = performance.now() + 500; performance.now() < end; ) calls.isComplete(message);
  waitFor(calls.send(toItself.sent, 1, 2));
  waitFor(message);
  return code;
}
