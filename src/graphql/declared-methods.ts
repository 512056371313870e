import { getMetadataStorage } from "type-graphql";

import { declaredCodes, declaredNeed, type Declaration } from "../kit/declaration.js";

type Class = new () => object;

/** The decorators of a root field's method. */
export type DeclaredMethod = {
  readonly needs: Pick<Declaration, "needs" | "unless"> | undefined;
  readonly answers: Declaration["answers"] | undefined;
};

/** The decorators, by the extensions that they set. */
export const decorators = { [declaredNeed]: "@Needs", [declaredCodes]: "@Answers" } as const;
type Key = keyof typeof decorators;

/**
 * Returns what the decorators of these resolvers declare, by the coordinate of each root field, such as `Query.me`.
 *
 * type-graphql merges extensions: of two on one method one wins silently, and a superclass wins over its subclass.
 *
 * @throws Error for a decorator that nobody would heed.
 */
export function declaredMethods(resolvers: readonly Class[]): ReadonlyMap<string, DeclaredMethod> {
  const declared = new Map<string, DeclaredMethod>();
  for (const resolver of resolvers) {
    const classes = withSuperclasses(resolver);
    const methods = new Map(rootFieldsOf(classes));
    refuseUnheeded(classes, new Set(methods.values()));
    for (const [field, method] of methods)
      declared.set(field, {
        needs: nearest(classes, method, declaredNeed) as DeclaredMethod["needs"],
        answers: nearest(classes, method, declaredCodes) as DeclaredMethod["answers"],
      });
  }
  return declared;
}

function withSuperclasses(resolver: Class): unknown[] {
  const classes: unknown[] = [];
  for (
    let at: unknown = resolver;
    typeof at === "function" && at !== Function.prototype;
    at = Object.getPrototypeOf(at)
  )
    classes.push(at);
  return classes;
}

/** Returns the coordinates of the root fields of a resolver, each with the name of its method. */
function rootFieldsOf(classes: readonly unknown[]): [field: string, method: string][] {
  const { queries, mutations, subscriptions } = getMetadataStorage();
  return Object.entries({ Query: queries, Mutation: mutations, Subscription: subscriptions }).flatMap(([kind, all]) =>
    all
      .filter(({ target }) => classes.includes(target))
      .map(({ schemaName, methodName }): [string, string] => [`${kind}.${schemaName}`, methodName]),
  );
}

/** Returns the values of one of the decorators on the methods of a class. */
function decorated(target: unknown, key: Key): { readonly method: string; readonly value: unknown }[] {
  return getMetadataStorage()
    .fieldExtensions.filter((one) => one.target === target && one.extensions[key] !== undefined)
    .map(({ fieldName, extensions }) => ({ method: fieldName, value: extensions[key] as unknown }));
}

/** Returns the decorator's value on the method, or else on the method that it overrides. */
function nearest(classes: readonly unknown[], method: string, key: Key): unknown {
  for (const target of classes) {
    const found = decorated(target, key).find((one) => one.method === method);
    if (found !== undefined) return found.value;
  }
  return undefined;
}

function refuseUnheeded(classes: readonly unknown[], rootMethods: ReadonlySet<string>): void {
  for (const target of classes as Class[])
    for (const [key, decorator] of Object.entries(decorators) as [Key, string][]) {
      const methods = decorated(target, key).map(({ method }) => method);
      const elsewhere = methods.find((method) => !rootMethods.has(method));
      if (elsewhere !== undefined)
        throw new Error(
          `${target.name}.${elsewhere}: ${decorator} is for root fields alone; nothing would check it here`,
        );
      const twice = methods.find((method, index) => methods.indexOf(method) < index);
      if (twice !== undefined) throw new Error(`${target.name}.${twice}: there are two of ${decorator}; write one`);
    }
}
