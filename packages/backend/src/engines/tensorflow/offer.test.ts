import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { enginesFolder } from './engines-folder.ts';
import { firstGpu } from './gpu.ts';
import { offerTensorflow } from './offer.ts';

let home = '';
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'unroll-offer-'));
});
afterEach(() => rmSync(home, { recursive: true }));

const env = (): NodeJS.ProcessEnv => ({ UNROLL_ENGINES: join(home, 'engines') });
const gpu = { name: 'NVIDIA L4', driver: '550.54.15' };
const offer = (found: typeof gpu | undefined, variables = env()) =>
  offerTensorflow({ env: variables, folder: join(home, 'project'), gpu: found });

function write(path: string, text = ''): void {
  mkdirSync(join(home, path, '..'), { recursive: true });
  writeFileSync(join(home, path), text);
}
const assemble = (device: 'cpu' | 'gpu') => write(`engines/tensorflow-2.21.0-${device}/engine.json`, '{}');
function installOwn(name: string, version = '4.22.0', addon = true): void {
  write(`project/node_modules/${name}/package.json`, JSON.stringify({ name, version }));
  if (addon) write(`project/node_modules/${name}/lib/napi-v8/tfjs_binding.node`);
}

describe('nothing installed', () => {
  test('the command adds the package for the device', () => {
    expect(offer(undefined)).toEqual({
      available: false,
      description: 'it is not installed',
      missing: 'Add it with: npm run unroll -- engine add tensorflow',
    });
    expect(offer(gpu)).toMatchObject({ missing: 'Add it with: npm run unroll -- engine add tensorflow --gpu' });
  });

  test('a GPU whose driver is too old gets the package for the CPU', () => {
    expect(offer({ ...gpu, driver: '470.82.01' })).toMatchObject({ missing: 'Add it with: npm run unroll -- engine add tensorflow' });
  });

  test.each(['engines/tensorflow-2.21.0-gpu.partial/installing.json', 'engines/tensorflow-2.21.0-gpu/node_modules/x'])(
    'half an installation is named: %s',
    (path) => {
      write(path);
      expect(offer(undefined)).toMatchObject({
        available: false,
        description: `its installation in ${home}/engines/tensorflow-2.21.0-gpu is unfinished`,
        missing: 'Complete it with: npm run unroll -- engine add tensorflow --gpu',
      });
    },
  );
});

describe('an installation of ours', () => {
  test('runs on the CPU, and the main thread hides GPUs from it', () => {
    assemble('cpu');
    const variables = env();
    const found = offer(undefined, variables);
    expect(found).toMatchObject({ available: true, device: 'cpu', description: 'TensorFlow 2.21.0 on the CPU' });
    if (!found.available) throw new Error('not available');
    expect(variables.CUDA_VISIBLE_DEVICES).toBeUndefined();
    const folder = join(home, 'engines/tensorflow-2.21.0-cpu');
    expect(found.setup()).toEqual({ engine: 'tensorflow', folder, package: '@tensorflow/tfjs-node', device: 'cpu' });
    expect(variables).toMatchObject({ CUDA_VISIBLE_DEVICES: '-1', TF_CPP_MIN_LOG_LEVEL: '2', TF_FORCE_GPU_ALLOW_GROWTH: 'true' });
  });

  test('for GPUs uses the GPU; its settings do not replace those of the user', () => {
    assemble('cpu');
    assemble('gpu');
    const variables = { ...env(), TF_CPP_MIN_LOG_LEVEL: '0', CUDA_VISIBLE_DEVICES: '1', NVIDIA_TF32_OVERRIDE: '1' };
    const found = offer(gpu, variables);
    expect(found).toMatchObject({ available: true, device: 'gpu', description: 'TensorFlow 2.21.0 on NVIDIA L4' });
    if (!found.available) throw new Error('not available');
    expect(found.setup()).toMatchObject({ package: '@tensorflow/tfjs-node-gpu', device: 'gpu' });
    expect(variables).toMatchObject({ TF_CPP_MIN_LOG_LEVEL: '0', CUDA_VISIBLE_DEVICES: '1', NVIDIA_TF32_OVERRIDE: '1' });
  });

  test('on a GPU, TF32 is off and ops are deterministic', () => {
    assemble('gpu');
    const variables = env();
    const found = offer(gpu, variables);
    expect(found.available && found.setup()).toMatchObject({ device: 'gpu' });
    expect(variables).toMatchObject({ NVIDIA_TF32_OVERRIDE: '0', TF_DETERMINISTIC_OPS: '1' });
  });

  test('for GPUs runs on a CPU too', () => {
    assemble('gpu');
    expect(offer(undefined)).toMatchObject({ available: true, device: 'cpu', description: 'TensorFlow 2.21.0 on the CPU' });
  });

  test('for CPUs on a machine with a GPU says how to use it', () => {
    assemble('cpu');
    expect(offer(gpu)).toMatchObject({
      device: 'cpu',
      description: 'TensorFlow 2.21.0 on the CPU; to use NVIDIA L4: npm run unroll -- engine add tensorflow --gpu',
    });
  });

  test('for GPUs with an old driver says which driver it needs', () => {
    assemble('gpu');
    expect(offer({ ...gpu, driver: '470.82.01' })).toMatchObject({
      device: 'cpu',
      description: "TensorFlow 2.21.0 on the CPU; NVIDIA L4 needs NVIDIA's driver 525 or newer, this machine has 470.82.01",
    });
  });
});

describe("the user's own package", () => {
  test('comes before ours', () => {
    assemble('cpu');
    installOwn('@tensorflow/tfjs-node');
    const found = offer(undefined);
    expect(found).toMatchObject({ available: true, description: 'your own @tensorflow/tfjs-node 4.22.0 on the CPU' });
    expect(found.available && found.setup()).toMatchObject({ folder: join(home, 'project'), package: '@tensorflow/tfjs-node' });
  });

  test.each([
    ['of another version', '4.10.0', true, 'it must be 4.22.0'],
    ['without a compiled addon', '4.22.0', false, 'it has no compiled addon'],
  ])('%s does not count, and says why', (_, version, addon, why) => {
    installOwn('@tensorflow/tfjs-node', version, addon);
    expect(offer(undefined)).toMatchObject({
      available: false,
      description: `it is not installed; your own @tensorflow/tfjs-node ${version} cannot be used: ${why}`,
    });
  });
});

test('the folder of engines: UNROLL_ENGINES, the XDG cache folder if it is absolute, ~/.cache', () => {
  expect(enginesFolder({ UNROLL_ENGINES: '/a', XDG_CACHE_HOME: '/b' })).toBe('/a');
  expect(enginesFolder({ XDG_CACHE_HOME: '/b' })).toBe('/b/unroll/engines');
  expect(enginesFolder({ XDG_CACHE_HOME: 'b' })).toMatch(/\/\.cache\/unroll\/engines$/);
});

test("nvidia-smi's list: the first GPU, or none", () => {
  expect(firstGpu('NVIDIA H100 80GB HBM3, 550.54.15\nNVIDIA L4, 550.54.15\n')).toEqual({
    name: 'NVIDIA H100 80GB HBM3',
    driver: '550.54.15',
  });
  expect(firstGpu('No devices were found\n')).toBeUndefined();
});
