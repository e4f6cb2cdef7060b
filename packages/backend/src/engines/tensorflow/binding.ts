/** TensorFlow's C library through tfjs-node. No other file touches tfjs-node's insides. */
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import nodeUtil from 'node:util';
import * as tf from '@tensorflow/tfjs-core';
import type { TensorflowSetup } from '../../engine.ts';
import { explainError } from './explain-error.ts';

/** The only version of tfjs-node whose internals this file supports. */
export const TFJS_NODE_VERSION = '4.22.0';
/** An op's attribute with its type, such as `{ bool: true }`. */
export type OpAttr = { bool: boolean } | { int: number } | { float: number } | { string: string } | { type: 'float32' | 'int32' | 'int8' };
/** An int64 scalar in host memory. tfjs has no int64. */
export interface Int64 {
  int64: number;
}

/** TensorFlow, loaded and registered as the tfjs backend 'tensorflow' of this thread. */
export interface Tensorflow {
  /** TensorFlow's version. */
  readonly version: string;
  readonly gpu: boolean;
  /**
   * Runs an op of TensorFlow by its name. Type attributes may be left out: TensorFlow infers them, except for list inputs.
   * Hazard: TensorFlow logs and ignores an unknown attribute name.
   */
  execute(name: string, inputs: readonly (tf.Tensor | Int64)[], attrs: Record<string, OpAttr>, outputs: number): tf.Tensor[];
  /** Loads a graph, the bytes of a SavedModel tagged 'serve'. A run brings its inputs to host memory. */
  loadGraph(savedModel: Uint8Array): LoadedGraph;
  /** Tensor handles alive in TensorFlow. */
  handles(): number;
  /** Unloads the graphs and removes the backend with its tensors. */
  stop(): void;
}

export interface LoadedGraph {
  /** Inputs and outputs by the names of their nodes. */
  run(inputs: Record<string, tf.Tensor>, outputs: readonly string[]): tf.Tensor[];
}

/** A handle of TensorFlow as the addon returns it. */
interface Handle {
  id: number;
  shape: number[];
  dtype: number;
}
interface Attr {
  name: string;
  type: number;
  value: unknown;
}

/** The addon's functions and constants that are used here. */
interface Addon {
  readonly TF_Version: string;
  readonly [constant: `TF_${string}`]: number | string;
  createTensor(shape: number[], dtype: number, values: ArrayBufferView): number;
  deleteTensor(id: number): void;
  executeOp(name: string, attrs: Attr[], inputs: number[], outputs: number): Handle[];
  loadSavedModel(folder: string, tags: string): number;
  deleteSavedModel(id: number): void;
  runSavedModel(id: number, inputs: number[], inputNames: string, outputNames: string): Handle[];
  isUsingGpuDevice(): boolean;
  getNumOfTensors(): number;
}

const addonFunctions = [
  'createTensor',
  'deleteTensor',
  'executeOp',
  'loadSavedModel',
  'deleteSavedModel',
  'runSavedModel',
  'isUsingGpuDevice',
  'getNumOfTensors',
] as const;
const addonConstants = ['TF_Version', 'TF_FLOAT', 'TF_INT32', 'TF_INT64', 'TF_BOOL'] as const;
const attrTypes = {
  bool: 'TF_ATTR_BOOL',
  float: 'TF_ATTR_FLOAT',
  int: 'TF_ATTR_INT',
  string: 'TF_ATTR_STRING',
  type: 'TF_ATTR_TYPE',
} as const;

/** tfjs-node's backend class. */
interface NodeBackend extends tf.KernelBackend {
  tensorMap: { set(dataId: object, data: object): void };
  getInputTensorIds(tensors: readonly tf.Tensor[]): number[];
  createOutputTensor(handle: Handle): tf.Tensor;
}

/** TensorFlow's number of int8, which the addon does not name. */
const TF_INT8 = 6;
/** Where the packages of an assembled folder look for the process's only tfjs-core. */
const coreKey = Symbol.for('unroll.tfjs-core');

let loaded: (Tensorflow & { folder: string; backend: NodeBackend }) | undefined;

/**
 * Loads tfjs-node or tfjs-node-gpu, which hold the same JavaScript, from `folder`/node_modules, once per thread, and makes it tfjs's current backend.
 * @throws if nothing is installed there, TensorFlow does not load, or an internal that this file relies on is missing.
 */
export async function loadTensorflow(folder: string, packageName: TensorflowSetup['package']): Promise<Tensorflow> {
  if (loaded && loaded.folder !== folder) {
    throw new Error(`tensorflow: this process already runs TensorFlow from ${loaded.folder}; start another process for ${folder}`);
  }
  loaded ??= { ...load(folder, packageName), folder };
  const { backend } = loaded;
  if (!tf.findBackendFactory('tensorflow')) tf.registerBackend('tensorflow', () => backend);
  if (!(await tf.setBackend('tensorflow'))) throw new Error('tensorflow: tfjs refused the backend');
  return loaded;
}

function load(folder: string, packageName: TensorflowSetup['package']): Tensorflow & { backend: NodeBackend } {
  const packageFile = join(folder, 'node_modules', packageName, 'package.json');
  if (!existsSync(packageFile)) throw new Error(`tensorflow: ${packageFile} is missing`);
  const require = createRequire(join(folder, 'package.json'));
  const { version } = JSON.parse(readFileSync(packageFile, 'utf8')) as { version: string };
  expectInternals(version === TFJS_NODE_VERSION, `version ${TFJS_NODE_VERSION}, got ${version}`);

  // The CommonJS object behind the namespace that this file imports.
  Object.assign(globalThis, { [coreKey]: createRequire(import.meta.url)('@tensorflow/tfjs-core') });
  restoreRemovedFunctions();
  const addon = explaining(require(`${packageName}/lib/napi-v8/tfjs_binding.node`) as Addon);
  for (const name of addonFunctions) expectInternals(typeof addon[name] === 'function', `the addon to export ${name}()`);
  for (const name of [...addonConstants, ...Object.values(attrTypes)])
    expectInternals(addon[name] !== undefined, `the addon to export ${name}`);

  const { NodeJSKernelBackend } = require(`${packageName}/dist/nodejs_kernel_backend.js`) as {
    NodeJSKernelBackend?: new (addon: Addon, packageName: string) => NodeBackend;
  };
  expectInternals(typeof NodeJSKernelBackend === 'function', 'dist/nodejs_kernel_backend.js to export NodeJSKernelBackend');
  expectInternals(
    NodeJSKernelBackend.prototype instanceof tf.KernelBackend,
    `the package to use this process's @tensorflow/tfjs-core (run \`npm dedupe\` in ${folder})`,
  );
  require(`${packageName}/dist/register_all_kernels.js`);
  expectInternals(
    tf.getKernel('BatchMatMul', 'tensorflow') !== undefined,
    "dist/register_all_kernels.js to register kernels for 'tensorflow'",
  );
  const backend = new NodeJSKernelBackend(addon, packageName);
  for (const name of ['getInputTensorIds', 'createOutputTensor'] as const) {
    expectInternals(typeof backend[name] === 'function', `NodeJSKernelBackend to have ${name}()`);
  }
  expectInternals(typeof backend.tensorMap?.set === 'function', 'NodeJSKernelBackend to have a tensorMap');
  return { ...operations(addon, backend), version: addon.TF_Version, gpu: addon.isUsingGpuDevice(), backend };
}

/** Functions of node:util that tfjs-node 4.22 calls: Node 23 removed one, and warns about the other. */
function restoreRemovedFunctions(): void {
  const util = nodeUtil as { isNullOrUndefined?: unknown; isArray?: unknown };
  util.isNullOrUndefined = (value: unknown) => value === null || value === undefined;
  util.isArray = Array.isArray;
}

/** The addon, whose ops and graphs say what to do when memory runs out or the GPU fails. */
function explaining(addon: Addon): Addon {
  function explained<T>(what: string, run: () => T): T {
    try {
      return run();
    } catch (error) {
      throw explainError(error as Error, what, addon.isUsingGpuDevice());
    }
  }
  const executeOp: Addon['executeOp'] = (name, ...rest) => explained(name, () => addon.executeOp(name, ...rest));
  const runSavedModel: Addon['runSavedModel'] = (...given) => explained('a graph', () => addon.runSavedModel(...given));
  return Object.create(addon, { executeOp: { value: executeOp }, runSavedModel: { value: runSavedModel } }) as Addon;
}

function operations(addon: Addon, backend: NodeBackend): Pick<Tensorflow, 'execute' | 'loadGraph' | 'handles' | 'stop'> {
  /** createOutputTensor throws on int8, which tfjs has no name for. Here it counts as bool, which has as many bytes. */
  function toTensor(handle: Handle): tf.Tensor {
    if (handle.dtype !== TF_INT8) return backend.createOutputTensor(handle);
    const dataId = {};
    backend.tensorMap.set(dataId, { ...handle, values: null, refCount: 1 });
    return tf.engine().makeTensorFromTensorInfo({ dataId, shape: handle.shape, dtype: 'bool' });
  }
  const graphs: number[] = [];
  return {
    execute(name, inputs, attrs, outputs) {
      const scalars: number[] = [];
      const ids = inputs.map((input) => {
        if (!('int64' in input)) return backend.getInputTensorIds([input])[0] as number;
        const words = new Int32Array(new BigInt64Array([BigInt(input.int64)]).buffer);
        const id = addon.createTensor([], addon.TF_INT64 as number, words);
        scalars.push(id);
        return id;
      });
      try {
        return addon.executeOp(name, attrList(addon, attrs), ids, outputs).map(toTensor);
      } finally {
        for (const id of scalars) addon.deleteTensor(id);
      }
    },
    loadGraph(savedModel) {
      const folder = mkdtempSync(join(tmpdir(), 'unroll-graph-'));
      try {
        writeFileSync(join(folder, 'saved_model.pb'), savedModel);
        const id = addon.loadSavedModel(folder, 'serve');
        graphs.push(id);
        const portNames = (names: readonly string[]) => names.map((name) => `${name}:0`).join();
        return {
          run(inputs, outputs) {
            const ids = backend.getInputTensorIds(Object.values(inputs));
            return addon.runSavedModel(id, ids, portNames(Object.keys(inputs)), portNames(outputs)).map(toTensor);
          },
        };
      } finally {
        rmSync(folder, { recursive: true });
      }
    },
    handles: () => addon.getNumOfTensors(),
    stop() {
      for (const id of graphs.splice(0)) addon.deleteSavedModel(id);
      if (tf.findBackendFactory('tensorflow')) tf.removeBackend('tensorflow');
    },
  };
}

function attrList(addon: Addon, attrs: Record<string, OpAttr>): Attr[] {
  return Object.entries(attrs).map(([name, typed]) => {
    const [kind, value] = Object.entries(typed)[0] as [keyof typeof attrTypes, unknown];
    const type = addon[attrTypes[kind]] as number;
    return { name, type, value: kind === 'type' ? typeNumber(addon, value as 'float32' | 'int32' | 'int8') : value };
  });
}

const typeNumber = (addon: Addon, type: 'float32' | 'int32' | 'int8') =>
  type === 'int8' ? TF_INT8 : addon[type === 'int32' ? 'TF_INT32' : 'TF_FLOAT'];

function expectInternals(holds: boolean, expected: string): asserts holds {
  if (!holds) {
    throw new Error(`tensorflow: this @tensorflow/tfjs-node is unsupported: expected ${expected}. Install exactly ${TFJS_NODE_VERSION}.`);
  }
}
