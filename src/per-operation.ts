/** Makes a thing at most once for each operation, which it lives as long as. */
export function perOperation<Operation extends object, Thing>(
  make: (operation: Operation) => Thing,
): (operation: Operation) => Thing {
  const made = new WeakMap<Operation, Thing>();
  return (operation) => {
    let thing = made.get(operation);
    if (thing === undefined) made.set(operation, (thing = make(operation)));
    return thing;
  };
}
