import type { App } from '../app.ts';

const page = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Unroll API</title>
<link rel="stylesheet" href="/docs/swagger-ui.css">
<link rel="icon" href="/favicon.svg">
</head>
<body>
<div id="docs"></div>
<script src="/docs/swagger-ui-bundle.js"></script>
<script src="/docs/docs.js"></script>
</body>
</html>
`;

/** GET /openapi.json: the API's OpenAPI 3.1 document. GET /docs: the same to read and try. */
export function registerDocs(app: App): void {
  app.doc31('/openapi.json', {
    openapi: '3.1.0',
    info: {
      title: 'Unroll edge API',
      version: '0.1.0',
      description: 'Answers of recurrent networks, quantized to int8 and run in a Worker. Errors are RFC 9457 problem details.',
      license: { name: 'Apache-2.0', url: 'https://www.apache.org/licenses/LICENSE-2.0' },
    },
    servers: [{ url: '/' }],
  });
  app.get('/docs', (c) => c.html(page));
}
