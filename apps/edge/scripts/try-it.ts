/** Commands for a POSIX shell that ask a model about its example. @param url of the model. */
export function tryItCommands(url: string, { task, example }: { task: string; example: unknown }): string[] {
  const post = (operation: string, body: object) =>
    `curl -s ${url}/${operation} -H 'content-type: application/json' -d ${quoted(JSON.stringify(body))}`;
  const predict = post('predict', { inputs: [example] });
  return task === 'generate' && typeof example === 'string' ? [predict, post('generate', { prompt: example, maxTokens: 200 })] : [predict];
}

/** Any text as one word of a POSIX shell. */
const quoted = (text: string) => `'${text.replaceAll("'", `'\\''`)}'`;
