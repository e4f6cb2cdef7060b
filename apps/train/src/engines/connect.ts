import { setGlobalProxyFromEnv } from 'node:http';
import { getCACertificates, setDefaultCACertificates } from 'node:tls';

/** Makes this process's requests use the proxy in HTTPS_PROXY, HTTP_PROXY and NO_PROXY, and trust the certificates of the system, as pip and npm do. */
export function connectAsConfigured(): void {
  setGlobalProxyFromEnv();
  setDefaultCACertificates([...new Set([...getCACertificates('default'), ...getCACertificates('system')])]);
}
