// The API docs: Swagger UI on this deployment's own OpenAPI document.
// @ts-expect-error SwaggerUIBundle comes from the script before this one.
SwaggerUIBundle({ url: '/openapi.json', dom_id: '#docs', deepLinking: true, tryItOutEnabled: true });
