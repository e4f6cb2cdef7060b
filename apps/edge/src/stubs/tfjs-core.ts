/**
 * tfjs-core without what a Worker does not need. Its own entry point also registers optimizers and the model stores of browsers. The stores
 * throw where there is no window, and V8 then parses the whole script a second time to find the line of the error.
 */
import '@tensorflow/tfjs-core/dist/flags.js';
import { getOrMakeEngine } from '@tensorflow/tfjs-core/dist/engine.js';
import { env } from '@tensorflow/tfjs-core/dist/environment.js';
import { buffer } from '@tensorflow/tfjs-core/dist/ops/buffer.js';
import { cast } from '@tensorflow/tfjs-core/dist/ops/cast.js';
import { clone } from '@tensorflow/tfjs-core/dist/ops/clone.js';
import { print } from '@tensorflow/tfjs-core/dist/ops/print.js';
import { isTypedArrayBrowser } from '@tensorflow/tfjs-core/dist/platforms/is_typed_array_browser.js';
import { setOpHandler } from '@tensorflow/tfjs-core/dist/tensor.js';

export * from '@tensorflow/tfjs-core/dist/base.js';

getOrMakeEngine();
env().setPlatform('worker', {
  fetch: (path, init) => fetch(path, init),
  now: () => performance.now(),
  encode: (text) => new TextEncoder().encode(text),
  decode: (bytes, encoding) => new TextDecoder(encoding).decode(bytes),
  isTypedArray: isTypedArrayBrowser,
});
setOpHandler({ buffer, cast, clone, print });
