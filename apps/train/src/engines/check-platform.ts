import { readFileSync } from 'node:fs';

/** The parts of this machine that decide whether TensorFlow's wheels can run on it. */
export interface Machine {
  platform: string;
  arch: string;
  /** The version of the GNU C library; undefined if Node runs on another one, such as musl. */
  glibc: string | undefined;
  /** The features of the CPU, as Linux lists them; undefined if unknown. */
  cpuFlags: string | undefined;
}

export function thisMachine(): Machine {
  const { header } = process.report.getReport() as unknown as { header: { glibcVersionRuntime?: string } };
  return { platform: process.platform, arch: process.arch, glibc: header.glibcVersionRuntime, cpuFlags: cpuFlags() };
}

function cpuFlags(): string | undefined {
  try {
    return /^flags\s*:(.*)$/m.exec(readFileSync('/proc/cpuinfo', 'utf8'))?.[1];
  } catch {
    return undefined;
  }
}

/** The wheels are manylinux_2_27 for x86-64, and their code uses AVX. */
const OLDEST_GLIBC = [2, 27] as const;

/** @throws if TensorFlow's wheels cannot run on the machine. */
export function checkPlatform({ platform, arch, glibc, cpuFlags }: Machine): void {
  const wasm = 'The wasm engine runs here and needs nothing.';
  if (platform !== 'linux' || arch !== 'x64') {
    throw new Error(`the tensorflow engine runs on Linux x64, and this is ${platform} ${arch}. ${wasm}`);
  }
  if (glibc === undefined) {
    throw new Error(`the tensorflow engine needs the GNU C library, and this system has another one (Alpine has musl). ${wasm}`);
  }
  const [major = 0, minor = 0] = glibc.split('.').map(Number);
  if (major < OLDEST_GLIBC[0] || (major === OLDEST_GLIBC[0] && minor < OLDEST_GLIBC[1])) {
    throw new Error(`the tensorflow engine needs glibc ${OLDEST_GLIBC.join('.')} or newer, and this system has ${glibc}. ${wasm}`);
  }
  if (cpuFlags !== undefined && !/\bavx\b/.test(cpuFlags)) {
    throw new Error(`the tensorflow engine needs a CPU with AVX, and this one does not have it. ${wasm}`);
  }
}
