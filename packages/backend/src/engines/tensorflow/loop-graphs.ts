/**
 * The graphs of the graph way. Products that need no order, such as x·W and the gradients of the weights, are outside of the loop.
 * Placeholders: x [T·B, I], w, u, bias, h0, c0 and drop as in way.ts. With `masked`, 'real' [T, B, 1] is 0 past the end of a row.
 */
import { createGraph, type Graph, type Step, type Value } from './graph.ts';
import { type CellOps, loopCells } from './loop-cells.ts';
import type { Form } from './way.ts';

/**
 * To h of all steps [T, B, H] and the last state as last_h and last_c; in training also to c and the kept values of all steps.
 * 'recurrentBias' is the second row of the bias.
 */
export function forwardGraph(form: Form, masked: boolean, training: boolean): Graph {
  const graph = createGraph();
  const { op, placeholder } = graph;
  const cell = loopCells[form.cell];
  const isLstm = form.cell === 'lstm';
  const initial = (isLstm ? ['h0', 'c0'] : ['h0']).map(placeholder) as [Value, ...Value[]];
  const u = graph.split(placeholder('u'), cell.gates, 2);
  const recurrentBiases = form.cell === 'gruResetAfter' ? graph.split(placeholder('recurrentBias'), cell.gates, 1) : undefined;
  const x = inputGates(graph, form, initial[0], recurrentBiases);
  const [drop, real] = [form.drops && placeholder('drop'), masked && placeholder('real')];
  const hardSigmoid = hardSigmoidNumbers(graph, form);
  const stateNames = isLstm ? ['h', 'c'] : ['h'];
  const { last, kept } = graph.loop(x[0] as Value, {
    start: initial,
    keep: training ? [...stateNames, ...cell.kept] : ['h'],
    reverse: false,
    body(step) {
      const [h, c] = step.state as [Value, Value | undefined];
      const hp = drop ? op('Mul', h, step.constant(drop)) : h;
      const recurrentBias = recurrentBiases && step.constant(recurrentBiases.at(-1) as Value);
      const inputs = { x: x.map(step.at), h, hp, c, u: u.map(step.constant), recurrentBias };
      const result = cell.forward(cellOps(graph, step, hardSigmoid), inputs);
      // Past the end of a row the state stays.
      const held = (next: Value, now: Value) => (real ? op('AddV2', now, op('Mul', step.at(real), op('Sub', next, now))) : next);
      const next = isLstm ? [held(result.h, h), held(result.c as Value, c as Value)] : [held(result.h, h)];
      return { next, keep: { ...result.kept, ...Object.fromEntries(stateNames.map((name, i) => [name, next[i] as Value])) } };
    },
  });
  for (const [name, value] of Object.entries(kept)) graph.name(value, name);
  for (const [i, name] of stateNames.entries()) graph.name(last[i] as Value, `last_${name}`);
  return graph;
}

/** x·W + b of each gate, [T, B, H]. Recurrent biases of gates that only add h·U to it are in b. */
function inputGates(graph: Graph, form: Form, h0: Value, recurrentBiases: Value[] | undefined): Value[] {
  const { op, placeholder, product, split, toSteps } = graph;
  const { gates } = loopCells[form.cell];
  const [x, w, biases] = [placeholder('x'), split(placeholder('w'), gates, 2), split(placeholder('bias'), gates, 1)];
  return biases.map((bias, i) => {
    const added = recurrentBiases && i < gates - 1 ? op('AddV2', bias, recurrentBiases[i] as Value) : bias;
    return toSteps(op('BiasAdd', product(x, w[i] as Value), added), h0);
  });
}

/** From dL/dh of all steps, dy, and dL/d(last state), dhLast and dcLast, to dx, dw, du, dBias, dh0 and dc0. h, c and what the cell keeps are fed too. */
export function backwardGraph(form: Form, masked: boolean): Graph {
  const graph = createGraph();
  const { op, placeholder, before } = graph;
  const cell = loopCells[form.cell];
  const isLstm = form.cell === 'lstm';
  const [h0, drop, real] = [placeholder('h0'), form.drops && placeholder('drop'), masked && placeholder('real')];
  // Transposed once, not in the product of every step.
  const u = graph.split(placeholder('u'), cell.gates, 2).map(graph.transpose);
  const dy = placeholder('dy');
  const h = placeholder('h');
  const hBefore = before(h, h0);
  const hpBefore = drop ? op('Mul', hBefore, drop) : hBefore;
  const steps: Record<string, Value> = {
    h,
    hBefore,
    hpBefore,
    ...(isLstm && { cBefore: before(placeholder('c'), placeholder('c0')) }),
    ...Object.fromEntries(cell.kept.map((name) => [name, placeholder(name)])),
  };
  const hardSigmoid = hardSigmoidNumbers(graph, form);
  const gateNames = Array.from({ length: cell.gates }, (_, i) => `dx${i}`);
  const { last, kept } = graph.loop(dy, {
    start: (isLstm ? ['dhLast', 'dcLast'] : ['dhLast']).map(placeholder),
    keep: form.cell === 'gruResetAfter' ? [...gateNames, 'ds'] : gateNames,
    reverse: true,
    body(step) {
      const [dhNext, dcNext] = step.state as [Value, Value | undefined];
      const total = op('AddV2', dhNext, step.at(dy));
      // Past the end of a row the gradient of the state passes by the cell.
      const ofReal = (value: Value) => (real ? op('Mul', value, step.at(real)) : value);
      const [dh, dc] = [ofReal(total), dcNext && ofReal(dcNext)];
      const at = (name: string) => step.at(steps[name] as Value);
      const result = cell.backward(cellOps(graph, step, hardSigmoid), { at, dh, dc, u: u.map(step.constant) });
      const throughU = drop ? [op('Mul', graph.sum(result.dhp), step.constant(drop))] : result.dhp;
      const sum = (values: (Value | undefined)[]) => graph.sum(values.filter((value) => value !== undefined));
      const dhBefore = sum([...throughU, result.dh, real ? op('Sub', total, dh) : undefined]);
      const dcBefore = dcNext && sum([result.dc, real ? op('Sub', dcNext, dc as Value) : undefined]);
      const dx = Object.fromEntries(gateNames.map((name, i) => [name, result.dx[i] as Value]));
      return { next: dcBefore ? [dhBefore, dcBefore] : [dhBefore], keep: { ...dx, ...(result.ds && { ds: result.ds }) } };
    },
  });
  graph.name(last[0] as Value, 'dh0');
  if (isLstm) graph.name(last[1] as Value, 'dc0');
  const rows = (value: Value) => graph.toRows(value, h0);
  const dx = gateNames.map((name) => rows(kept[name] as Value));
  const ds = kept.ds ? [...dx.slice(0, -1), rows(kept.ds)] : dx;
  nameInputGradients(graph, cell.gates, dx);
  const hp = rows(hpBefore);
  // The last gate of gruResetBefore multiplies r ∘ h.
  const factor = (i: number) => (form.cell === 'gruResetBefore' && i === 2 ? op('Mul', rows(steps.r as Value), hp) : hp);
  graph.name(
    graph.concat(
      ds.map((gradient, i) => graph.product(factor(i), gradient, 'a')),
      1,
    ),
    'du',
  );
  const sums = dx.map(graph.columnSums);
  const bias = graph.concat(sums, 0);
  graph.name(kept.ds ? graph.stack([bias, graph.concat([...sums.slice(0, -1), graph.columnSums(ds.at(-1) as Value)], 0)]) : bias, 'dBias');
  return graph;
}

/** dx and dw, of the gradients of the gates [T·B, H]. */
function nameInputGradients({ placeholder, split, product, sum, concat, name }: Graph, gates: number, gradients: readonly Value[]): void {
  const [x, w] = [placeholder('x'), split(placeholder('w'), gates, 2)];
  name(sum(gradients.map((gradient, i) => product(gradient, w[i] as Value, 'b'))), 'dx');
  name(
    concat(
      gradients.map((gradient) => product(x, gradient, 'a')),
      1,
    ),
    'dw',
  );
}

/** The constants of the hard sigmoid, slope·x + 0.5 within [0, 1]. */
interface HardSigmoid {
  slope: Value;
  half: Value;
  zero: Value;
  one: Value;
}

function hardSigmoidNumbers({ number }: Graph, { hardSigmoid }: Form): HardSigmoid | undefined {
  return hardSigmoid ? { slope: number(hardSigmoid), half: number(0.5), zero: number(0), one: number(1) } : undefined;
}

function cellOps({ op, product, sum }: Graph, { constant }: Step, hardSigmoid: HardSigmoid | undefined): CellOps {
  const common = { op, product, sum };
  if (!hardSigmoid) return { ...common, gate: (x) => op('Sigmoid', x), gateGrad: (y, dy) => op('SigmoidGrad', y, dy) };
  const [slope, half, zero, one] = [hardSigmoid.slope, hardSigmoid.half, hardSigmoid.zero, hardSigmoid.one].map(constant) as [
    Value,
    Value,
    Value,
    Value,
  ];
  return {
    ...common,
    gate: (x) => op('Minimum', op('Maximum', op('AddV2', op('Mul', x, slope), half), zero), one),
    // The sign of y·(1 - y) is 1 inside (0, 1) and 0 at its ends.
    gateGrad: (y, dy) => op('Mul', op('Mul', dy, slope), op('Sign', op('Mul', y, op('Sub', one, y)))),
  };
}
