/** The numbers of the recurrent cells in assembly/cell.ts. */
export const cellNumbers = { rnnTanh: 0, rnnRelu: 1, rnnSigmoid: 2, lstm: 3, gruResetAfter: 4, gruResetBefore: 5 } as const;
