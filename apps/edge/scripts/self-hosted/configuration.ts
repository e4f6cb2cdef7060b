import { join } from 'node:path';
import { VARIABLES } from '../../src/self-hosted/variables.ts';
import { bundledModules, compatibilityDate } from '../workerd-bundle.ts';

/**
 * workerd's configuration, for a file in the folder `self-hosted` of the build. The folders `assets` and `data` and the socket's address
 * are options of the command line; secrets are environment variables. So the file holds nothing of the place where it is used.
 */
export function configuration(dist: string): string {
  const modules = ['(name = "self-hosted.js", esModule = embed "self-hosted.js")', ...bundledModules(join(dist, 'worker'), '../worker')];
  const variables = VARIABLES.map((name) => `(name = "${name}", fromEnvironment = "${name}")`);
  return `using Workerd = import "/workerd/workerd.capnp";

const unroll :Workerd.Config = (
  services = [
    (name = "main", worker = (
      modules = [
        ${modules.join(',\n        ')},
      ],
      compatibilityDate = "${compatibilityDate()}",
      bindings = [
        (name = "DISK", service = "assets"),
        (name = "ASSET_LIST", json = embed "asset-list.json"),
        (name = "SESSIONS", durableObjectNamespace = "Session"),
        (name = "BUCKET", durableObjectNamespace = "StoredBucket"),
        ${variables.join(',\n        ')},
      ],
      durableObjectNamespaces = [
        (className = "Session", uniqueKey = "sessions", enableSql = true),
        (className = "StoredBucket", uniqueKey = "models", enableSql = true),
      ],
      durableObjectStorage = (localDisk = "data"),
      # The Worker calls no other server.
      globalOutbound = "nowhere",
    )),
    (name = "nowhere", network = (allow = [])),
    (name = "assets", disk = ()),
    (name = "data", disk = (writable = true)),
  ],
  # A proxy that adds TLS tells the protocol.
  sockets = [(name = "http", http = (forwardedProtoHeader = "X-Forwarded-Proto"), service = "main")],
);
`;
}
