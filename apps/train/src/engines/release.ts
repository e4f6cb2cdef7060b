/** What one version of an engine is assembled from. */
import type { TensorflowSetup } from '@unroll/backend/engine.ts';
export type Device = TensorflowSetup['device'];

/** A package of the npm registry. */
export interface NpmPackage {
  name: string;
  version: string;
  /** Subresource integrity of its tarball, as package-lock.json writes it. */
  integrity: string;
  /** The files to keep, by their path in the package. */
  members: RegExp;
}

/** A wheel of the Python Package Index, which is a zip file. */
export interface Wheel {
  project: string;
  file: string;
  bytes: number;
  /** Of the file, in hexadecimal. */
  sha256: string;
  /** The files to keep, by their path in the wheel. */
  members: RegExp;
  /** The size of these files together. */
  unpackedBytes: number;
}

/** Everything that is fetched for one engine on one device. */
export interface Release {
  engine: 'tensorflow';
  device: Device;
  /** TensorFlow's version. */
  version: string;
  /** tfjs's binding to TensorFlow, whose addon is compiled here. */
  binding: NpmPackage & { name: TensorflowSetup['package'] };
  /** Packages that the binding loads, besides tfjs-core. */
  dependencies: readonly NpmPackage[];
  /** The headers of Node's C interface. */
  headers: NpmPackage;
  wheels: readonly Wheel[];
}
