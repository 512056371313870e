/** What is known of an operation that a label is made of. */
export type LabelledOperation = {
  readonly operationName: string | undefined;
  readonly rootFieldNames: readonly string[];
  /** Whether it is an operation whose document was not parsed. */
  readonly isUnknown?: boolean;
};

const most = 50;

/** The label of an operation that is none of those known, and of a request that is no operation. */
const otherOperation = "other";
const noOperation = "none";

/**
 * Makes what names an operation. A client can name its operations as it likes, so that its names would be as many as it
 * likes, and could say anything. Known ones are those of the trusted documents. Where any document may run, an operation
 * is named by the root field that it asks for.
 *
 * @param trusted the names of the operations that may run; undefined where any may.
 * @param rootFields the names of all root fields.
 */
export function operationLabels(
  trusted: readonly string[] | undefined,
  rootFields: readonly string[],
): (outcome: LabelledOperation | undefined) => string {
  const known = new Set((trusted ?? rootFields).slice(0, most));
  const labelOf = (name: string) => (known.has(name) ? name : otherOperation);
  return (outcome) => {
    if (outcome === undefined) return noOperation;
    const { operationName, rootFieldNames, isUnknown = false } = outcome;
    if (isUnknown) return otherOperation;
    if (trusted !== undefined) return operationName === undefined ? otherOperation : labelOf(operationName);
    const [first, ...others] = rootFieldNames;
    if (first === undefined) return noOperation;
    return others.every((name) => name === first || name === "__typename") ? labelOf(first) : otherOperation;
  };
}
