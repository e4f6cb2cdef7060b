/** Replaces tfjs's own saving and loading of models, 6 KB compressed. Models come as artifacts. */
export {};
