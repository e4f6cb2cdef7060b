import koffi from 'koffi';

/**
 * Makes this process end with the operating system's own call, after its 'exit' listeners. process.exit waits for V8's compiler threads,
 * and these may wait, forever, for a garbage collection of the main thread (https://github.com/nodejs/node/issues/54918). Open MPI's exit
 * handlers crash once Node has freed what they use.
 */
export function exitAtOnce(): void {
  const exit = koffi.load(null).func('_exit', 'void', ['int']);
  process.on('exit', (code) => exit(code));
}
