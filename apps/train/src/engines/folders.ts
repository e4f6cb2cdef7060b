import { join } from 'node:path';
import type { Release } from './release.ts';

/** The name of an engine's folder. While it is being installed, `.partial` follows. */
export const folderName = ({ engine, version, device }: Pick<Release, 'engine' | 'version' | 'device'>) => `${engine}-${version}-${device}`;

/** The file under whose lock engines are added and removed. */
export const lockFile = (engines: string) => join(engines, '.lock');
