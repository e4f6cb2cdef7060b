/** A small release in the shape of a real one: wheels, npm packages, the servers they come from, and an addon that compiles in a moment. */
import { execFileSync, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { type Zippable, zipSync } from 'fflate';
import { create } from 'tar';
import type { Device, NpmPackage, Release, Wheel } from '../release.ts';
import { type FileServer, sendFile, sendText } from './file-server.ts';

export const hasCompiler = process.platform === 'linux' && spawnSync('g++', ['--version']).status === 0;

/** What the addon's `answer()` gives. It comes from the library of the second wheel, by way of that of the first. */
export const ANSWER = 42;

const scratch = () => mkdtempSync(join(tmpdir(), 'unroll-made-'));

/** A zip file. Names ending in '*' are executable. */
export function zipOf(files: Record<string, Uint8Array | string>): Uint8Array {
  const entries = Object.entries(files).map(([name, content]) => {
    const mode = name.endsWith('*') ? 0o755 : 0o644;
    const bytes = typeof content === 'string' ? Buffer.from(content) : content;
    return [name.replace(/\*$/, ''), [new Uint8Array(bytes), { os: 3, attrs: mode * 0x10000 }]];
  });
  return zipSync(Object.fromEntries(entries) as Zippable, { level: 1 });
}

/** Puts a wheel on the index of the server, and gives its description. */
export function serveWheel(server: FileServer, project: string, files: Record<string, Uint8Array | string>, members: RegExp): Wheel {
  const bytes = zipOf(files);
  const file = `${project.replaceAll('-', '_')}-1.2.3-py3-none-any.whl`;
  server.answers.set(`/files/${file}`, sendFile(bytes));
  server.answers.set(`/simple/${project}/`, sendText(`<html><body><a href="../../files/${file}#sha256=0">${file}</a></body></html>`));
  const kept = Object.entries(files).filter(([name]) => members.test(name.replace(/\*$/, '')));
  return {
    project,
    file,
    bytes: bytes.length,
    sha256: createHash('sha256').update(bytes).digest('hex'),
    members,
    unpackedBytes: kept.reduce((sum, [, content]) => sum + Buffer.byteLength(content), 0),
  };
}

/** Puts a package on the server as an npm registry does, and gives its description. */
export async function servePackage<Name extends string>(
  server: FileServer,
  name: Name,
  files: Record<string, string>,
  members: RegExp,
): Promise<NpmPackage & { name: Name }> {
  const folder = scratch();
  const version = '4.5.6';
  for (const [path, text] of Object.entries({ ...files, 'package.json': JSON.stringify({ name, version }) })) {
    mkdirSync(dirname(join(folder, 'package', path)), { recursive: true });
    writeFileSync(join(folder, 'package', path), text);
  }
  await create({ gzip: true, file: join(folder, 'x.tgz'), cwd: folder, portable: true }, ['package']);
  const bytes = readFileSync(join(folder, 'x.tgz'));
  const integrity = `sha512-${createHash('sha512').update(bytes).digest('base64')}`;
  const tarball = `/${name}/-/x-${version}.tgz`;
  const packument = {
    name,
    'dist-tags': { latest: version },
    versions: { [version]: { name, version, dist: { integrity, tarball: server.url + tarball } } },
  };
  // npm asks for a scope's slash in its escaped form.
  for (const path of [`/${name}`, `/${name.replace('/', '%2f')}`])
    server.answers.set(path, sendText(JSON.stringify(packument), 'application/json'));
  server.answers.set(tarball, sendFile(bytes));
  return { name, version, integrity, members };
}

/** The environment in which npm and the package index are those of the server. */
export const environmentOf = (server: FileServer): NodeJS.ProcessEnv => ({
  ...process.env,
  CXX: '',
  PIP_INDEX_URL: `${server.url}/simple`,
  npm_config_registry: server.url,
  npm_config_cache: scratch(),
});

const nodeApi = `
typedef void* napi_env; typedef void* napi_value; typedef void* napi_callback_info;
extern "C" { int napi_create_int32(napi_env, int, napi_value*); int napi_set_named_property(napi_env, napi_value, const char*, napi_value); }
`;
const backendSource = `
#include <set>
#include <string>
#include "node_api.h"
#include "tensorflow/c/c_api.h"
static std::set<std::string> ATTR_NAME_SET;
int remembered(const char* name) { ATTR_NAME_SET.insert(name); return TF_Answer(); }
`;
const bindingSource = `
#include "node_api.h"
int remembered(const char*);
extern "C" napi_value napi_register_module_v1(napi_env env, napi_value exports) {
  napi_value answer;
  napi_create_int32(env, remembered("answer"), &answer);
  napi_set_named_property(env, exports, "answer", answer);
  return exports;
}
`;

/** Compiles a shared library, as they are in wheels. */
function library(name: string, source: string, flags: readonly string[]): Uint8Array {
  const folder = scratch();
  writeFileSync(join(folder, 'x.cc'), source);
  execFileSync('g++', ['-shared', '-fPIC', join(folder, 'x.cc'), '-o', join(folder, name), `-Wl,-soname,${name}`, ...flags]);
  return readFileSync(join(folder, name));
}

/** A release whose libraries find each other as the real ones do: TensorFlow's looks for NVIDIA's in ../nvidia/<name>/lib. */
export async function makeRelease(server: FileServer, device: Device): Promise<Release> {
  const folder = scratch();
  const nvidia = library('libcudart.so.12', `extern "C" int cudaAnswer() { return ${ANSWER}; }`, []);
  writeFileSync(join(folder, 'libcudart.so.12'), nvidia);
  const gpu = [`-L${folder}`, '-l:libcudart.so.12', '-Wl,-rpath,$ORIGIN/../nvidia/cuda_runtime/lib'];
  const answer =
    device === 'gpu'
      ? 'extern "C" int cudaAnswer(); extern "C" int TF_Answer() { return cudaAnswer(); }'
      : `extern "C" int TF_Answer() { return ${ANSWER}; }`;
  const tensorflow = {
    'tensorflow/libtensorflow_cc.so.2': library('libtensorflow_cc.so.2', answer, device === 'gpu' ? gpu : []),
    'tensorflow/libtensorflow_framework.so.2': library('libtensorflow_framework.so.2', '', []),
    'tensorflow/include/tensorflow/c/c_api.h': 'extern "C" int TF_Answer();\n',
    'tensorflow/python/not_needed.py': 'x = 1\n'.repeat(1000),
  };
  const cuda = {
    'nvidia/cuda_runtime/lib/libcudart.so.12': nvidia,
    'nvidia/cuda_runtime/bin/ptxas*': '#!/bin/sh\n',
    'nvidia/cuda_runtime/include/cuda.h': '',
  };
  const wheels = [serveWheel(server, `made-tensorflow-${device}`, tensorflow, /^tensorflow\/(lib.*|include\/.*)$/)];
  if (device === 'gpu') wheels.push(serveWheel(server, 'made-nvidia', cuda, /^nvidia\/[^/]+\/(lib|bin)\/.*$/));
  const binding = {
    'binding/tfjs_backend.cc': backendSource,
    'binding/tfjs_binding.cc': bindingSource,
    'dist/index.js': '',
    'src/index.ts': '',
  };
  return {
    engine: 'tensorflow',
    device,
    version: '1.2.3',
    binding: await servePackage(
      server,
      device === 'gpu' ? '@tensorflow/tfjs-node-gpu' : '@tensorflow/tfjs-node',
      binding,
      /^(package\.json|dist\/.*\.js|binding\/.*\.cc)$/,
    ),
    dependencies: [await servePackage(server, `made-dependency-${device}`, { 'index.js': '' }, /\.js(on)?$/)],
    headers: await servePackage(server, `made-headers-${device}`, { 'include/node_api.h': nodeApi }, /^include\//),
    wheels,
  };
}
