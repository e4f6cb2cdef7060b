/** The part of a Worker's interface that these Workers use. */
export interface Handler {
  fetch(request: Request): Response | Promise<Response>;
}
