import type { MpiLibrary } from './library.ts';
import { waitForJob } from './process-manager.ts';

/** Memory that MPI reads or writes. It must not move, so small arrays need a buffer of their own (`bytesOf`). */
export type Bytes = Uint8Array | Float32Array | Float64Array;

/** A request of MPI: its handle's bytes. */
export type Request = Uint8Array;

/** The functions of MPI that we call, on the communicator of all processes. @throws all: the library's own text of the error. */
export interface Calls {
  /** Starts MPI. @returns rank and size. */
  init(): { rank: number; size: number };
  /** Starts to send. `bytes` must keep its content until the request is complete. */
  send(bytes: Bytes, to: number, tag: number): Request;
  /** Starts to receive at most so many bytes. */
  receive(bytes: Bytes, from: number, tag: number): Request;
  isComplete(request: Request): boolean;
  /** total[i] += addend[i] */
  add(addend: Float32Array, total: Float32Array): void;
  finalize(): void;
  /** Ends all processes of the job. */
  abort(code: number): void;
}

/** Only one thread calls MPI. */
const THREAD_FUNNELED = 1;

/** Milliseconds in which, usually, every rank leaves MPI_Barrier once the first one has left it; some 100 ms on a busy machine. */
const PAUSE_MS = 1000;

export function bindCalls({ handle: library, abi, version }: MpiLibrary, env = process.env): Calls {
  const { handle, world, byte, float, sum, errorsReturn, statusIgnore, requestBytes } = abi;
  const bind = (name: string, types: string[]) => library.func(name, 'int', types) as (...values: unknown[]) => number;
  const errorString = bind('MPI_Error_string', ['int', 'void *', 'void *']);
  const initThread = bind('MPI_Init_thread', ['void *', 'void *', 'int', 'void *']);
  const setErrorHandler = bind('MPI_Comm_set_errhandler', [handle, handle]);
  const commRank = bind('MPI_Comm_rank', [handle, 'void *']);
  const commSize = bind('MPI_Comm_size', [handle, 'void *']);
  const isend = bind('MPI_Isend', ['void *', 'int', handle, 'int', 'int', handle, 'void *']);
  const irecv = bind('MPI_Irecv', ['void *', 'int', handle, 'int', 'int', handle, 'void *']);
  const test = bind('MPI_Test', ['void *', 'void *', 'void *']);
  const reduceLocal = bind('MPI_Reduce_local', ['void *', 'void *', 'int', handle, handle]);
  const barrier = bind('MPI_Barrier', [handle]);
  const finalize = bind('MPI_Finalize', []);
  const abort = bind('MPI_Abort', [handle, 'int']);

  function check(code: number, what: string): void {
    if (code === 0) return;
    const text = Buffer.alloc(4096);
    errorString(code, text, new Int32Array(1));
    throw new Error(`mpi: ${what} failed: ${text.toString('latin1', 0, text.indexOf(0))}`);
  }
  const number = new Int32Array(new ArrayBuffer(4));
  function numberOf(ask: (communicator: unknown, into: Int32Array) => number, what: string): number {
    check(ask(world, number), what);
    return number[0] as number;
  }
  const newRequest = (): Request => new Uint8Array(new ArrayBuffer(requestBytes));
  const done = new Int32Array(new ArrayBuffer(4));

  return {
    init() {
      check(initThread(null, null, THREAD_FUNNELED, number), 'MPI_Init_thread');
      check(setErrorHandler(world, errorsReturn), 'MPI_Comm_set_errhandler');
      return { rank: numberOf(commRank, 'MPI_Comm_rank'), size: numberOf(commSize, 'MPI_Comm_size') };
    },
    send(bytes, to, tag) {
      const request = newRequest();
      check(isend(bytes, bytes.byteLength, byte, to, tag, world, request), `a send to rank ${to}`);
      return request;
    },
    receive(bytes, from, tag) {
      const request = newRequest();
      check(irecv(bytes, bytes.byteLength, byte, from, tag, world, request), `a receive from rank ${from}`);
      return request;
    },
    isComplete(request) {
      check(test(request, done, statusIgnore), 'a transfer between ranks');
      return done[0] !== 0;
    },
    add: (addend, total) => check(reduceLocal(addend, total, total.length, float, sum), 'MPI_Reduce_local'),
    finalize() {
      check(barrier(world), 'MPI_Barrier');
      if (/^MPICH (3|4\.[01])\./.test(version)) stopAnswering(env);
      check(finalize(), 'MPI_Finalize');
    },
    abort: (code) => void abort(world, code),
  };
}

/**
 * Keeps MPI_Finalize of MPICH before 4.2 from hanging on UCX over TCP. There, a rank asks its peers to acknowledge what it sent, then waits in
 * the process manager's barrier and acknowledges nothing more. A rank that is late and asks only then gets no answer. After a barrier in which
 * no rank answers, every rank asks first, and a connection keeps the order. MPICH 4.2 does the same (https://github.com/pmodels/mpich/pull/6596).
 */
function stopAnswering(env: NodeJS.ProcessEnv): void {
  if (!waitForJob(env)) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, PAUSE_MS);
}
