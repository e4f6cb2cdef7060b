/** TensorFlow's SavedModel format, as much of it as a graph without variables needs. */
import { PbfWriter } from 'pbf';

/** TensorFlow's numbers of types: tensorflow/core/framework/types.proto. */
export const types = { float32: 1, int32: 3, resource: 20 } as const;

export interface GraphNode {
  name: string;
  op: string;
  inputs: readonly string[];
  attrs: Record<string, Attr>;
}

export type Attr = { type: number } | { int: number } | { bool: boolean } | { string: string } | { constant: Constant };

/** A scalar or a vector. */
export interface Constant {
  values: Int32Array | Float32Array;
  isScalar: boolean;
}

/** TensorFlow refuses ops that were deprecated before a graph's version. None of ours is; this one is newer than all of them. */
const GRAPH_VERSION = 1395;

/**
 * The bytes of saved_model.pb, tagged 'serve'. Field numbers: saved_model.proto, meta_graph.proto, graph.proto, node_def.proto,
 * attr_value.proto and tensor.proto of tensorflow/core.
 */
export function encodeSavedModel(nodes: readonly GraphNode[]): Uint8Array {
  const writer = new PbfWriter();
  writer.writeVarintField(1, 1);
  writer.writeMessage(2, writeMetaGraph, nodes);
  return writer.finish();
}

function writeMetaGraph(nodes: readonly GraphNode[], writer: PbfWriter): void {
  writer.writeMessage(1, (tag, info) => info.writeStringField(4, tag), 'serve');
  writer.writeMessage(2, writeGraph, nodes);
}

function writeGraph(nodes: readonly GraphNode[], writer: PbfWriter): void {
  for (const node of nodes) writer.writeMessage(1, writeNode, node);
  writer.writeMessage(4, (producer, versions) => versions.writeVarintField(1, producer), GRAPH_VERSION);
}

function writeNode({ name, op, inputs, attrs }: GraphNode, writer: PbfWriter): void {
  writer.writeStringField(1, name);
  writer.writeStringField(2, op);
  for (const input of inputs) writer.writeStringField(3, input);
  for (const entry of Object.entries(attrs)) {
    writer.writeMessage(
      5,
      ([key, attr], map) => {
        map.writeStringField(1, key);
        map.writeMessage(2, writeAttr, attr);
      },
      entry,
    );
  }
}

function writeAttr(attr: Attr, writer: PbfWriter): void {
  if ('string' in attr) writer.writeStringField(2, attr.string);
  else if ('int' in attr) writer.writeVarintField(3, attr.int);
  else if ('bool' in attr) writer.writeBooleanField(5, attr.bool);
  else if ('type' in attr) writer.writeVarintField(6, attr.type);
  else writer.writeMessage(8, writeTensor, attr.constant);
}

function writeTensor({ values, isScalar }: Constant, writer: PbfWriter): void {
  writer.writeVarintField(1, values instanceof Int32Array ? types.int32 : types.float32);
  writer.writeMessage(2, writeShape, isScalar ? [] : [values.length]);
  writer.writeBytesField(4, new Uint8Array(values.buffer, values.byteOffset, values.byteLength));
}

function writeShape(shape: readonly number[], writer: PbfWriter): void {
  for (const size of shape) writer.writeMessage(2, (length, dimension) => dimension.writeVarintField(1, length), size);
}
