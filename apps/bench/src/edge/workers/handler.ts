/** As much of a Worker as these need. */
export interface Handler {
  fetch(request: Request): Response | Promise<Response>;
}
