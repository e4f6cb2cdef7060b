/** Replaces the Node modules that tfjs imports when it runs on Node. */
export default {};
