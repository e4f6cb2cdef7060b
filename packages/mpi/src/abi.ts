/**
 * The two binary interfaces of MPI. MPICH's handles are integers, fixed by the MPICH ABI Compatibility Initiative (mpi.h of MPICH 3.1 and
 * later). Open MPI's are addresses of symbols (mpi.h of Open MPI 1.7 and later).
 */
import koffi, { type LibraryHandle } from 'koffi';
import type { Family } from './launcher.ts';

type Handle = number | bigint;

export interface Abi {
  family: Family;
  /** koffi's type of a handle. */
  handle: 'int' | 'void *';
  /** Bytes of a request. */
  requestBytes: 4 | 8;
  world: Handle;
  byte: Handle;
  float: Handle;
  sum: Handle;
  /** The error handler that returns codes instead of ending the process. */
  errorsReturn: Handle;
  /** The address that stands for 'no status wanted'. */
  statusIgnore: bigint | null;
}

const mpich: Abi = {
  family: 'MPICH',
  handle: 'int',
  requestBytes: 4,
  world: 0x44000000,
  byte: 0x4c00010d,
  float: 0x4c00040a,
  sum: 0x58000003,
  errorsReturn: 0x54000001,
  statusIgnore: 1n,
};

const openMpi = (library: LibraryHandle): Abi => {
  const address = (name: string) => koffi.address(library.symbol(name));
  return {
    family: 'Open MPI',
    handle: 'void *',
    requestBytes: 8,
    world: address('ompi_mpi_comm_world'),
    byte: address('ompi_mpi_byte'),
    float: address('ompi_mpi_float'),
    sum: address('ompi_mpi_op_sum'),
    errorsReturn: address('ompi_mpi_errors_return'),
    statusIgnore: null,
  };
};

/** Libraries that say so in their version text have MPICH's interface. */
const MPICH_KIN = /\b(MPICH|Intel\(R\) MPI|MVAPICH|ParaStation)/i;

/** The interface of a library with this version text; undefined if it is neither. */
export function abiOf(library: LibraryHandle, version: string): Abi | undefined {
  if (/^Open MPI\b/.test(version)) return openMpi(library);
  return MPICH_KIN.test(version) ? mpich : undefined;
}
