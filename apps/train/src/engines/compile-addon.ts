import { readFileSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rename, stat, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { runProgram } from './run-program.ts';

export interface Compiler {
  command: [string, ...string[]];
  /** The first line of its --version. */
  version: string;
}

/** The C++ compiler: $CXX, else g++, else clang++. @throws if none runs. */
export async function findCompiler(env: NodeJS.ProcessEnv, signal: AbortSignal): Promise<Compiler> {
  const wanted = env.CXX?.trim().split(/\s+/) as [string, ...string[]] | undefined;
  const candidates: [string, ...string[]][] = wanted?.[0] ? [wanted] : [['g++'], ['clang++']];
  for (const command of candidates) {
    const finished = await runProgram([...command, '--version'], { env, signal });
    if (finished?.ended === 0) return { command, version: finished.answer.split('\n')[0]?.trim() ?? '' };
  }
  throw new Error(
    wanted?.[0]
      ? `CXX is '${env.CXX}', and '${wanted[0]} --version' does not run; set CXX to a C++ compiler, or unset it to use g++ or clang++`
      : `no C++ compiler: neither g++ nor clang++ is on the PATH. ${installHint()} Without root, set CXX to the path of any C++17 compiler.`,
  );
}

const packageCommands = [
  [/\b(debian|ubuntu)\b/, 'apt-get install g++'],
  [/\b(fedora|rhel|centos)\b/, 'dnf install gcc-c++'],
  [/\bsuse\b/, 'zypper install gcc-c++'],
  [/\barch\b/, 'pacman -S gcc'],
] as const;

/** What brings a compiler on this distribution, or on each if it is unknown. */
function installHint(): string {
  let system = '';
  try {
    system =
      readFileSync('/etc/os-release', 'utf8')
        .match(/^ID(_LIKE)?=.*$/gm)
        ?.join(' ') ?? '';
  } catch {}
  const here = packageCommands.find(([distribution]) => distribution.test(system));
  return here ? `Install one: ${here[1]}.` : `Install one: ${packageCommands.map(([, command]) => command).join(', or ')}.`;
}

/** Folders and files, by their absolute paths. */
export interface AddonSources {
  /** binding/ of the tfjs-node package. */
  binding: string;
  /** include/ of node-api-headers. */
  nodeHeaders: string;
  /** tensorflow/ of the wheel: include/ and the two libraries. */
  tensorflow: string;
  /** tensorflow/ as the addon finds it when it is loaded, relative to the addon. */
  runPath: string;
}

/** Compiles tfjs-node's addon to `to`, and gives its size. @throws with what the compiler says. */
export async function compileAddon(
  { command }: Compiler,
  { binding, nodeHeaders, tensorflow, runPath }: AddonSources,
  to: string,
  { scratch, env, signal }: { scratch: string; env: NodeJS.ProcessEnv; signal: AbortSignal },
): Promise<number> {
  await mkdir(dirname(to), { recursive: true });
  // Its own folder for each attempt: a compiler may outlive a killed one for a moment.
  const folder = await mkdtemp(join(scratch, 'addon-'));
  const backend = join(folder, 'tfjs_backend.cc');
  const addon = join(folder, basename(to));
  const flags = ['-std=c++17', '-O2', '-fPIC', '-shared', '-w', '-DNAPI_VERSION=8'];
  const headers = [binding, nodeHeaders, join(tensorflow, 'include')].map((path) => `-I${path}`);
  const libraries = [`-L${tensorflow}`, '-l:libtensorflow_cc.so.2', '-l:libtensorflow_framework.so.2', `-Wl,-rpath,$ORIGIN/${runPath}`];
  await writeFile(backend, withOneSetPerThread(await readFile(join(binding, 'tfjs_backend.cc'), 'utf8')));
  const sources = [backend, join(binding, 'tfjs_binding.cc')];
  const finished = await runProgram([...command, ...flags, ...headers, ...sources, '-o', addon, ...libraries], { env, signal });
  if (finished?.ended !== 0) {
    throw new Error(`${command.join(' ')} cannot compile the addon:\n${lastLines(finished?.output ?? 'it does not start')}`);
  }
  await rename(addon, to);
  return (await stat(to)).size;
}

const sharedSet = 'static std::set<std::string> ATTR_NAME_SET;';

/** tfjs_backend.cc with one set of attribute names per thread. The original has one for all threads and no lock around its insertions. */
export function withOneSetPerThread(source: string): string {
  const [before, after, ...more] = source.split(sharedSet);
  if (before === undefined || after === undefined || more.length > 0) {
    throw new Error(`tfjs_backend.cc does not hold '${sharedSet}' exactly once: this version of tfjs-node needs another patch`);
  }
  return `${before}static thread_local std::set<std::string> ATTR_NAME_SET;${after}`;
}

/** The end of a compiler's output, where the errors are. */
const lastLines = (output: string) => output.trim().split('\n').slice(-30).join('\n');
