/** Replaces tfjs's profiler of kernels, which only its debug mode calls. */
export class Profiler {}
