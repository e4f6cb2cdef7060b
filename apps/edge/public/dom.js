// Elements, without a framework.

/** @template {Element} T @param {string} id @param {{ new (): T }} type @returns {T} */
export function byId(id, type) {
  const found = document.getElementById(id);
  if (!(found instanceof type)) throw new Error(`#${id} is missing`);
  return found;
}

/**
 * An element with attributes and children; `on...` attributes listen.
 * @template {keyof HTMLElementTagNameMap} K
 * @param {K} tag
 * @param {Record<string, string | number | boolean | ((event: any) => void)>} attributes
 * @param {...(Node | string)} children
 * @returns {HTMLElementTagNameMap[K]}
 */
export function h(tag, attributes, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (typeof value === 'function') element.addEventListener(name.slice(2), value);
    else if (value === true) element.setAttribute(name, '');
    else if (value !== false) element.setAttribute(name, String(value));
  }
  element.append(...children);
  return element;
}

/** @param {string} name @param {Record<string, string | number>} attributes @param {...(Node | string)} children */
export function svg(name, attributes, ...children) {
  const element = document.createElementNS('http://www.w3.org/2000/svg', name);
  for (const [attribute, value] of Object.entries(attributes)) element.setAttribute(attribute, String(value));
  element.append(...children);
  return element;
}

export const percent = (/** @type {number | undefined} */ share = 0) => `${Math.round(share * 100)} %`;

/** "1 step", "2 steps" @param {number} count @param {string} unit */
export const counted = (count, unit) => `${count} ${unit}${count === 1 ? '' : 's'}`;

/** "a, b and c" @param {readonly string[]} items */
export const listed = (items) => new Intl.ListFormat('en-GB').format(items);
