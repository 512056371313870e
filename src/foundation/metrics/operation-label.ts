/** The part of an operation that its label is made of. */
export type LabelledOperation = {
  readonly operationName: string | undefined;
  readonly rootFieldNames: readonly string[];
  /** Whether the operation's document was not parsed. */
  readonly isUnknown?: boolean;
};

const maxLabels = 50;

/** The label of an operation without a label of its own. */
const otherOperation = "other";
/** The label of a request without an operation. */
const noOperation = "none";

/**
 * Makes a function that returns the label of an operation. Clients can choose any number of operation names, so these
 * are used only if they come from trusted documents. Otherwise the label is the operation's root field.
 *
 * @param trusted the names of the operations that may run; undefined if any may.
 * @param rootFields the names of all root fields.
 */
export function operationLabels(
  trusted: readonly string[] | undefined,
  rootFields: readonly string[],
): (outcome: LabelledOperation | undefined) => string {
  const known = new Set((trusted ?? rootFields).slice(0, maxLabels));
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
