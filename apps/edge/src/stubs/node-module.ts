/** Stands in for what tfjs asks of Node where it runs there. */
export default {};
