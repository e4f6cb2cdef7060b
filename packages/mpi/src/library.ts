import koffi, { type LibraryHandle } from 'koffi';
import { type Abi, abiOf } from './abi.ts';
import type { Family } from './launcher.ts';

/** An MPI library in this process, not yet initialized. */
export interface MpiLibrary {
  /** The name or path that loaded it. */
  name: string;
  /** The first line of its version text: 'Open MPI v4.1.4'. */
  version: string;
  abi: Abi;
  handle: LibraryHandle;
}

/** Names under which libraries install themselves, without paths: the dynamic linker searches its folders and LD_LIBRARY_PATH. */
const names: Record<Family, Partial<Record<NodeJS.Platform, string[]>>> = {
  MPICH: {
    linux: ['libmpich.so.12', 'libmpi.so.12', 'libmpi_gnu.so.12', 'libmpi_cray.so.12'],
    darwin: ['libmpi.12.dylib', '/opt/homebrew/lib/libmpi.12.dylib', '/usr/local/lib/libmpi.12.dylib'],
  },
  'Open MPI': {
    linux: ['libmpi.so.40'],
    darwin: ['libmpi.40.dylib', '/opt/homebrew/lib/libmpi.40.dylib', '/usr/local/lib/libmpi.40.dylib'],
  },
};

/**
 * Loads the MPI library of this machine: the one that UNROLL_MPI_LIB names, or else the first known one, those of the launcher's family first.
 * @throws an error that names what was tried and what to install.
 */
export function loadLibrary(family: Family | undefined, named = process.env.UNROLL_MPI_LIB): MpiLibrary {
  if (named) return openLibrary(named);
  const families: Family[] = family === 'Open MPI' ? ['Open MPI', 'MPICH'] : ['MPICH', 'Open MPI'];
  const tried = families.flatMap((each) => names[each][process.platform] ?? []);
  for (const name of tried) {
    if (canLoad(name)) return openLibrary(name);
  }
  throw new Error(
    `mpi: no MPI library found (tried ${tried.join(', ') || `none on ${process.platform}`}). Install the launcher's library (Debian: ` +
      `apt install ${family === 'Open MPI' ? 'libopenmpi3' : 'libmpich12'}), or name its file in UNROLL_MPI_LIB.`,
  );
}

function canLoad(name: string): boolean {
  try {
    koffi.load(name);
    return true;
  } catch {
    return false;
  }
}

/** @throws if the file cannot be loaded, is no MPI library, or is one of an unknown binary interface. */
export function openLibrary(name: string): MpiLibrary {
  // Open MPI loads its components later; they look for its symbols among the global ones.
  const handle = attempt(() => koffi.load(name, { global: true }), `cannot load the MPI library ${name}`);
  const getVersion = attempt(() => handle.func('MPI_Get_library_version', 'int', ['void *', 'void *']), `${name} is not an MPI library`);
  const text = Buffer.alloc(8192);
  getVersion(text, new Int32Array(1));
  const whole = text.toString('latin1', 0, text.indexOf(0));
  const version = (whole.split(/[\n,]/)[0] ?? '')
    .replaceAll(/\s+|Version:/g, ' ')
    .replaceAll(/ +/g, ' ')
    .trim();
  const abi = abiOf(handle, whole);
  if (!abi) {
    throw new Error(
      `mpi: ${name} has an unknown binary interface (it calls itself '${version}'). Known are MPICH's (MPICH, Intel MPI, MVAPICH, Cray MPICH) ` +
        "and Open MPI's. Start with the mpiexec of one of these, and name its library in UNROLL_MPI_LIB.",
    );
  }
  return { name, version, abi, handle };
}

function attempt<T>(action: () => T, what: string): T {
  try {
    return action();
  } catch (cause) {
    throw new Error(`mpi: ${what}: ${(cause as Error).message}. UNROLL_MPI_LIB names another.`, { cause });
  }
}
