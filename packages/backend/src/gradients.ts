/**
 * Registers tfjs's gradients; training imports it, serving does not.
 * In Node tfjs-core ships them only as ES modules that Node cannot resolve, so they come with tfjs-layers' bundle.
 */
import '#gradients';
