/** The graphs of the graph way. With `masked`, the placeholder 'real' [T, B, 1] is 0 past the end of a row. */
import { createGraph, type Graph, type Step, type Value } from './graph.ts';
import { type CellOps, type CellWeights, loopCells } from './loop-cells.ts';
import type { Form } from './way.ts';

function optionNames({ drops }: Form, masked: boolean): string[] {
  return [...(drops ? ['drop'] : []), ...(masked ? ['real'] : [])];
}

/** From xw, the weights and the initial state to h, c and the kept values of all steps, and the last state as last_h and last_c. */
export function forwardGraph(form: Form, masked: boolean): Graph {
  const graph = createGraph();
  const { op } = graph;
  const cell = loopCells[form.cell];
  const isLstm = form.cell === 'lstm';
  const names = ['xw', ...weightNames(form.cell, 'forward'), ...optionNames(form, masked)];
  const constants = Object.fromEntries(names.map((name) => [name, graph.placeholder(name)])) as Record<'xw', Value>;
  const stateNames = isLstm ? ['h', 'c'] : ['h'];
  const last = graph.loop(constants.xw, {
    start: stateNames.map((name) => graph.placeholder(`${name}0`)),
    constants: { ...constants, ...hardSigmoidNumbers(graph, form) },
    keep: [...stateNames, ...cell.kept],
    reverse: false,
    body(step) {
      const [h, c] = step.state as [Value, Value | undefined];
      const hp = form.drops ? op('Mul', h, step.constants.drop as Value) : h;
      const weights = step.constants as unknown as CellWeights;
      const result = cell.forward(cellOps(graph, step, form), { xw: step.at('xw'), h, hp, c, weights });
      // Past the end of a row the state stays.
      const held = (next: Value, now: Value) => (masked ? op('AddV2', now, op('Mul', step.at('real'), op('Sub', next, now))) : next);
      const next = isLstm ? [held(result.h, h), held(result.c as Value, c as Value)] : [held(result.h, h)];
      return { next, keep: { ...result.kept, ...Object.fromEntries(stateNames.map((name, i) => [name, next[i] as Value])) } };
    },
  });
  for (const [i, name] of stateNames.entries()) graph.name(last[i] as Value, `last_${name}`);
  return graph;
}

/** From dL/dh of all steps and dL/d(last state) to dxw, ds of all steps, and dh0 and dc0. */
export function backwardGraph(form: Form, masked: boolean): Graph {
  const graph = createGraph();
  const { op } = graph;
  const cell = loopCells[form.cell];
  const isLstm = form.cell === 'lstm';
  const names = ['dy', ...weightNames(form.cell, 'backward'), ...cell.kept, ...stepsBefore(form.cell), ...optionNames(form, masked)];
  const constants = Object.fromEntries(names.map((name) => [name, graph.placeholder(name)])) as Record<'dy', Value>;
  const first = graph.loop(constants.dy, {
    start: (isLstm ? ['dhLast', 'dcLast'] : ['dhLast']).map((name) => graph.placeholder(name)),
    constants: { ...constants, ...hardSigmoidNumbers(graph, form) },
    keep: form.cell === 'gruResetAfter' ? ['dxw', 'ds'] : ['dxw'],
    reverse: true,
    body(step) {
      const [dhNext, dcNext] = step.state as [Value, Value | undefined];
      const total = op('AddV2', dhNext, step.at('dy'));
      // Past the end of a row the gradient of the state passes by the cell.
      const real = (value: Value) => (masked ? op('Mul', value, step.at('real')) : value);
      const [dh, dc] = [real(total), dcNext && real(dcNext)];
      const weights = step.constants as unknown as CellWeights;
      const result = cell.backward(cellOps(graph, step, form), { at: step.at, dh, dc, weights });
      const throughU = form.drops ? op('Mul', result.dhp, step.constants.drop as Value) : result.dhp;
      const sum = (values: (Value | undefined)[]) => values.filter((value) => value !== undefined).reduce((a, b) => op('AddV2', a, b));
      const dhBefore = sum([throughU, result.dh, masked ? op('Sub', total, dh) : undefined]);
      const dcBefore = dcNext && sum([result.dc, masked ? op('Sub', dcNext, dc as Value) : undefined]);
      return { next: dcBefore ? [dhBefore, dcBefore] : [dhBefore], keep: { dxw: result.dxw, ...(result.ds && { ds: result.ds }) } };
    },
  });
  graph.name(first[0] as Value, 'dh0');
  if (isLstm) graph.name(first[1] as Value, 'dc0');
  return graph;
}

/** The constants of the hard sigmoid, slope·x + 0.5 within [0, 1]. */
function hardSigmoidNumbers(graph: Graph, { hardSigmoid }: Form): Record<string, Value> {
  return hardSigmoid ? { slope: graph.number(hardSigmoid), half: graph.number(0.5), zero: graph.number(0), one: graph.number(1) } : {};
}

function cellOps({ op, product }: Graph, { split, concat, constants }: Step, { hardSigmoid }: Form): CellOps {
  const common = { op, product, split, concat };
  if (!hardSigmoid) return { ...common, gate: (x) => op('Sigmoid', x), gateGrad: (y, dy) => op('SigmoidGrad', y, dy) };
  const { slope, half, zero, one } = constants as Record<'slope' | 'half' | 'zero' | 'one', Value>;
  return {
    ...common,
    gate: (x) => op('Minimum', op('Maximum', op('AddV2', op('Mul', x, slope), half), zero), one),
    // The sign of y·(1 - y) is 1 inside (0, 1) and 0 at its ends.
    gateGrad: (y, dy) => op('Mul', op('Mul', dy, slope), op('Sign', op('Mul', y, op('Sub', one, y)))),
  };
}

/** The states before each step that the backward pass of a cell reads. */
export function stepsBefore(cell: Form['cell']): string[] {
  switch (cell) {
    case 'lstm':
      return ['cBefore'];
    case 'gruResetAfter':
      return ['hBefore'];
    case 'gruResetBefore':
      return ['hBefore', 'hpBefore'];
    default:
      return [];
  }
}

function weightNames(cell: Form['cell'], direction: 'forward' | 'backward'): string[] {
  if (cell === 'gruResetBefore') return ['u', 'un'];
  return cell === 'gruResetAfter' && direction === 'forward' ? ['u', 'recurrentBias'] : ['u'];
}
